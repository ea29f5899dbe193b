import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastInspection
import BallastTestSupport

/// fixtures/tiny-gpt2 with something done to it.
struct TinyVariant {
  /// A tensor as it will be written.
  struct Stored {
    var dtype: DType
    var sizes: [Int]
    var bytes: [UInt8]

    /// The values, which must be float32.
    var floats: [Float] {
      get {
        stride(from: 0, to: bytes.count, by: 4).map { start in
          Float(bitPattern: bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
        }
      }
      set { bytes = littleEndian(newValue) }
    }

    /// The values with rows for columns.
    var transposed: Stored {
      let (rows, columns) = (sizes[0], sizes[1])
      let values = floats
      var result = self
      result.sizes = [columns, rows]
      result.floats = (0..<columns).flatMap { column in
        (0..<rows).map { values[$0 * columns + column] }
      }
      return result
    }
  }

  var tensors: [String: Stored] = [:]

  init() throws {
    for view in try Checkpoint.open(path: Fixtures.path("tiny-gpt2")).tensors {
      tensors[view.name] = Stored(
        dtype: view.dtype,
        sizes: view.shape.dimensions,
        bytes: try view.contents()
      )
    }
  }

  subscript(name: String) -> Stored {
    get { tensors[name] ?? Stored(dtype: .f32, sizes: [0], bytes: []) }
    set { tensors[name] = newValue }
  }

  func outputs() throws -> [TensorOutput] {
    try tensors.sorted { $0.key < $1.key }.map { name, stored in
      try tensor(stored.dtype, stored.sizes, stored.bytes, named: name).output()
    }
  }

  /// The checkpoint, written to a folder and opened again.
  func checkpoint(in folder: TemporaryFolder, _ name: String = "b") throws -> Checkpoint {
    let path = folder.path + "/\(name).safetensors"
    try SafetensorsWriter.write(try outputs(), to: path)
    return try Checkpoint.open(path: path)
  }
}

/// A checkpoint of tensors in memory.
func checkpoint(_ tensors: TensorView...) throws -> Checkpoint {
  try Checkpoint(format: "memory", files: [], tensors: tensors)
}

extension CheckpointDifference {
  /// Everything that is not the same, in words that can be compared.
  var said: [String] {
    tensors.filter { $0.status != .identical }.map { tensor in
      var words = [tensor.status.rawValue, tensor.name]
      if let b = tensor.b, let a = tensor.a, a.name != b.name { words.append("as \(b.name)") }
      if tensor.isTransposed, tensor.status != .transposed { words.append("transposed") }
      if let recast = tensor.recast { words.append(recast.rawValue) }
      return words.joined(separator: " ")
    }
      + ties.map { "\($0.isInB ? "tied" : "untied") \($0.names.joined(separator: " "))" }
  }

  /// The figures of the only tensor.
  var figures: DifferenceFigures? { tensors.count == 1 ? tensors[0].figures : nil }
}
