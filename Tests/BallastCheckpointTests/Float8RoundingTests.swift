import BallastBytes
import BallastCheckpoint
import BallastTestSupport
import Testing

/// Casts to eight bits, against a twin that looks for the nearest of all values.
@Suite struct Float8RoundingTests {
  /// The bytes that `values` become.
  private func cast(_ values: [Float], to dtype: DType) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try tensor(.f32, [values.count], littleEndian(values)).output(as: dtype).write {
      bytes += [UInt8](copying: $0)
    }
    return bytes
  }

  /// Of the bytes without a sign the one whose value is nearest, the even one of two; `beyond` is
  /// what the first byte after the largest would stand for, and `overflow` what is used in its place.
  private func nearest(
    _ magnitude: Float,
    _ values: [Float],
    beyond: Float,
    overflow: UInt8
  ) -> UInt8 {
    let candidates = values + [beyond]
    let distances = candidates.map { abs(Double($0) - Double(magnitude)) }
    let least = distances.min() ?? 0
    let places = distances.indices.filter { distances[$0] == least }
    let place = places.first { $0 % 2 == 0 } ?? places.first ?? 0
    return place < values.count && magnitude < beyond ? UInt8(place) : overflow
  }

  @Test(
    arguments: [
      (DType.f8e4m3, 0x7E, Float(480), UInt8(0x7E)), (.f8e5m2, 0x7B, Float(65536), UInt8(0x7C)),
    ]
  )
  func roundsToTheNearestTiesToEven(
    dtype: DType,
    largest: Int,
    beyond: Float,
    overflow: UInt8
  ) throws {
    let values = try tensor(dtype, [largest + 1], (0...largest).map { UInt8($0) }).floats()
    var inputs = values
    for (low, high) in zip(values, values.dropFirst() + [beyond]) {
      let middle = (low + high) / 2
      inputs += [middle, middle.nextUp, middle.nextDown, low.nextUp, high.nextDown]
    }
    inputs += [beyond, beyond.nextUp, .greatestFiniteMagnitude, .infinity, .leastNonzeroMagnitude]
    var random = SeededGenerator(seed: 8)
    inputs += (0..<2000).map { _ in Float.random(in: 0...1, using: &random) * beyond }
    let expected = inputs.map {
      nearest($0, values, beyond: beyond, overflow: overflow)
    }
    #expect(try cast(inputs, to: dtype) == expected)
    #expect(try cast(inputs.map(-), to: dtype) == expected.map { $0 | 0x80 })
  }

  @Test(arguments: [DType.f8e4m3, .f8e5m2])
  func aNaNStaysOne(dtype: DType) throws {
    let bytes = try cast([.nan, -.nan, .signalingNaN], to: dtype)
    #expect(try tensor(dtype, [3], bytes).floats().allSatisfy(\.isNaN))
  }
}
