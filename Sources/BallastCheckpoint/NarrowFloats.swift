/// The floats that no kernel reads: of four and six bits, and of eight in other layouts.
///
/// The layouts are those of the OCP's Microscaling Formats and of ml_dtypes.
enum NarrowFloats {
  /// The value of every code of a type; nil for other types.
  static func values(of dtype: DType) -> [Float]? {
    switch dtype {
    case .f4: ieee(exponentBits: 2, mantissaBits: 1, bias: 1)
    case .f6e2m3: ieee(exponentBits: 2, mantissaBits: 3, bias: 1)
    case .f6e3m2: ieee(exponentBits: 3, mantissaBits: 2, bias: 3)
    case .f8e4m3fnuz: withoutNegativeZero(exponentBits: 4, mantissaBits: 3, bias: 8)
    case .f8e5m2fnuz: withoutNegativeZero(exponentBits: 5, mantissaBits: 2, bias: 16)
    // A power of two without a sign; the last code is NaN.
    case .f8e8m0: (0..<255).map { Float(sign: .plus, exponent: $0 - 127, significand: 1) } + [.nan]
    default: nil
    }
  }

  /// Sign, exponent and mantissa, subnormals where the exponent is zero; neither infinities nor NaN.
  private static func ieee(exponentBits: Int, mantissaBits: Int, bias: Int) -> [Float] {
    (0..<1 << (1 + exponentBits + mantissaBits)).map { code in
      let mantissa = code & (1 << mantissaBits - 1)
      let exponent = code >> mantissaBits & (1 << exponentBits - 1)
      let significand = Float(exponent == 0 ? mantissa : mantissa | 1 << mantissaBits)
      let magnitude = Float(
        sign: .plus,
        exponent: max(exponent, 1) - bias - mantissaBits,
        significand: significand
      )
      return code >> (exponentBits + mantissaBits) == 0 ? magnitude : -magnitude
    }
  }

  /// The same, but what would be the negative zero is the only NaN.
  private static func withoutNegativeZero(
    exponentBits: Int,
    mantissaBits: Int,
    bias: Int
  ) -> [Float] {
    var values = ieee(exponentBits: exponentBits, mantissaBits: mantissaBits, bias: bias)
    values[values.count / 2] = .nan
    return values
  }

  /// Decodes elements that lie one after another in the bits of bytes, the lowest first.
  static func decode(
    _ bytes: borrowing RawSpan,
    width: Int,
    _ values: [Float],
    count: Int
  ) -> [Float] {
    var decoded: [Float] = []
    decoded.reserveCapacity(count)
    for index in 0..<count {
      let bit = index * width
      // Safe: every pattern of bits is a byte, and offsets are checked.
      var word = unsafe Int(bytes.unsafeLoad(fromByteOffset: bit / 8, as: UInt8.self))
      // The next byte is looked at only where the element reaches into it.
      if bit % 8 + width > 8 {
        word |= unsafe Int(bytes.unsafeLoad(fromByteOffset: bit / 8 + 1, as: UInt8.self)) << 8
      }
      decoded.append(values[word >> (bit % 8) & (1 << width - 1)])
    }
    return decoded
  }
}
