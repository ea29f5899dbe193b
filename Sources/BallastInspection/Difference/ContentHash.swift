import BallastBytes
import BallastCheckpoint

/// A 64-bit hash of a tensor's elements, in the manner of xxHash: fast, and no proof of anything.
enum ContentHash {
  private static let primes: (UInt64, UInt64) = (0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F)

  /// The hash of all elements, row by row and little-endian.
  static func of(_ view: TensorView, _ runner: PieceRunner) throws(FormatError) -> UInt64 {
    let view = try view.streaming()
    var hash = primes.0
    do throws(DifferenceError) {
      try runner.run(view.shape.elementCount, size: view.pieceElements) {
        range throws(DifferenceError) in
        var piece: UInt64 = 0
        do throws(FormatError) {
          unsafe try view.withBytes(of: range) { unsafe piece = of($0) }
        } catch {
          throw DifferenceError(side: .a, error: error)
        }
        return piece
      } merge: { piece in
        hash = mix(hash ^ piece)
        return true
      }
    } catch {
      throw error.error
    }
    return hash
  }

  /// The hash of bytes: four lanes of eight bytes each, which do not wait for one another.
  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var lanes = SIMD4<UInt64>(primes.0, primes.1, ~primes.0, ~primes.1)
    let whole = bytes.count / 32 * 32
    for start in stride(from: 0, to: whole, by: 32) {
      // Safe: `whole` is within the bytes, and loads are unaligned.
      let words = unsafe bytes.loadUnaligned(fromByteOffset: start, as: SIMD4<UInt64>.self)
      lanes = lanes &+ words &* SIMD4(repeating: primes.1)
      lanes = (lanes &<< 31 | lanes &>> 33) &* SIMD4(repeating: primes.0)
    }
    var hash = UInt64(truncatingIfNeeded: bytes.count)
    for lane in 0..<4 { hash = mix(hash ^ lanes[lane]) }
    for index in whole..<bytes.count { hash = mix(hash ^ UInt64(unsafe bytes[index])) }
    return hash
  }

  /// Spreads every bit over all others (Stafford 2011, variant 13).
  private static func mix(_ word: UInt64) -> UInt64 {
    var word = word &+ primes.0
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
