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
    guard let first = number.first, first.isASCII, first.isNumber,
      let amount = Double(number), let bytes = Int(exactly: (amount * (unit?.bytes ?? 1)).rounded())
    else { throw expected }
    self.bytes = bytes
  }

  /// The number with the largest decimal unit that leaves it whole.
  package var argument: String {
    let unit = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)]
      .first { bytes != 0 && bytes.isMultiple(of: $0.1) }
    return unit.map { "\(bytes / $0.1)\($0.0)" } ?? "\(bytes)"
  }
}
