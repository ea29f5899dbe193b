import BallastBytes

/// The steps that reading a pickle takes, wherever they are taken.
///
/// What is written once may be meant any number of times: a tuple of a million sizes by each of a
/// hundred thousand tensors. Only what goes beyond the usual is counted.
final class TorchSteps {
  private let limit: Int
  private var count = 0

  /// Sizes, arguments and marks that no count is kept of.
  static let usualCount = 16
  /// The bytes of a key that no count is kept of, and those of it that make a step beyond them.
  private static let usualKeyBytes = 64
  private static let bytesPerStep = 16

  /// None taken yet, of `limit`.
  init(limit: Int) {
    self.limit = limit
  }

  /// Takes some; `offset` is for errors.
  ///
  /// Throws `TorchFault.tooManyPaths`.
  func take(_ steps: Int, at offset: Int? = nil) throws(FormatError) {
    count += steps
    guard count <= limit else {
      throw FormatError(TorchFault.tooManyPaths(limit: limit), at: offset)
    }
  }

  /// Takes one for each of `count` values beyond the usual.
  func take(valuesBeyondUsual count: Int, at offset: Int? = nil) throws(FormatError) {
    if count > Self.usualCount { try take(count - Self.usualCount, at: offset) }
  }

  /// Takes those for a key of some bytes.
  func take(keyBytes count: Int) throws(FormatError) {
    if count > Self.usualKeyBytes { try take((count - Self.usualKeyBytes) / Self.bytesPerStep) }
  }
}
