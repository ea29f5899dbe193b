/// A number of bytes on the command line: "500MB", "1.5 GB", "16MiB", "4096".
package struct ByteSize: ExpressibleByArgument, Hashable {
  /// The number of bytes.
  package let bytes: Int

  /// A number of bytes.
  package init(bytes: Int) {
    self.bytes = bytes
  }

  private static let units: [(name: String, bytes: Double)] = [
    ("EIB", 0x1p60), ("PIB", 0x1p50), ("TIB", 0x1p40), ("GIB", 0x1p30), ("MIB", 0x1p20),
    ("KIB", 0x1p10), ("EB", 1e18), ("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6),
    ("KB", 1e3), ("B", 1),
  ]

  /// Reads a number, and a unit in powers of 1000 (kB, MB, GB) or 1024 (KiB, MiB, GiB).
  package init(argument: String) throws(InvalidArgument) {
    let expected = InvalidArgument("expected a size such as 500MB, 5GB or 16MiB")
    let word = argument.uppercased()
    let unit = Self.units.first { word.hasSuffix($0.name) }
    let digits = word.dropLast(unit?.name.count ?? 0).drop { $0 == " " }
    let number = digits.last == " " ? digits.dropLast() : digits
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
    else { throw expected }
    let factor = unit?.bytes ?? 1
    switch parts.count {
    case 1:
      // In whole numbers, of which none is rounded.
      guard let whole = Int(number) else { throw expected }
      let (bytes, overflow) = whole.multipliedReportingOverflow(by: Int(factor))
      guard !overflow else { throw expected }
      self.bytes = bytes
    case 2 where factor > 1:
      guard let amount = Double(number), let bytes = Int(exactly: (amount * factor).rounded())
      else { throw expected }
      self.bytes = bytes
    default: throw expected
    }
  }

  /// The number with the largest decimal unit that leaves it whole.
  package var argument: String {
    let unit = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)]
      .first { bytes != 0 && bytes.isMultiple(of: $0.1) }
    return unit.map { "\(bytes / $0.1)\($0.0)" } ?? "\(bytes)"
  }
}
