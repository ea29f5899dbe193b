import BallastCheckpoint
import CBallastKernels
import Glibc

/// How the values of two types are subtracted without losing what tells them apart.
enum DifferenceArithmetic {
  /// Float32 holds the values of both.
  case floats(DType, DType)
  /// Float64 holds the values of both.
  case doubles(DType, DType)
  /// 64-bit integers, which no floating-point number holds, against any type.
  case integers(DType, DType)
  /// Pairs of a type.
  case complex(DType, DType)

  /// Nil where a type has no reading as numbers, or only one of the two is complex.
  init?(_ a: DType, _ b: DType) {
    if let partOfA = a.complexPart, let partOfB = b.complexPart {
      self = .complex(partOfA, partOfB)
      return
    }
    guard a.isNumeric, b.isNumeric else { return nil }
    if a.isWideInteger || b.isWideInteger {
      self = .integers(a, b)
    } else if a.needsDouble || b.needsDouble {
      self = .doubles(a, b)
    } else {
      self = .floats(a, b)
    }
  }

  /// Adds `count` pairs of elements, of which those that are not read as float32 are scaled.
  func add(
    _ left: UnsafeRawBufferPointer,
    _ right: UnsafeRawBufferPointer,
    _ count: Int,
    _ tolerance: Tolerance,
    _ scale: ScaledSums.Scale = .none,
    to sums: inout bk_difference
  ) {
    guard let left = left.baseAddress, let right = right.baseAddress else { return }
    let (atol, rtol) = (tolerance.absolute, tolerance.relative)
    // Safe: both sides hold `count` elements of their types, and what they are cast to as many.
    switch self {
    case .floats(.f32, .f32): unsafe bk_difference_f32(&sums, left, right, count, atol, rtol)
    case .floats(let a, let b):
      let (a, b) = unsafe (Self.floats(left, a, count), Self.floats(right, b, count))
      unsafe bk_difference_f32(&sums, a, b, count, atol, rtol)
    case .doubles(.f64, .f64) where scale == .none:
      unsafe bk_difference_f64(&sums, left, right, count, atol, rtol)
    case .doubles(let a, let b):
      let a = unsafe Self.doubles(left, a, count, scale.a)
      let b = unsafe Self.doubles(right, b, count, scale.b)
      unsafe bk_difference_f64(&sums, a, b, count, atol, rtol)
    case .integers(let a, let b):
      let high = unsafe Self.doubles(left, a, count, scale.a)
      let highB = unsafe Self.doubles(right, b, count, scale.b)
      let low = unsafe Self.rests(left, a, count).scaled(scale.a)
      let lowB = unsafe Self.rests(right, b, count).scaled(scale.b)
      for index in 0..<count {
        let difference = high[index] - highB[index] + (low[index] - lowB[index])
        sums.add([high[index], 0], [highB[index], 0], difference, tolerance)
      }
    case .complex(let a, let b):
      let a = unsafe Self.doubles(left, a, 2 * count, scale.a)
      let b = unsafe Self.doubles(right, b, 2 * count, scale.b)
      for index in stride(from: 0, to: 2 * count, by: 2) {
        let difference = hypot(a[index] - b[index], a[index + 1] - b[index + 1])
        sums.add([a[index], a[index + 1]], [b[index], b[index + 1]], difference, tolerance)
      }
    }
  }

  private static func floats(_ input: UnsafeRawPointer, _ dtype: DType, _ count: Int) -> [Float] {
    unsafe [Float](unsafeUninitializedCapacity: count) { buffer, written in
      // Safe: the buffer holds `count` numbers, and `init` let only types through that have some.
      guard let output = buffer.baseAddress,
        unsafe Cast.toFloat32(output, input, dtype, count: count)
      else { return }
      written = count
    }
  }

  /// The elements times a power of two with such an exponent.
  private static func doubles(
    _ input: UnsafeRawPointer,
    _ dtype: DType,
    _ count: Int,
    _ exponent: Int
  ) -> [Double] {
    guard dtype.needsDouble else {
      return unsafe floats(input, dtype, count).map { Double($0) }.scaled(exponent)
    }
    let values = unsafe [Double](unsafeUninitializedCapacity: count) { buffer, written in
      // Safe: as above.
      guard let output = buffer.baseAddress,
        unsafe Cast.toFloat64(output, input, dtype, count: count)
      else { return }
      written = count
    }
    return values.scaled(exponent)
  }

  /// What float64 loses of each element.
  private static func rests(_ input: UnsafeRawPointer, _ dtype: DType, _ count: Int) -> [Double] {
    func rest(_ value: Int128) -> Double { Double(value - Int128(Double(value))) }
    return (0..<count).map { index in
      // Safe: the input holds `count` elements; loads are unaligned.
      switch dtype {
      case .i64:
        unsafe rest(Int128(input.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self)))
      case .u64:
        unsafe rest(Int128(input.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)))
      default: 0
      }
    }
  }
}

extension [Double] {
  /// The values times a power of two with such an exponent.
  fileprivate func scaled(_ exponent: Int) -> [Double] {
    guard exponent != 0 else { return self }
    let factor = Double(sign: .plus, exponent: exponent, significand: 1)
    return map { $0 * factor }
  }
}

extension bk_difference {
  /// Adds a pair of complex numbers in the way of the kernels; real ones have no imaginary part.
  fileprivate mutating func add(
    _ a: SIMD2<Double>,
    _ b: SIMD2<Double>,
    _ difference: Double,
    _ tolerance: Tolerance
  ) {
    guard a.x.isFinite, a.y.isFinite, b.x.isFinite, b.y.isFinite else {
      let (isNaN, otherIsNaN) = (a.x.isNaN || a.y.isNaN, b.x.isNaN || b.y.isNaN)
      if isNaN != otherIsNaN { nan += 1 }
      if !isNaN, !otherIsNaN, a != b { infinite += 1 }
      return
    }
    let (sizeOfA, sizeOfB, difference) = (hypot(a.x, a.y), hypot(b.x, b.y), abs(difference))
    max_absolute = max(max_absolute, difference)
    let largest = max(sizeOfA, sizeOfB)
    max_relative = max(max_relative, largest > 0 ? difference / largest : 0)
    dot += (a * b).sum()
    squares_a += sizeOfA * sizeOfA
    squares_b += sizeOfB * sizeOfB
    squares += difference * difference
    if difference > 0 { changed += 1 }
    if difference > tolerance.absolute + tolerance.relative * sizeOfB { beyond += 1 }
  }
}

extension DType {
  /// The type of the two parts of a complex number.
  fileprivate var complexPart: DType? {
    switch self {
    case .c32: .f16
    case .c64: .f32
    case .c128: .f64
    default: nil
    }
  }

  /// Whether the elements have a reading as numbers.
  fileprivate var isNumeric: Bool {
    switch self {
    case .f4, .f6e2m3, .f6e3m2, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz, .c32, .c64, .c128: false
    default: true
    }
  }

  fileprivate var isWideInteger: Bool { self == .i64 || self == .u64 }
}
