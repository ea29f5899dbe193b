import BallastBytes
import BallastCheckpoint
import CBallastKernels
import Glibc

/// Two tensors with as many elements, read side by side, row by row.
struct TensorPair {
  let a: TensorView
  let b: TensorView
  private let runner: PieceRunner

  init(_ a: TensorView, _ b: TensorView, _ runner: PieceRunner) throws(DifferenceError) {
    self.runner = runner
    let (a, b) = try Self.inCommonOrder(a, b)
    do {
      self.a = try a.streaming()
    } catch {
      throw DifferenceError(side: .a, error: error)
    }
    do {
      self.b = try b.streaming()
    } catch {
      throw DifferenceError(side: .b, error: error)
    }
  }

  /// Two transposed views are compared as they lie: no figure depends on the order of elements.
  private static func inCommonOrder(
    _ a: TensorView,
    _ b: TensorView
  ) throws(DifferenceError) -> (TensorView, TensorView) {
    guard a.shape == b.shape, !a.isContiguous, !b.isContiguous else { return (a, b) }
    do {
      let (left, right) = (try a.transposed, try b.transposed)
      return left.isContiguous && right.isContiguous ? (left, right) : (a, b)
    } catch {
      throw DifferenceError(side: .a, error: error)
    }
  }

  private var count: Int { a.shape.elementCount }

  private var pieceElements: Int { max(a.pieceElements, b.pieceElements) }

  /// Whether the elements are the same: byte for byte, or where one side was decoded, number for
  /// number.
  func isSame() throws(DifferenceError) -> Bool {
    guard a.dtype == b.dtype else {
      guard a.dtype.block != nil || b.dtype.block != nil else { return false }
      return try figures(Tolerance())?.changed == 0
    }
    return unsafe try allPieces { left, right, _ in
      guard let from = left.baseAddress, let to = right.baseAddress else {
        return true
      }
      // Safe: elements of one type take as many bytes on both sides.
      return unsafe memcmp(from, to, left.count) == 0
    }
  }

  /// Whether B's elements are those of A, cast to B's type.
  func isRounded() throws(DifferenceError) -> Bool {
    unsafe try allPieces { left, right, count in
      unsafe Self.isRounded(left, a.dtype, to: right, b.dtype, count)
    }
  }

  /// Whether A's elements are those of B, cast to A's type.
  func isWidened() throws(DifferenceError) -> Bool {
    unsafe try allPieces { left, right, count in
      unsafe Self.isRounded(right, b.dtype, to: left, a.dtype, count)
    }
  }

  /// How far the values are apart; nil where a type has no reading as numbers.
  func figures(_ tolerance: Tolerance) throws(DifferenceError) -> DifferenceFigures? {
    guard let arithmetic = DifferenceArithmetic(a.dtype, b.dtype) else { return nil }
    let plain = try sums(arithmetic, tolerance)
    let (sides, differences) = (arithmetic.sideScale(plain), arithmetic.differenceScale(plain))
    return DifferenceFigures(
      plain,
      sides: ScaledSums(
        sums: sides == .none ? plain : try sums(arithmetic, tolerance, sides),
        scale: sides
      ),
      differences: ScaledSums(
        sums: differences == .none ? plain : try sums(arithmetic, tolerance, differences),
        scale: differences
      ),
      count: count
    )
  }

  private func sums(
    _ arithmetic: DifferenceArithmetic,
    _ tolerance: Tolerance,
    _ scale: ScaledSums.Scale = .none
  ) throws(DifferenceError) -> bk_difference {
    var sums = bk_difference()
    try runner.run(count, size: pieceElements) { range throws(DifferenceError) in
      var piece = bk_difference()
      unsafe try read(range) { left, right in
        unsafe arithmetic.add(left, right, range.count, tolerance, scale, to: &piece)
      }
      return piece
    } merge: {
      sums.merge($0)
      return true
    }
    return sums
  }

  /// The same numbers, NaN being the same as NaN.
  private static func isRounded(
    _ input: UnsafeRawBufferPointer,
    _ dtype: DType,
    to expected: UnsafeRawBufferPointer,
    _ target: DType,
    _ count: Int
  ) -> Bool {
    var bytes = [UInt8](repeating: 0, count: target.byteCount(of: count))
    return unsafe bytes.withUnsafeMutableBytes { output in
      guard unsafe Cast.convert(output, target, from: input, dtype, count: count) != nil else {
        return false
      }
      guard let found = output.baseAddress, let other = expected.baseAddress else { return true }
      // Safe: both hold `count` elements of the target.
      if unsafe memcmp(found, other, output.count) == 0 { return true }
      guard let arithmetic = DifferenceArithmetic(target, target) else { return false }
      var sums = bk_difference()
      unsafe arithmetic.add(
        UnsafeRawBufferPointer(output),
        expected,
        count,
        Tolerance(),
        to: &sums
      )
      return sums.isNothing
    }
  }

  private func allPieces(
    _ holds: (UnsafeRawBufferPointer, UnsafeRawBufferPointer, Int) -> Bool
  ) throws(DifferenceError) -> Bool {
    var isTrue = true
    try runner.run(count, size: pieceElements) { range throws(DifferenceError) in
      var result = true
      unsafe try read(range) { unsafe result = holds($0, $1, range.count) }
      return result
    } merge: {
      isTrue = $0
      return isTrue
    }
    return isTrue
  }

  /// Hands out the bytes of a range of elements of both.
  private func read(
    _ range: Range<Int>,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
  ) throws(DifferenceError) {
    var failureOfB: FormatError?
    do throws(FormatError) {
      unsafe try a.withBytes(of: range) { (left) throws(FormatError) in
        do throws(FormatError) {
          unsafe try b.withBytes(of: range) { (right) throws(FormatError) in
            unsafe body(left, right)
          }
        } catch {
          failureOfB = error
          throw error
        }
      }
    } catch {
      throw DifferenceError(side: failureOfB == nil ? .a : .b, error: error)
    }
  }
}

extension TensorView {
  /// The elements that are read at once, a number of whole blocks.
  ///
  /// 1 MiB of float32: both sides and what they are cast to stay in the cache of a core. Elements
  /// that share bytes are read at once, and those that are computed in larger pieces.
  var pieceElements: Int {
    if dtype.byteWidth == nil, dtype.block == nil { return max(1, shape.elementCount) }
    return isComputed ? 1 << 22 : 1 << 18
  }

  /// Hands out the bytes of a range of elements, row by row and little-endian, in one piece.
  func withBytes(
    of range: Range<Int>,
    _ body: (UnsafeRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) {
    // Larger than any piece, and far from what overflows.
    try forEachPiece(of: range, pieceBytes: 1 << 48) { (piece, _) throws(FormatError) in
      // Safe: the bytes are borrowed for the time of the call.
      unsafe try piece.withUnsafeBytes { (bytes) throws(FormatError) in unsafe try body(bytes) }
    }
  }
}
