import BallastBytes
import BallastFormats

/// What the extended headers of a tar archive say of the member that follows them.
struct TarExtension {
  /// Extended headers are read to this size.
  private static let maximumBytes = 1 << 20

  /// Where the name stands that replaces the header's own.
  var name: Range<Int>?
  /// The name that torch extracts, if one of those that were said is one: of several, readers take the first or
  /// the last.
  var storedName: String?
  /// The different sizes.
  var sizes: [Int] = []
  /// Whether a size is written in a way that some readers understand and some do not.
  var hasOddSize = false

  /// The members of torch's archives of 2016 that its loader opens.
  private static let storedByTorch: Set<String> = ["storages", "tensors", "pickle"]
  /// No name of those is as long.
  private static let longestName = 64

  /// A name, if torch extracts the member of that name: Python leaves slashes at the end away.
  static func storedName(at range: Range<Int>, in source: SharedBytes) -> String? {
    let letters = source.array(range.prefix(longestName)).prefix { $0 != 0 }
    guard let end = letters.lastIndex(where: { $0 != UInt8(ascii: "/") }) else { return nil }
    let name = String(decoding: letters[...end], as: UTF8.self)
    return storedByTorch.contains(name) ? name : nil
  }

  var isEmpty: Bool { name == nil && storedName == nil && sizes.isEmpty && !hasOddSize }

  /// Adds what was said on another way to the same header.
  mutating func add(_ other: TarExtension) {
    name = name ?? other.name
    storedName = storedName ?? other.storedName
    sizes = Self.distinct(sizes + other.sizes)
    hasOddSize = hasOddSize || other.hasOddSize
  }

  private mutating func take(name range: Range<Int>, in source: SharedBytes) {
    name = range
    storedName = storedName ?? Self.storedName(at: range, in: source)
  }

  /// Different sizes, of which a few are kept: the first of them, and the largest.
  static func distinct(_ sizes: [Int]) -> [Int] {
    var result: [Int] = []
    for size in sizes where !result.contains(size) { result.append(size) }
    guard result.count > ScannedTar.maximumSizes + 1, let largest = result.max() else {
      return result
    }
    return Array(result.prefix(ScannedTar.maximumSizes)) + [largest]
  }

  /// Reads GNU's long name, or pax's records, `length key=value` and a line feed each; returns what is not
  /// understood.
  mutating func read(_ range: Range<Int>, kind: UInt8, in source: SharedBytes) -> [ScanFault] {
    switch kind {
    case UInt8(ascii: "K"): return []
    case UInt8(ascii: "L"):
      take(name: range.prefix(Self.maximumBytes), in: source)
      return []
    default: break
    }
    var faults: [ScanFault] = range.count > Self.maximumBytes ? [.longExtension] : []
    func refuse(_ fault: ScanFault) {
      if !faults.contains(where: { $0.description == fault.description }) { faults.append(fault) }
    }
    let bytes = source.array(range.prefix(Self.maximumBytes))
    var start = 0
    while start < bytes.count, bytes[start] != 0 {
      let digits = bytes[start...].prefix { (0x30...0x39).contains($0) }
      // Old readers take the last record for what there is of it.
      guard let announced = Int(String(decoding: digits.prefix(20), as: UTF8.self)),
        announced > digits.count
      else {
        refuse(.oddExtension)
        return faults
      }
      let end = start + min(announced, bytes.count - start)
      if announced > end - start { refuse(.oddExtension) }
      let record = start..<end
      start = end
      // A record is read no further than it reaches.
      guard digits.endIndex < end,
        let equals = bytes[digits.endIndex..<end].firstIndex(of: UInt8(ascii: "="))
      else {
        refuse(.oddExtension)
        continue
      }
      let key = bytes[digits.endIndex..<equals].dropFirst()
      let value = equals + 1..<max(record.upperBound - 1, equals + 1)
      if key.elementsEqual("path".utf8) {
        let start = range.lowerBound
        take(name: start + value.lowerBound..<start + value.upperBound, in: source)
      } else if key.elementsEqual("size".utf8) {
        // Python reads digits of any script; what is no number counts as nothing there.
        let isPlain = bytes[value].allSatisfy { (0x30...0x39).contains($0) }
        guard isPlain, let number = Int(String(decoding: bytes[value], as: UTF8.self)) else {
          hasOddSize = true
          refuse(.oddSize)
          continue
        }
        sizes = Self.distinct(sizes + [number])
      } else if key.starts(with: "GNU.sparse".utf8) {
        refuse(.sparse)
      }
    }
    return faults
  }
}
