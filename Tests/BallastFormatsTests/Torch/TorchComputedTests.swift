import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// Tensors that are computed from others in the file, and what can be wrong with them.
@Suite struct TorchComputedTests {
  private static func dense(
    _ key: String,
    _ sizes: [Int],
    type: String = "FloatStorage",
    strides: [Int]? = nil
  ) -> [UInt8] {
    let count = sizes.reduce(1, *)
    let contiguous = sizes.indices.map { sizes[($0 + 1)...].reduce(1, *) }
    return TorchPickle.tensor(
      TorchPickle.storage(key, count: strides == nil ? count : 1, type: type),
      sizes: sizes,
      strides: strides ?? contiguous
    )
  }

  private static func sparse(_ layout: String, _ parts: [UInt8]...) -> [UInt8] {
    TorchPickle.call(
      "torch._utils",
      "_rebuild_sparse_tensor",
      TorchPickle.call("torch.serialization", "_get_layout", TorchPickle.text("torch." + layout)),
      TorchPickle.tuple(parts)
    )
  }

  private static func sizes(_ sizes: Int...) -> [UInt8] {
    TorchPickle.tuple(sizes.map(TorchPickle.integer))
  }

  private func open(_ value: [UInt8], _ storages: [String: [UInt8]]) throws -> Checkpoint {
    try TorchZip.open(
      try torchZip(TorchPickle.dictionary(["x": value, "y": value]), storages: storages).source
    )
  }

  private func longs(_ values: Int...) -> [UInt8] { values.flatMap { littleEndian($0) } }

  // MARK: Sparse

  private static let coordinates = sparse(
    "sparse_coo",
    dense("0", [2, 3], type: "LongStorage"),
    dense("1", [3]),
    sizes(2, 2)
  )

  @Test func valuesAtOnePlaceAreAdded() throws {
    let indices = longs(0, 1, 0, 1, 0, 1)
    let checkpoint = try open(Self.coordinates, ["0": indices, "1": floats(3)])
    #expect(try checkpoint["x"]?.floats() == [0, 2, 1, 0])
    #expect(
      checkpoint.warnings.first?.fault as? TorchFault
        == .sparse(tensor: "x", layout: "sparse_coo", values: 3)
    )
  }

  @Test func whatIsComputedAllowsStridesAndRanges() throws {
    let checkpoint = try open(
      Self.coordinates,
      ["0": longs(0, 1, 0, 1, 0, 1), "1": floats(3)]
    )
    let tensor = try #require(checkpoint["x"])
    #expect(try tensor.transposed.floats() == [0, 1, 2, 0])
    #expect(try tensor.floats(in: 1..<3) == [2, 1])
    #expect(tensor.elementsInPlace(alignment: 4) == nil)
    #expect(tensor.fileOffset == nil)
  }

  @Test(arguments: [[0, 2, 0, 0, 0, 0], [0, -1, 0, 0, 0, 0]])
  func indicesStayWithinTheShape(indices: [Int]) throws {
    let bytes = indices.flatMap { littleEndian($0) }
    let tensor = try #require(
      try open(Self.coordinates, ["0": bytes, "1": floats(3)])["x"]
    )
    let error = try #require(throws: FormatError.self) { try tensor.floats() }
    #expect(error.fault as? CheckpointFault == .badSparseIndex(tensor: "x"))
  }

  /// Bounds of rows that do not count up to the number of values.
  @Test(arguments: [[0, 3, 2], [1, 1, 2], [0, 2, 3], [0, -1, 2], [0, 1, 2]])
  func rowsMustCountUp(bounds: [Int]) throws {
    let rows = Self.sparse(
      "sparse_csr",
      Self.dense("0", [3], type: "LongStorage"),
      Self.dense("1", [2], type: "LongStorage"),
      Self.dense("2", [2]),
      Self.sizes(2, 2)
    )
    let tensor = try #require(
      try open(
        rows,
        ["0": bounds.flatMap { littleEndian($0) }, "1": longs(1, 0), "2": floats(2)]
      )["x"]
    )
    if bounds == [0, 1, 2] {
      #expect(try tensor.floats() == [0, 0, 1, 0])
    } else {
      let error = try #require(throws: FormatError.self) { try tensor.floats() }
      #expect(error.fault as? CheckpointFault == .badSparseIndex(tensor: "x"))
    }
  }

  @Test func partsMustFitTogether() throws {
    let index = Self.dense("0", [2, 3], type: "LongStorage")
    let values = Self.dense("1", [3])
    let repeated = Self.dense("0", [2, 1 << 30], type: "LongStorage", strides: [0, 0])
    let wrong = [
      Self.sparse("sparse_coo", index, values, Self.sizes(2)),
      Self.sparse("sparse_coo", index, values, Self.sizes(2, 2, 2)),
      Self.sparse("sparse_coo", values, values, Self.sizes(2, 2)),
      Self.sparse("sparse_coo", Self.dense("1", [2, 3]), values, Self.sizes(2, 2)),
      Self.sparse("sparse_csr", index, index, values, Self.sizes(2, 2)),
      Self.sparse("sparse_bsr", index, index, values, Self.sizes(2, 2)),
      // Indices and values that a zero stride repeats a billion times.
      Self.sparse(
        "sparse_coo",
        repeated,
        Self.dense("1", [1 << 30], strides: [0]),
        Self.sizes(2, 2)
      ),
      Self.sparse(
        "sparse_coo",
        TorchPickle.tensor(
          TorchPickle.storage("0", count: 6, type: "LongStorage"),
          sizes: [0, 1 << 30],
          strides: [1, 0]
        ),
        Self.dense("1", [1 << 30], strides: [0]),
        Self.sizes()
      ),
    ]
    for (number, value) in wrong.enumerated() {
      let error = try #require(throws: FormatError.self) {
        let one = number >= 6
        let checkpoint = try open(
          value,
          ["0": longs(0, 1, 0, 1, 0, 1), "1": one ? floats(1) : floats(3)]
        )
        for tensor in checkpoint.tensors { _ = try tensor.floats() }
      }
      #expect(error.fault is CheckpointFault || error.fault is TorchFault, "\(number): \(error)")
    }
  }

  @Test func aDenseGiantIsRefusedWhenItIsRead() throws {
    let value = Self.sparse(
      "sparse_coo",
      Self.dense("0", [2, 1], type: "LongStorage"),
      Self.dense("1", [1]),
      Self.sizes(1 << 28, 1 << 20)
    )
    let checkpoint = try open(value, ["0": longs(5, 7), "1": floats(1)])
    let tensor = try #require(checkpoint["x"])
    let error = try #require(throws: FormatError.self) { try tensor.contents() }
    guard case .expandedTooFar? = error.fault as? CheckpointFault else {
      Issue.record("\(error)")
      return
    }
  }

  // MARK: Quantised

  private static func quantized(_ parameters: [UInt8]...) -> [UInt8] {
    TorchPickle.call(
      "torch._utils",
      "_rebuild_qtensor",
      TorchPickle.storage("0", count: 4, type: "QInt8Storage"),
      TorchPickle.integer(0),
      sizes(2, 2),
      sizes(2, 1),
      TorchPickle.tuple(parameters),
      [0x89],
      TorchPickle.call("collections", "OrderedDict")
    )
  }

  private static let half = bytes("G", 0x3F, 0xE0, 0, 0, 0, 0, 0, 0)

  @Test func integersBecomeNumbers() throws {
    let value = Self.quantized(
      TorchPickle.global("torch", "per_tensor_affine"),
      Self.half,
      TorchPickle.integer(1)
    )
    let checkpoint = try open(value, ["0": bytes(1, 2, 0xFF, 0x80)])
    #expect(try checkpoint["x"]?.floats() == [0, 0.5, -1, -64.5])
    #expect(
      checkpoint.warnings.first?.fault as? TorchFault == .quantized(tensor: "x", type: "qint8")
    )
  }

  @Test func theOldestFilesListTheScales() throws {
    let value = Self.quantized(
      TorchPickle.global("torch", "per_channel_affine"),
      TorchPickle.list([Self.half, TorchPickle.integer(2)]),
      TorchPickle.list([TorchPickle.integer(0), TorchPickle.integer(1)]),
      TorchPickle.integer(1)
    )
    #expect(try open(value, ["0": bytes(1, 2, 3, 4)])["x"]?.floats() == [0.5, 2, 1.5, 6])
  }

  @Test func scalesMustFitTheShape() throws {
    for axis in [-1, 2, 0] {
      let value = Self.quantized(
        TorchPickle.global("torch", "per_channel_affine"),
        TorchPickle.list([Self.half]),
        TorchPickle.list([TorchPickle.integer(0)]),
        TorchPickle.integer(axis)
      )
      let error = try #require(throws: FormatError.self) {
        try open(value, ["0": bytes(1, 2, 3, 4)])
      }
      #expect(error.fault as? CheckpointFault == .badQuantization(tensor: "x"))
    }
  }

  // MARK: Nested

  private func nested(_ rows: Int, _ rank: Int, strides: [Int]? = nil) -> [UInt8] {
    func table(_ key: String, _ sizes: [Int]) -> [UInt8] {
      let strides = strides.map { Array($0.prefix(sizes.count)) }
      return Self.dense(key, sizes, type: "LongStorage", strides: strides)
    }
    return TorchPickle.call(
      "torch._utils",
      "_rebuild_nested_tensor",
      Self.dense("0", [2]),
      table("1", [rows, rank]),
      table("2", [rows, rank]),
      table("3", [rows])
    )
  }

  @Test func nestedTensorsAreTakenApart() throws {
    let storages = [
      "0": floats(2), "1": longs(1, 1, 1, 1), "2": longs(1, 1, 1, 1), "3": longs(0, 1),
    ]
    let checkpoint = try open(nested(2, 2), storages)
    #expect(try checkpoint["x.1"]?.floats() == [1])
  }

  /// Sizes that a stride of zero repeats: two to the 27th of one number of eight bytes.
  @Test(arguments: [(2, 2), (1, 1 << 27), (1 << 14, 64)])
  func sizesOfNestedTensorsStandInTheFile(rows: Int, rank: Int) throws {
    let storages = ["0": floats(2), "1": longs(1), "2": longs(1), "3": longs(0)]
    let error = failure { try open(nested(rows, rank, strides: [0, 0]), storages) }
    let function = "_rebuild_nested_tensor"
    #expect(error?.fault as? TorchFault == .badArguments(tensor: "x", function: function))
  }

  /// One tuple of a hundred thousand sizes, in a thousand tensors.
  @Test func sizesThatAreSharedAreCounted() throws {
    let ones = [Int](repeating: 1, count: 100_000)
    let sizes = bytes(TorchPickle.tuple(ones.map(TorchPickle.integer)), "q", 9)
    let storage = TorchPickle.storage("0", count: 1)
    func call(_ sizes: [UInt8], _ strides: [UInt8]) -> [UInt8] {
      TorchPickle.call(
        "torch._utils",
        "_rebuild_tensor_v2",
        storage,
        TorchPickle.integer(0),
        sizes,
        strides
      )
    }
    let again = bytes("h", 9)
    let list = [call(sizes, again)] + [[UInt8]](repeating: call(again, again), count: 999)
    let source = try torchZip(TorchPickle.list(list), storages: ["0": floats(1)]).source
    let error = failure { try TorchZip.open(source) }
    #expect(error?.fault as? TorchFault == .tooManyPaths(limit: 1 << 22))
  }

  // MARK: Attributes

  @Test func attributesOfATensorAreWalkedOnce() throws {
    // A tensor that is its own attribute, with another beside it.
    let other = Self.dense("0", [2])
    let value = bytes(
      TorchPickle.call(
        "torch._utils",
        "_rebuild_parameter_with_state",
        Self.dense("1", [3]),
        [0x88],
        TorchPickle.call("collections", "OrderedDict"),
        TorchPickle.dictionary(["momentum": other, "rank": TorchPickle.integer(3)])
      ),
      "q",
      9,
      "}",
      TorchPickle.text("self"),
      "h",
      9,
      "sb"
    )
    let pickle = TorchPickle.dictionary(["x": value])
    let checkpoint = try TorchZip.open(
      try torchZip(pickle, storages: ["0": floats(2), "1": floats(3)]).source
    )
    #expect(checkpoint.tensors.map(\.name) == ["x", "x.momentum", "x.self"])
    #expect(checkpoint.metadata["x.rank"] == 3)
  }

  @Test func theInsidesOfAnUnknownWrapperAreListed() throws {
    let value = TorchPickle.call(
      "torch._tensor",
      "_rebuild_from_type_v2",
      TorchPickle.global("torch._utils", "_rebuild_wrapper_subclass"),
      TorchPickle.global("torch.distributed.tensor", "DTensor"),
      TorchPickle.tuple(),
      TorchPickle.dictionary(["_local_tensor": Self.dense("0", [2])])
    )
    let checkpoint = try TorchZip.open(
      try torchZip(TorchPickle.dictionary(["x": value]), storages: ["0": floats(2)]).source
    )
    #expect(checkpoint.tensors.map(\.name) == ["x._local_tensor"])
    #expect(
      checkpoint.warnings.first?.fault as? TorchFault
        == .unreadable(tensor: "x", .unknownFunction("_rebuild_wrapper_subclass"))
    )
  }
}
