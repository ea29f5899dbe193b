public import BallastBytes

/// The ways in which a set of named tensors can be wrong, whatever its format.
public enum CheckpointFault: FormatFault {
  case negativeSize(Int)
  case negativeStride(tensor: String)
  case rankMismatch(tensor: String)
  case outOfBounds(tensor: String)
  case duplicateName(String)
  case stridedPackedElements(tensor: String, DType)
  case partialBlock(tensor: String, DType)
  /// A warning where it is found as the tensor is read.
  case expandedTooFar(tensor: String, bytes: Int, limit: Int)
  case badQuantization(tensor: String)
  case badSparseLayout(tensor: String)
  case badSparseIndex(tensor: String)
  case notNumeric(tensor: String, DType)
  case noSuchTensor(String)
  case tooManyDimensions(tensor: String, Int, limit: Int)
  case badSlice(tensor: String, [Int])
  /// A warning: so many more were not kept.
  case moreWarnings(Int, about: String, isRemark: Bool = false)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .negativeSize(let size): "a dimension has the size \(size)"
    case .negativeStride(let tensor): "tensor \(quoted(tensor)) has a negative stride or offset"
    case .rankMismatch(let tensor):
      "tensor \(quoted(tensor)) has another number of strides than of dimensions"
    case .outOfBounds(let tensor): "tensor \(quoted(tensor)) reaches past the end of its storage"
    case .duplicateName(let name): "two tensors are named \(quoted(name))"
    case .stridedPackedElements(let tensor, let dtype):
      "tensor \(quoted(tensor)) is strided, which \(dtype.rawValue) cannot be"
    case .partialBlock(let tensor, let dtype):
      "tensor \(quoted(tensor)) is not made of whole blocks of \(dtype.rawValue)"
    case .expandedTooFar(let tensor, let bytes, let limit):
      "tensor \(quoted(tensor)) repeats its elements up to \(bytes) bytes, more than \(limit)"
    case .badQuantization(let tensor):
      "tensor \(quoted(tensor)) is quantized by parameters that do not fit its shape"
    case .badSparseLayout(let tensor):
      "tensor \(quoted(tensor)) is sparse, and its parts do not fit together"
    case .badSparseIndex(let tensor):
      "tensor \(quoted(tensor)) is sparse, and an index lies outside of its shape"
    case .notNumeric(let tensor, let dtype):
      "tensor \(quoted(tensor)) has the type \(dtype.rawValue), which has no conversion to numbers"
    case .badSlice(let tensor, let sizes):
      "tensor \(quoted(tensor)) has the shape \(sizes), which the slice does not fit"
    case .tooManyDimensions(let tensor, let rank, let limit):
      "tensor \(quoted(tensor)) has \(rank) dimensions, more than \(limit)"
    case .noSuchTensor(let name): "there is no tensor \(quoted(name))"
    case .moreWarnings(let count, let kind, _): "there are \(count) more warnings about \(kind)"
    }
  }

  /// More of what are remarks themselves.
  public var isRemark: Bool {
    if case .moreWarnings(_, _, let isRemark) = self { isRemark } else { false }
  }

  /// The limit that is exceeded.
  public var limitName: String? {
    if case .expandedTooFar = self { "torch.unfolded-bytes" } else { nil }
  }
}

/// A name from a file, escaped, since it may hold anything, and shortened where nobody would read it.
package func quoted(_ name: String) -> String {
  let limit = 256
  guard name.utf8.count > limit else { return name.debugDescription }
  let start = String(decoding: name.utf8.prefix(limit), as: UTF8.self)
  return start.debugDescription + "… (\(name.utf8.count) bytes)"
}
