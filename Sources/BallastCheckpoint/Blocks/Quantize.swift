/// Float32 as ggml's blocks.
enum Quantize {
  /// Blocks of Q8_0 as llama.cpp makes them; `values` are whole blocks.
  ///
  /// The scale is the largest magnitude over 127, stored as f16; elements are rounded by the
  /// unrounded scale, halves away from zero. A block with a value that is not finite becomes NaN
  /// as a whole, so that it does not pass for a number.
  static func q80(_ values: Span<Float>, into blocks: inout MutableSpan<UInt8>) {
    for index in 0..<values.count / 32 {
      let block = values.extracting(index * 32..<(index + 1) * 32)
      var largest: Float = 0
      var isFinite = true
      for i in 0..<32 {
        largest = max(largest, block[i].magnitude)
        isFinite = isFinite && block[i].isFinite
      }
      let d = isFinite ? largest / 127 : .nan
      let inverse = d > 0 ? 1 / d : 0
      let half = Float16(d).bitPattern
      blocks[index * 34] = UInt8(truncatingIfNeeded: half)
      blocks[index * 34 + 1] = UInt8(truncatingIfNeeded: half >> 8)
      for i in 0..<32 {
        let scaled = (block[i] * inverse).rounded(.toNearestOrAwayFromZero)
        // A subnormal scale has an infinite inverse, and zero times that is no number.
        let level = scaled.isNaN ? 0 : Int8(min(max(scaled, -127), 127))
        blocks[index * 34 + 2 + i] = UInt8(bitPattern: level)
      }
    }
  }
}
