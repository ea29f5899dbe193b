/// What casts did not keep: finite values that are infinite, clipped or NaN in the narrower type.
package final class CastLosses {
  /// Such values of a tensor.
  package struct Entry: Hashable {
    package let tensor: String
    package let count: Int
    package let dtype: DType
  }

  /// The tensors that lost something, in the order in which they were written.
  package private(set) var entries: [Entry] = []

  package init() {}

  func add(_ count: Int, of tensor: String, as dtype: DType) {
    guard count > 0 else { return }
    entries.append(Entry(tensor: tensor, count: count, dtype: dtype))
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

  /// The values that are finite, and in `dtype` are not what they are rounded to.
  static func count(in values: Span<Float>, as dtype: DType) -> Int {
    if dtype == .q80 { return countInBlocks(values) }
    guard let limit = limit(of: dtype) else { return 0 }
    var count = 0
    for index in values.indices {
      let magnitude = values[index].magnitude
      count &+= magnitude >= limit && magnitude < .infinity ? 1 : 0
    }
    return count
  }

  /// The values that became infinite on the way from float64 to float32.
  static func infinities(in values: Span<Float>, ofFloat64 source: UnsafeRawPointer) -> Int {
    var count = 0
    for index in values.indices where values[index].isInfinite {
      // Safe: the caller's source holds as many elements as there are values; loads are unaligned.
      let value = unsafe source.loadUnaligned(fromByteOffset: index * 8, as: Double.self)
      count += value.isFinite ? 1 : 0
    }
    return count
  }

  /// The finite values of the blocks of Q8_0 that have no scale: with a value that is not finite, or
  /// with one whose 127th part float16 does not hold.
  private static func countInBlocks(_ values: Span<Float>) -> Int {
    var count = 0
    for start in stride(from: 0, to: values.count, by: 32) {
      var largest: Float = 0
      var finite = 0
      for index in start..<min(start + 32, values.count) where values[index].isFinite {
        largest = max(largest, values[index].magnitude)
        finite += 1
      }
      let isWhole = finite == min(32, values.count - start)
      if !isWhole || Float16(largest / 127).isInfinite { count += finite }
    }
    return count
  }
}
