import CBallastKernels

/// Sums of products of values that were multiplied by powers of two.
///
/// The squares of float64 beyond 2^512 overflow, and those below 2^-537 vanish. As in Blue's algorithm
/// (1978) there are three powers for a sum of squares, one of which brings it into range; but values
/// are read again for the other two, which hardly any tensor needs.
struct ScaledSums {
  /// The exponents of the powers that A's and B's values are multiplied by.
  struct Scale: Hashable {
    let a: Int
    let b: Int

    static let none = Scale(a: 0, b: 0)
  }

  let sums: bk_difference
  let scale: Scale
}

extension DifferenceArithmetic {
  /// Smaller sums of squares have lost digits, if not all.
  private static let leastSquares = 0x1p-900
  private static let exponent = 600

  /// What suits the norms of A and B, given the sums of the values themselves.
  func sideScale(_ sums: bk_difference) -> ScaledSums.Scale {
    ScaledSums.Scale(a: exponent(sums.squares_a), b: exponent(sums.squares_b))
  }

  /// What suits the norm of the difference of A and B.
  func differenceScale(_ sums: bk_difference) -> ScaledSums.Scale {
    let exponent = exponent(sums.squares)
    return ScaledSums.Scale(a: exponent, b: exponent)
  }

  private func exponent(_ squares: Double) -> Int {
    // The squares of float32 are well within the range.
    if case .floats = self { return 0 }
    if squares < Self.leastSquares { return Self.exponent }
    return squares.isFinite ? 0 : -Self.exponent
  }
}
