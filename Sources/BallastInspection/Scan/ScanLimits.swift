import BallastFormats

/// How much of a file `scan` looks at; what it did not look at is a finding, since it is not clean.
package struct ScanLimits: Sendable {
  /// The opcodes that are read of a file, in all its pickles: a file of 65 536 tensors has 40 each.
  package var opcodes = 1 << 22
  /// What is decompressed of one member: pickles without their tensors take a hundredth of it.
  package var memberBytes = 32 << 20
  /// What is decompressed of a file in all, members that are no pickles left out.
  package var inflatedBytes = 64 << 20

  /// The members of an archive: one a tensor, and the largest checkpoints have some 100 000 of those.
  package var members = 1 << 18

  package static let standard = ScanLimits()

  package init() {}
}

extension ScanLimits: NamedLimits {
  package static let named: [(name: String, limit: any WritableKeyPath<Self, Int> & Sendable)] = [
    ("scan.opcodes", \.opcodes),
    ("scan.member-bytes", \.memberBytes),
    ("scan.inflated-bytes", \.inflatedBytes),
    ("scan.members", \.members),
  ]
}
