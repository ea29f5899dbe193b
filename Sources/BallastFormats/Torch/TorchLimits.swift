import BallastCheckpoint

/// What a torch checkpoint may ask of its reader; a file that wants more is refused.
package struct TorchLimits: Sendable {
  package var pickle = PickleLimits.standard
  package var zip = ZipLimits.standard
  /// The tensors, read or not; the largest checkpoints have some 100 000.
  package var tensors = 1 << 18
  /// The bytes of all names together: 128 for each of the tensors.
  package var nameBytes = 1 << 25
  /// The times that tensors, and containers with something in them, are met again on other paths.
  package var repetitions = 1 << 15
  /// The steps of the walk through the containers.
  ///
  /// Without sharing they are as many as values; shared containers are walked once for every path,
  /// and ten of ten of ten … of them have more paths than there is time.
  package var steps = 1 << 22
  /// The levels of containers that are looked into; CPython cannot write more than about 1000.
  package var depth = 512
  /// The bytes that an expanded, sparse or quantised tensor may unfold to, if it takes fewer in the
  /// file.
  package var unfoldedBytes = TensorStorage.maximumUnfoldedBytes

  package static let standard = TorchLimits()

  package init() {}
}
