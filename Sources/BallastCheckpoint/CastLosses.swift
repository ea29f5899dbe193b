/// What casts did not keep: values beyond the narrower type, and others that are zero in it.
package final class CastLosses {
  /// Such values of a tensor.
  package struct Entry: Hashable {
    package let tensor: String
    package let dtype: DType
    /// Values that are infinite, clipped or NaN in the type.
    package let beyond: Int
    /// Values that were not zero.
    package let zeroed: Int
  }

  /// How many values of a piece are lost.
  package struct Count: Hashable {
    var beyond = 0
    var zeroed = 0

    static func += (count: inout Count, other: Count) {
      count.beyond += other.beyond
      count.zeroed += other.zeroed
    }
  }

  /// The tensors that lost something, in the order in which they were written.
  package private(set) var entries: [Entry] = []

  package init() {}

  func add(_ count: Count, of tensor: String, as dtype: DType) {
    guard count != Count() else { return }
    entries.append(
      Entry(tensor: tensor, dtype: dtype, beyond: count.beyond, zeroed: count.zeroed)
    )
  }
}

extension CastLosses {
  /// The least magnitude that `dtype` does not hold: halfway to what would be its next value, which
  /// rounds to the even one, or the first beyond that where types end on an even one.
  private static func limit(of dtype: DType) -> Float? {
    switch dtype {
    case .f16: 65_520
    case .bf16: 0x1.FFp127
    case .f8e5m2: 61_440
    case .f8e4m3: Float(464).nextUp
    default: nil
    }
  }

  /// Half of the least magnitude of `dtype`, which rounds to zero.
  private static func zeroLimit(of dtype: DType) -> Float? {
    switch dtype {
    case .f16: 0x1p-25
    case .bf16: 0x1p-134
    case .f8e5m2: 0x1p-17
    case .f8e4m3: 0x1p-10
    default: nil
    }
  }

  /// The values that are beyond `dtype`, or too small for it.
  ///
  /// An infinite value is lost where the type has no infinity, and becomes its largest number.
  static func count(in values: Span<Float>, as dtype: DType) -> Count {
    if dtype == .q80 { return countInBlocks(values) }
    guard let limit = limit(of: dtype), let zeroLimit = zeroLimit(of: dtype) else {
      return Count()
    }
    let end: Float = dtype == .f8e4m3 ? .nan : .infinity
    var beyond = 0
    var zeroed = 0
    for index in values.indices {
      let magnitude = values[index].magnitude
      beyond &+= magnitude >= limit && magnitude != end ? 1 : 0
      zeroed &+= magnitude <= zeroLimit && magnitude > 0 ? 1 : 0
    }
    return Count(beyond: beyond, zeroed: zeroed)
  }

  /// The values that became infinite, or zero, on the way from float64 to float32.
  static func count(in values: Span<Float>, ofFloat64 source: UnsafeRawPointer) -> Count {
    var count = Count()
    for index in values.indices where values[index].isInfinite || values[index] == 0 {
      // Safe: the caller's source holds as many elements as there are values; loads are unaligned.
      let value = unsafe source.loadUnaligned(fromByteOffset: index * 8, as: Double.self)
      if values[index] == 0 {
        count.zeroed += value == 0 ? 0 : 1
      } else {
        count.beyond += value.isFinite ? 1 : 0
      }
    }
    return count
  }

  /// The finite values of the blocks of Q8_0 that have no scale: with a value that is not finite, or
  /// with one whose 127th part float16 does not hold; and those of blocks whose scale is zero in it.
  private static func countInBlocks(_ values: Span<Float>) -> Count {
    var count = Count()
    for start in stride(from: 0, to: values.count, by: 32) {
      var largest: Float = 0
      var finite = 0
      var nonzero = 0
      for index in start..<min(start + 32, values.count) where values[index].isFinite {
        largest = max(largest, values[index].magnitude)
        finite += 1
        nonzero += values[index] == 0 ? 0 : 1
      }
      let isWhole = finite == min(32, values.count - start)
      let scale = Float16(largest / 127)
      if !isWhole || scale.isInfinite {
        count.beyond += finite
      } else if scale == 0 {
        count.zeroed += nonzero
      }
    }
    return count
  }
}
