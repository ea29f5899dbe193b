import BallastBytes
import BallastCheckpoint
import BallastTestSupport
import Synchronization
import Testing

/// Quantised elements with a scale for every channel, against the plain sum.
@Suite struct QuantizedElementsTests {
  /// Scales that count how many of them are computed.
  private final class CountedScales: ComputedElements {
    let dtype = DType.f32
    let count: Int
    let sourceByteCount = 0
    let read = Mutex(0)

    init(count: Int) {
      self.count = count
    }

    static func scale(_ channel: Int) -> Float { Float(channel % 1000) / 8 }

    func bytes(of elements: Range<Int>) throws(FormatError) -> [UInt8] {
      read.withLock { $0 += elements.count }
      return elements.flatMap { littleEndianBytes(of: Self.scale($0).bitPattern) }
    }
  }

  private func elements(
    _ sizes: [Int],
    axis: Int
  ) throws -> (elements: QuantizedElements, scales: CountedScales) {
    let count = sizes.reduce(1, *)
    let base = try tensor(.u8, sizes, (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3) })
    let scales = CountedScales(count: sizes[axis])
    let shape = try Shape([sizes[axis]])
    let zeros = try TensorView(
      name: "zeros",
      dtype: .i64,
      shape: shape,
      strides: [0],
      storage: TensorStorage(
        ByteRegion(try SharedBytes.copying([3, 0, 0, 0, 0, 0, 0, 0])),
        fileOffset: nil
      )
    )
    let scaleView = try TensorView(
      name: "scales",
      dtype: .f32,
      shape: shape,
      storage: TensorStorage(computing: scales)
    )
    let parameters = QuantizedElements.Parameters.channels(
      axis: axis,
      scales: scaleView,
      zeroPoints: zeros
    )
    return (try QuantizedElements(base, parameters), scales)
  }

  @Test(arguments: [
    ([2, 3, 5], 0), ([2, 3, 5], 1), ([2, 3, 5], 2), ([100_000, 2], 0), ([2, 100_000], 1),
    ([3, 70_000, 1], 1), ([1, 1, 200_000], 0), ([300, 700], 1), ([3, 5, 30_000], 1),
  ])
  func channelsHaveTheirScales(sizes: [Int], axis: Int) throws {
    let (elements, _) = try elements(sizes, axis: axis)
    let inner = sizes[(axis + 1)...].reduce(1, *)
    let count = sizes.reduce(1, *)
    for range in [0..<count, count / 3..<count - 1, count / 2..<count / 2] {
      let expected = range.flatMap { index in
        let integer = Float(UInt8(truncatingIfNeeded: index / 3))
        let scale = CountedScales.scale(index / inner % sizes[axis])
        return littleEndianBytes(of: ((integer - 3) * scale).bitPattern)
      }
      #expect(try elements.bytes(of: range) == expected, "\(sizes) \(axis) \(range)")
    }
  }

  /// No more scales are computed than there are elements to be multiplied by them.
  @Test func fewElementsNeedFewScales() throws {
    let (elements, scales) = try elements([500_000, 2], axis: 0)
    _ = try elements.bytes(of: 1001..<1101)
    #expect(scales.read.withLock { $0 } == 51)
    for start in stride(from: 0, to: 1_000_000, by: 100_000) {
      _ = try elements.bytes(of: start..<start + 100_000)
    }
    #expect(scales.read.withLock { $0 } < 51 + 500_000 + 100)
  }
}
