/// ggml's blocks as float32: a scale, perhaps a minimum, and a few bits for each element.
///
/// The arithmetic is float32, in the order of ggml's own, so that results agree to the bit.
enum Dequantize {
  /// Decodes whole blocks; `output` has room for the elements of all of them.
  static func blocks(_ blocks: Span<UInt8>, _ dtype: DType, into output: inout MutableSpan<Float>) {
    guard let block = dtype.block else { return }
    for index in 0..<blocks.count / block.bytes {
      let bytes = blocks.extracting(index * block.bytes..<(index + 1) * block.bytes)
      let start = index * block.elements
      switch dtype {
      case .q40: q40(bytes, into: &output, at: start)
      case .q41: q41(bytes, into: &output, at: start)
      case .q50: q50(bytes, into: &output, at: start)
      case .q51: q51(bytes, into: &output, at: start)
      case .q80: q80(bytes, into: &output, at: start)
      case .q2k: q2k(bytes, into: &output, at: start)
      case .q3k: q3k(bytes, into: &output, at: start)
      case .q4k: q4k(bytes, into: &output, at: start)
      case .q5k: q5k(bytes, into: &output, at: start)
      case .q6k: q6k(bytes, into: &output, at: start)
      case .q8k: q8k(bytes, into: &output, at: start)
      default: return
      }
    }
  }

  /// d f16, 16 bytes: the low halves are elements 0 to 15, the high ones 16 to 31; less 8.
  static func q40(_ block: Span<UInt8>, into output: inout MutableSpan<Float>, at start: Int) {
    let d = half(block, at: 0)
    for i in 0..<16 {
      let byte = Int(block[2 + i])
      output[start + i] = d * Float((byte & 15) - 8)
      output[start + 16 + i] = d * Float((byte >> 4) - 8)
    }
  }

  /// d f16, minimum f16, 16 bytes as in Q4_0.
  static func q41(_ block: Span<UInt8>, into output: inout MutableSpan<Float>, at start: Int) {
    let d = half(block, at: 0)
    let minimum = half(block, at: 2)
    for i in 0..<16 {
      let byte = Int(block[4 + i])
      output[start + i] = d * Float(byte & 15) + minimum
      output[start + 16 + i] = d * Float(byte >> 4) + minimum
    }
  }

  /// d f16, 32 fifth bits, 16 bytes as in Q4_0; less 16.
  static func q50(_ block: Span<UInt8>, into output: inout MutableSpan<Float>, at start: Int) {
    let d = half(block, at: 0)
    for i in 0..<16 {
      let byte = Int(block[6 + i])
      let low = byte & 15 | bit(i, of: block, from: 2) << 4
      let high = byte >> 4 | bit(16 + i, of: block, from: 2) << 4
      output[start + i] = d * Float(low - 16)
      output[start + 16 + i] = d * Float(high - 16)
    }
  }

  /// d f16, minimum f16, 32 fifth bits, 16 bytes as in Q4_0.
  static func q51(_ block: Span<UInt8>, into output: inout MutableSpan<Float>, at start: Int) {
    let d = half(block, at: 0)
    let minimum = half(block, at: 2)
    for i in 0..<16 {
      let byte = Int(block[8 + i])
      let low = byte & 15 | bit(i, of: block, from: 4) << 4
      let high = byte >> 4 | bit(16 + i, of: block, from: 4) << 4
      output[start + i] = d * Float(low) + minimum
      output[start + 16 + i] = d * Float(high) + minimum
    }
  }

  /// d f16, 32 signed bytes.
  static func q80(_ block: Span<UInt8>, into output: inout MutableSpan<Float>, at start: Int) {
    let d = half(block, at: 0)
    for i in 0..<32 { output[start + i] = d * signed(block[2 + i]) }
  }

  /// d f32, 256 signed bytes, and sums of 16 that only products need.
  static func q8k(_ block: Span<UInt8>, into output: inout MutableSpan<Float>, at start: Int) {
    let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(block[$1]) << ($1 * 8) }
    let d = Float(bitPattern: bits)
    for i in 0..<256 { output[start + i] = d * signed(block[4 + i]) }
  }

  /// The f16 at `offset`.
  static func half(_ block: Span<UInt8>, at offset: Int) -> Float {
    Float(Float16(bitPattern: UInt16(block[offset]) | UInt16(block[offset + 1]) << 8))
  }

  /// A byte read as a signed one.
  static func signed(_ byte: UInt8) -> Float { Float(Int8(bitPattern: byte)) }

  /// One of many bits that start at `offset`, the least significant of a byte first.
  private static func bit(_ index: Int, of block: Span<UInt8>, from offset: Int) -> Int {
    Int(block[offset + index / 8] >> (index % 8) & 1)
  }
}
