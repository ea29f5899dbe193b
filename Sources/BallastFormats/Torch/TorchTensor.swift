import BallastBytes
import BallastCheckpoint

/// A tensor as the pickle describes it, before its storage is looked for.
struct TorchTensor {
  let storage: TorchStorageReference
  let type: TorchType
  /// Counted in elements of `type`, from the start of the whole storage.
  let elementOffset: Int
  let sizes: [Int]
  let strides: [Int]

  /// How the tensor is laid out in a checkpoint; nil where the elements share bytes and are strided.
  ///
  /// torch counts pairs of four-bit elements; checkpoints count the elements.
  var layout: (dtype: DType, sizes: [Int], strides: [Int]?)? {
    guard let dtype = type.dtype else { return nil }
    if dtype.byteWidth != nil { return (dtype, sizes, strides) }
    guard let last = sizes.last, elementOffset == 0,
      let shape = try? Shape(sizes), shape.contiguousStrides == strides
    else { return nil }
    let (doubled, overflow) = last.multipliedReportingOverflow(by: 2)
    return overflow ? nil : (dtype, sizes.dropLast() + [doubled], nil)
  }

  /// The end of the last byte that the tensor sees, from the start of the whole storage.
  var end: Int {
    get throws(FormatError) {
      if sizes.contains(0) { return 0 }
      var last = elementOffset
      for (size, stride) in zip(sizes, strides) {
        last = try sum(last, try product(size - 1, stride))
      }
      return try product(try sum(last, 1), type.byteWidth)
    }
  }
}

/// What a value of the pickle is, seen as a tensor.
enum TorchReading {
  case tensor(TorchTensor)
  case array(NumPyArray)
  case obstacle(TorchObstacle)

  /// The same, unless a device was to hold it in another type than the file does.
  func converted(to typeName: String?) -> TorchReading {
    guard case .tensor(let tensor) = self, let typeName,
      TorchType(dtypeNamed: typeName)?.name != tensor.type.name
    else { return self }
    return .obstacle(.converted(to: typeName))
  }
}
