import BallastBytes
import BallastCheckpoint

/// Quantised tensors, and the numbers that undo it.
extension TorchViews {
  /// The dense numbers that a quantised tensor stands for.
  mutating func view(
    of tensor: TorchTensor,
    _ quantizer: TorchQuantizer,
    from value: PickleValue,
    named name: String,
    at offset: Int?
  ) throws(FormatError) -> Outcome {
    let outcome = try view(of: tensor, from: value, named: name, at: offset)
    guard case .view(let base, _) = outcome else { return outcome }
    let parameters: QuantizedElements.Parameters
    switch quantizer {
    case .tensor(let scale, let zeroPoint):
      parameters = .tensor(scale: scale, zeroPoint: zeroPoint)
    case .channels(let axis, let scales, let zeroPoints):
      parameters = .channels(
        axis: axis,
        scales: try view(of: scales, named: name, at: offset),
        zeroPoints: try view(of: zeroPoints, named: name, at: offset)
      )
    }
    let elements = try QuantizedElements(base, parameters)
    return .view(
      try view(of: elements, shaped: base.shape, from: value, named: name),
      note: .quantized(tensor: name, type: tensor.type.name)
    )
  }

  private mutating func view(
    of numbers: TorchNumbers,
    named name: String,
    at offset: Int?
  ) throws(FormatError) -> TensorView {
    switch numbers {
    case .tensor(let tensor): return try part(tensor, named: name, at: offset)
    case .list(let list):
      let storage: TensorStorage
      if let known = lists[list] {
        storage = known
      } else {
        storage = try self.storage(of: list, named: name, at: offset)
        lists[list] = storage
      }
      return try TensorView(
        name: name,
        dtype: .f64,
        shape: try Shape([storage.byteCount / DType.f64.byteCount(of: 1)]),
        storage: storage
      )
    }
  }

  /// The numbers of a list as float64.
  private func storage(
    of list: PickleValue,
    named name: String,
    at offset: Int?
  ) throws(FormatError) -> TensorStorage {
    let elements = graph.elements(list) ?? []
    var bytes: [UInt8] = []
    bytes.reserveCapacity(DType.f64.byteCount(of: elements.count))
    for element in elements {
      guard let number = graph.number(element) else {
        let function = "_rebuild_qtensor"
        throw FormatError(TorchFault.badArguments(tensor: name, function: function), at: offset)
      }
      for shift in 0..<8 {
        bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> UInt64(8 * shift)))
      }
    }
    return TensorStorage(ByteRegion(try SharedBytes.copying(bytes)), fileOffset: nil)
  }
}
