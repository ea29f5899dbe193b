import BallastBytes
import BallastCheckpoint

/// What became of a tensor that both checkpoints have under one name.
struct TensorComparison {
  let tolerance: Tolerance
  let runner: PieceRunner

  /// The first of the explanations that holds exactly; figures where none does.
  func compare(_ a: TensorView, _ b: TensorView) throws(DifferenceError) -> TensorDifference {
    guard a.shape == b.shape else { return try compareShapes(a, b) }
    if a.dtype == b.dtype, try pair(a, b).isSame() {
      return TensorDifference(status: .identical, a: a, b: b)
    }
    let figures = try pair(a, b).figures(tolerance)
    if a.dtype != b.dtype, let recast = try recast(a, b, figures) {
      return TensorDifference(status: .recast, a: a, b: b, recast: recast, figures: figures)
    }
    if a.dtype == b.dtype, figures?.beyondTolerance == 0 {
      return TensorDifference(status: .equal, a: a, b: b, figures: figures)
    }
    if let transposed = try transposed(a, b) { return transposed }
    let status: TensorDifference.Status = a.dtype == b.dtype ? .changed : .retyped
    return TensorDifference(status: status, a: a, b: b, figures: figures)
  }

  private func pair(_ a: TensorView, _ b: TensorView) throws(DifferenceError) -> TensorPair {
    try TensorPair(a, b, runner)
  }

  /// How the values agree in spite of their types, if they do.
  private func recast(
    _ a: TensorView,
    _ b: TensorView,
    _ figures: DifferenceFigures?
  ) throws(DifferenceError) -> TensorDifference.Recast? {
    if figures?.changed == 0 { return .exact }
    guard figures != nil else { return nil }
    if try pair(a, b).isRounded() { return .rounded }
    return try pair(a, b).isWidened() ? .widened : nil
  }

  /// Two shapes: the same elements in the same order, exchanged dimensions, or something else.
  private func compareShapes(
    _ a: TensorView,
    _ b: TensorView
  ) throws(DifferenceError) -> TensorDifference {
    if let transposed = try transposed(a, b) { return transposed }
    if a.shape.elementCount == b.shape.elementCount, let agreement = try agreement(a, b) {
      return TensorDifference(status: .reshaped, a: a, b: b, recast: agreement.recast)
    }
    return TensorDifference(status: .resized, a: a, b: b, figures: try commonRows(a, b))
  }

  /// Matrices of which one is the other with its rows for columns; those of one row are not.
  private func transposed(
    _ a: TensorView,
    _ b: TensorView
  ) throws(DifferenceError) -> TensorDifference? {
    guard a.shape.rank == 2, a.shape.dimensions == b.shape.dimensions.reversed(),
      a.shape.dimensions.allSatisfy({ $0 > 1 })
    else { return nil }
    let turned: TensorView
    do {
      turned = try b.transposed
    } catch {
      // Elements that share bytes cannot be strided.
      return nil
    }
    guard let agreement = try agreement(a, turned) else { return nil }
    return TensorDifference(
      status: .transposed,
      a: a,
      b: b,
      recast: agreement.recast,
      isTransposed: true
    )
  }

  /// That elements agree in their order, as they are or recast.
  private struct Agreement {
    let recast: TensorDifference.Recast?
  }

  private func agreement(_ a: TensorView, _ b: TensorView) throws(DifferenceError) -> Agreement? {
    if a.dtype == b.dtype { return try pair(a, b).isSame() ? Agreement(recast: nil) : nil }
    let pair = try pair(a, b)
    if try pair.isRounded() { return Agreement(recast: .rounded) }
    if try pair.isWidened() { return Agreement(recast: .widened) }
    return try pair.figures(Tolerance())?.changed == 0 ? Agreement(recast: .exact) : nil
  }

  /// The figures of the rows that both have, as of a vocabulary that was extended.
  private func commonRows(
    _ a: TensorView,
    _ b: TensorView
  ) throws(DifferenceError) -> DifferenceFigures? {
    let (sizesOfA, sizesOfB) = (a.shape.dimensions, b.shape.dimensions)
    guard sizesOfA.count == sizesOfB.count, let first = sizesOfA.first, let other = sizesOfB.first,
      sizesOfA.dropFirst() == sizesOfB.dropFirst(), min(first, other) > 0
    else { return nil }
    let rows: (TensorView, TensorView)
    do {
      rows = (try a.prefix(min(first, other)), try b.prefix(min(first, other)))
    } catch {
      // A row may end within a block.
      return nil
    }
    return try pair(rows.0, rows.1).figures(tolerance)
  }
}
