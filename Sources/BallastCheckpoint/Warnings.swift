package import BallastBytes

/// What a reader accepts although it is suspicious, as it gathers it: the first of each kind, and how
/// many more there were.
///
/// A file of a few megabytes has reason for half a million, which nobody reads.
package struct Warnings: Sendable {
  /// How many of a kind are kept.
  package static let maximum = 64

  private var kept: [FormatError] = []
  /// How often each kind came, in the order in which they first did.
  private var counts: [(kind: String, count: Int, isRemark: Bool)] = []

  /// No warnings.
  package init() {}

  /// Adds a warning; `kind` says in the plural what it is about, such as "unknown fields".
  package mutating func append(_ kind: String, _ warning: @autoclosure () -> FormatError) {
    guard let place = counts.firstIndex(where: { $0.kind == kind }) else {
      let warning = warning()
      counts.append((kind, 1, warning.fault.isRemark))
      return kept.append(warning)
    }
    counts[place].count += 1
    if counts[place].count <= Self.maximum { kept.append(warning()) }
  }

  /// Those that are kept, and for each kind that has more, their number.
  package var all: [FormatError] {
    kept
      + counts.filter { $0.count > Self.maximum }.map { kind, count, isRemark in
        let more = count - Self.maximum
        return FormatError(
          CheckpointFault.moreWarnings(more, about: kind, isRemark: isRemark)
        )
      }
  }
}
