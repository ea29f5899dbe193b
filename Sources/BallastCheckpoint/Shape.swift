public import BallastBytes

/// The sizes of a tensor's dimensions, outermost first; a scalar has none.
public struct Shape: Hashable, Sendable {
  /// The sizes; none is negative, and their product fits into `Int`.
  public let dimensions: [Int]
  /// The number of elements: the product of the sizes.
  public let elementCount: Int

  /// A shape; throws `CheckpointFault.negativeSize` or `ByteFault.overflow`.
  public init(_ dimensions: [Int]) throws(FormatError) {
    var count = 1
    // A zero makes the count zero, but sizes that would overflow without it are refused too.
    for size in dimensions {
      guard size >= 0 else { throw FormatError(CheckpointFault.negativeSize(size)) }
      count = try product(count, max(size, 1))
    }
    self.dimensions = dimensions
    elementCount = dimensions.contains(0) ? 0 : count
  }

  /// The number of dimensions.
  public var rank: Int { dimensions.count }

  /// The strides, in elements, of a tensor of this shape that lies row by row without gaps.
  public var contiguousStrides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in dimensions.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * max(dimensions[axis + 1], 1)
    }
    return strides
  }
}

extension Shape: CustomStringConvertible {
  /// The sizes in brackets.
  public var description: String {
    "[" + dimensions.map { String($0) }.joined(separator: ", ") + "]"
  }
}
