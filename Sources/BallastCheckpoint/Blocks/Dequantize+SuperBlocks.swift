/// The k-quants: super-blocks of 256 elements whose runs of 16 or 32 have scales of 4 to 8 bits.
///
/// Fields of two and four bits share bytes with those of elements 32 or 64 further on, not with their
/// neighbours'.
extension Dequantize {
  /// 16 bytes of scales (low half) and minima (high half), 64 bytes of two bits, d and dmin f16.
  static func q2k(_ block: Span<UInt8>, into output: inout MutableSpan<Float>, at start: Int) {
    let d = half(block, at: 80)
    let minimum = half(block, at: 82)
    for i in 0..<256 {
      let scales = block[i / 16]
      let scale = d * Float(scales & 15)
      let offset = minimum * Float(scales >> 4)
      output[start + i] = scale * Float(twoBits(i, of: block, from: 16)) - offset
    }
  }

  /// 32 bytes of third bits, 64 bytes of two bits, 16 scales of six bits less 32, d f16.
  ///
  /// A third bit that is not set means less 4.
  static func q3k(_ block: Span<UInt8>, into output: inout MutableSpan<Float>, at start: Int) {
    let d = half(block, at: 108)
    for i in 0..<256 {
      let run = i / 16
      let low = Int(block[96 + run % 8] >> (run / 8 * 4) & 15)
      let high = Int(block[104 + run % 4] >> (run / 4 * 2) & 3)
      let scale = d * Float((low | high << 4) - 32)
      let third = Int(block[i % 32] >> (i / 32) & 1)
      output[start + i] = scale * Float(twoBits(i, of: block, from: 32) - (1 - third) * 4)
    }
  }

  /// d and dmin f16, 12 bytes of scales and minima, 128 bytes of four bits.
  static func q4k(_ block: Span<UInt8>, into output: inout MutableSpan<Float>, at start: Int) {
    let d = half(block, at: 0)
    let minimum = half(block, at: 2)
    for run in 0..<8 {
      let (scale, offset) = sixBits(run, of: block, from: 4)
      let dScale = d * Float(scale)
      let dOffset = minimum * Float(offset)
      for j in 0..<32 {
        let four = block[16 + run / 2 * 32 + j] >> (run % 2 * 4) & 15
        output[start + run * 32 + j] = dScale * Float(four) - dOffset
      }
    }
  }

  /// d and dmin f16, 12 bytes of scales and minima, 32 bytes of fifth bits, 128 of four bits.
  static func q5k(_ block: Span<UInt8>, into output: inout MutableSpan<Float>, at start: Int) {
    let d = half(block, at: 0)
    let minimum = half(block, at: 2)
    for run in 0..<8 {
      let (scale, offset) = sixBits(run, of: block, from: 4)
      let dScale = d * Float(scale)
      let dOffset = minimum * Float(offset)
      for j in 0..<32 {
        let four = block[48 + run / 2 * 32 + j] >> (run % 2 * 4) & 15
        let fifth = block[16 + j] >> run & 1
        output[start + run * 32 + j] = dScale * Float(four | fifth << 4) - dOffset
      }
    }
  }

  /// 128 bytes of four bits, 64 bytes of two bits above them, 16 signed scales, d f16; less 32.
  static func q6k(_ block: Span<UInt8>, into output: inout MutableSpan<Float>, at start: Int) {
    let d = half(block, at: 208)
    for i in 0..<256 {
      let scale = d * signed(block[192 + i / 16])
      let four = Int(block[i / 128 * 64 + i % 64] >> (i % 128 / 64 * 4) & 15)
      let two = twoBits(i, of: block, from: 128)
      output[start + i] = scale * Float((four | two << 4) - 32)
    }
  }

  /// Two bits of element `i`: each 32 bytes hold 128 elements, 32 of them in each pair of bits.
  private static func twoBits(_ i: Int, of block: Span<UInt8>, from offset: Int) -> Int {
    Int(block[offset + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3)
  }

  /// The scale and the minimum of one of 8 runs, six bits each, packed into 12 bytes.
  ///
  /// Bytes 0 to 3 and 4 to 7 hold the first four of each; their upper two bits are those of the
  /// other four, whose lower bits share bytes 8 to 11.
  private static func sixBits(
    _ run: Int,
    of block: Span<UInt8>,
    from offset: Int
  ) -> (scale: UInt8, minimum: UInt8) {
    if run < 4 { return (block[offset + run] & 63, block[offset + 4 + run] & 63) }
    let low = block[offset + 4 + run]
    return (
      low & 15 | (block[offset + run - 4] >> 6) << 4,
      low >> 4 | (block[offset + run] >> 6) << 4
    )
  }
}
