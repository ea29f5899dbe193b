package import BallastCheckpoint

/// What became of one tensor between two checkpoints, A and B.
package struct TensorDifference: Sendable {
  /// The kinds of difference, the most telling first.
  package enum Status: String, CaseIterable, Sendable {
    /// Same name, type and shape; other values.
    case changed
    /// Same name and shape; another type, and values beyond its rounding.
    case retyped
    /// Same name and shape; another type, and values that are the same up to its rounding.
    case recast
    /// Same name; the same elements in the same order under another shape.
    case reshaped
    /// Same name; another shape, and elements that the shapes do not explain.
    case resized
    /// Same name; B is A with its two dimensions exchanged.
    case transposed
    /// Another name for the same type and elements.
    case renamed
    /// Only B has it.
    case added
    /// Only A has it.
    case removed
    /// Same name, type and shape; values that differ by no more than the tolerance.
    case equal
    /// Same name, type, shape and bytes.
    case identical

    /// Whether the tensor is not the same in both.
    package var isDifference: Bool { self != .identical && self != .equal }
  }

  /// How values of two types agree.
  package enum Recast: String, Sendable {
    /// Every value is the same number in both types.
    case exact
    /// Those of B are those of A, rounded to B's type.
    case rounded = "b_is_rounded"
    /// Those of A are those of B, rounded to A's type.
    case widened = "a_is_rounded"
  }

  package let status: Status
  /// The tensor in A; nil where it was added.
  package let a: TensorView?
  /// The tensor in B; nil where it was removed.
  package let b: TensorView?
  /// How the values agree, where the types are not the same and the values are.
  package var recast: Recast?
  /// Whether the dimensions are exchanged, which a renamed tensor's may be too.
  package var isTransposed = false
  /// How far the values are apart; nil where they were not compared, or have no numbers.
  ///
  /// Of a resized tensor, those of the rows that both have.
  package var figures: DifferenceFigures?

  /// The name in A, or where A does not have it, in B.
  package var name: String { (a ?? b)?.name ?? "" }
}
