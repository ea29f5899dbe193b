/// What a zip archive may ask of a reader; an archive that wants more is refused.
package struct ZipLimits: Sendable {
  /// The members: one a tensor, and the largest checkpoints have some 100 000 of those.
  package var members = 1 << 18
  /// The bytes of all names together: 64 for each of the members.
  package var nameBytes = 1 << 24
  /// How many times larger than the file its members may become when decompressed.
  ///
  /// Weights hardly shrink when deflated; it is the zeros of masks and new optimizers that do.
  package var expansion = 16
  /// What the members of a small file may become on top of that, in bytes.
  package var expansionAllowance = 64 << 20

  package static let standard = ZipLimits()

  package init() {}
}
