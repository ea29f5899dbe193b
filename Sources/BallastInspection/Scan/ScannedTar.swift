import BallastBytes
import BallastFormats

/// The members of a tar archive (POSIX ustar, pax, GNU's, and what came before), as any reader may
/// find them: Python's tarfile above all, which torch used once.
struct ScannedTar {
  private static let block = 512
  /// Extended headers are read to this size.
  private static let maximumExtension = 1 << 20

  /// No name looks like so many.
  private static let opcodesOfAName = 1 << 6

  private let region: ByteRegion
  private let maximumMembers: Int
  private var contents = ScannedArchive.Contents()
  /// What an extended header says of the next member.
  private var name: Range<Int>?
  private var sizes: [Int] = []
  /// What those say of all the members after them.
  private var globalSizes: [Int] = []
  /// Whether a size is written in a way that some readers understand and some do not.
  private var hasOddSize = false

  /// Whether bytes start with a header whose checksum is right.
  static func isArchive(_ region: ByteRegion) -> Bool {
    isHeader(at: region.range.lowerBound, in: region)
  }

  /// The members; none where the bytes are no tar archive.
  static func contents(of region: ByteRegion, maximumMembers: Int) -> ScannedArchive.Contents {
    guard isArchive(region) else { return ScannedArchive.Contents() }
    var tar = ScannedTar(region: region, maximumMembers: maximumMembers)
    tar.read()
    return tar.contents
  }

  private init(region: ByteRegion, maximumMembers: Int) {
    self.region = region
    self.maximumMembers = maximumMembers
  }

  private mutating func read() {
    var position = region.range.lowerBound
    while position + Self.block <= region.range.upperBound, !contents.isCut {
      // Where no header stands, some readers give up and some go on to the next block.
      position =
        Self.isHeader(at: position, in: region) ? readMember(at: position) : position + Self.block
    }
  }

  /// Reads the header at a position, and returns where the next may stand.
  private mutating func readMember(at position: Int) -> Int {
    let source = region.source  // borrowed from here, so that `self` can change
    let header = Span<UInt8>(_bytes: source.bytes).extracting(position..<position + Self.block)
    let data = position + Self.block
    let ownSize = Self.number(header.extracting(124..<136)).flatMap { $0 < 0 ? nil : $0 }
    let kind = header[156]
    addHeader(at: position)
    var nameRange = name ?? position..<position + 100
    if let end = nameRange.first(where: { region.source.byte(at: $0) == 0 }) {
      nameRange = nameRange.lowerBound..<end
    }
    // Links and folders have no data for Python, whatever their size says; for others they may.
    let isBare =
      (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(kind)
      || kind == 0 && !nameRange.isEmpty
        && region.source.byte(at: nameRange.upperBound - 1) == UInt8(ascii: "/")
    switch kind {
    case UInt8(ascii: "L"), UInt8(ascii: "K"), UInt8(ascii: "x"), UInt8(ascii: "X"),
      UInt8(ascii: "g"):
      if ownSize == nil { refuse(.oddSize, at: position) }
      // Python reads whole blocks.
      let next = padded(clipped(data, ownSize ?? 0))
      readExtension(clipped(data, next - data), kind: kind)
      return next
    case UInt8(ascii: "S"): refuseSparse(nameRange, at: position)
    default: break
    }
    guard contents.members.count < maximumMembers else {
      contents.isCut = true
      return data
    }
    // Where readers disagree about the size, the data is what the most patient one sees, and the
    // next header is looked for from where the first one would.
    let all = sizes + globalSizes + (ownSize.map { [$0] } ?? [])
    let isKnown = ownSize != nil && !hasOddSize
    let longest = isKnown ? all.max() ?? 0 : region.count
    let shortest = isBare || !isKnown ? 0 : all.min() ?? 0
    forget()
    let next = padded(clipped(data, shortest))
    // Where the next header stands in place of the data, there is none.
    if next > data || longest > 0 && !Self.isHeader(at: data, in: region) {
      contents.members.append(
        ScannedArchive.Member(name: .bytes(nameRange), range: clipped(data, longest))
      )
    }
    return next
  }

  private mutating func forget() {
    name = nil
    sizes = []
  }

  private mutating func refuse(_ fault: ScanFault, at position: Int) {
    guard contents.refused.count < PickleScan.maximumFindings else { return }
    contents.refused.append(FormatError(fault, at: position - region.range.lowerBound))
  }

  private mutating func refuseSparse(_ name: Range<Int>, at position: Int) {
    let text = PickleText(range: name, encoding: .bytes).decoded(from: region.source)
    let offset = position - region.range.lowerBound
    contents.refused.append(FormatError(ScanFault.sparse, at: offset, in: text))
  }

  /// A header can be data for one reader, and then its name is what a pickle starts with.
  private mutating func addHeader(at position: Int) {
    let source = region.source
    switch PickleSniffing.kind(of: source.bytes.extracting(position..<position + Self.block)) {
    case .other: return
    case .perhapsPickle:
      // Names start with any letter; what follows shows whether more than one of them is an opcode.
      var walk = PickleWalk(source, range: position..<region.range.upperBound)
      walk.run(whileClean: true, maximumOpcodes: Self.opcodesOfAName)
      guard walk.isPickle || walk.end == .limit else { return }
    default: break
    }
    guard contents.members.count < maximumMembers else {
      contents.isCut = true
      return
    }
    contents.members.append(
      ScannedArchive.Member(
        name: .text("header at byte \(position - region.range.lowerBound)"),
        range: position..<region.range.upperBound,
        isHeader: true
      )
    )
  }

  private func clipped(_ start: Int, _ count: Int) -> Range<Int> {
    start..<start + min(max(count, 0), region.range.upperBound - start)
  }

  private func padded(_ range: Range<Int>) -> Int {
    range.lowerBound + (range.count + Self.block - 1) / Self.block * Self.block
  }

  // MARK: - Extended headers

  /// Keeps the smallest and the largest of the sizes.
  private mutating func add(size: Int, isGlobal: Bool) {
    func extremes(_ sizes: [Int]) -> [Int] {
      [min(size, sizes.min() ?? size), max(size, sizes.max() ?? size)]
    }
    if isGlobal { globalSizes = extremes(globalSizes) } else { sizes = extremes(sizes) }
  }

  /// GNU's long name, or pax's records: `length key=value` and a line feed each.
  private mutating func readExtension(_ range: Range<Int>, kind: UInt8) {
    let offset = range.lowerBound - region.range.lowerBound
    switch kind {
    case UInt8(ascii: "K"): return
    case UInt8(ascii: "L"):
      name = range.prefix(Self.maximumExtension)
      return
    default: break
    }
    if range.count > Self.maximumExtension {
      contents.refused.append(FormatError(ScanFault.longExtension, at: offset))
    }
    let bytes = region.source.array(range.prefix(Self.maximumExtension))
    var isSparse = false
    var start = 0
    while start < bytes.count, bytes[start] != 0 {
      let digits = bytes[start...].prefix { (0x30...0x39).contains($0) }
      // Old readers take the last record for what there is of it.
      guard let announced = Int(String(decoding: digits, as: UTF8.self)), announced > digits.count,
        let equals = bytes[digits.endIndex...].firstIndex(of: UInt8(ascii: "="))
      else { return refuse(.oddExtension, at: range.lowerBound) }
      let length = min(announced, bytes.count - start)
      if announced > length || equals >= start + length {
        refuse(.oddExtension, at: range.lowerBound)
      }
      let key = String(decoding: bytes[digits.endIndex..<equals].dropFirst(), as: UTF8.self)
      let value = equals + 1..<max(start + length - 1, equals + 1)
      switch key {
      case "path":
        name = range.lowerBound + value.lowerBound..<range.lowerBound + value.upperBound
      case "size":
        // Python reads digits of any script; what is no number counts as nothing there.
        let isPlain = bytes[value].allSatisfy { (0x30...0x39).contains($0) }
        guard isPlain, let number = Int(String(decoding: bytes[value], as: UTF8.self)) else {
          hasOddSize = true
          refuse(.oddSize, at: range.lowerBound)
          break
        }
        add(size: number, isGlobal: kind == UInt8(ascii: "g"))
      case _ where key.hasPrefix("GNU.sparse") && !isSparse:
        isSparse = true
        contents.refused.append(FormatError(ScanFault.sparse, at: offset))
      default: break
      }
      start += length
    }
  }

  // MARK: - Headers

  /// Whether the checksum of a header is right, counted over signed or unsigned bytes.
  private static func isHeader(at position: Int, in region: ByteRegion) -> Bool {
    guard position + block <= region.range.upperBound else { return false }
    let header = Span<UInt8>(_bytes: region.source.bytes).extracting(position..<position + block)
    guard let checksum = number(header.extracting(148..<156)) else { return false }
    var unsigned = 8 * 0x20
    var signed = 8 * 0x20
    for index in header.indices where !(148..<156).contains(index) {
      unsigned += Int(header[index])
      signed += Int(Int8(bitPattern: header[index]))
    }
    return checksum == unsigned || checksum == signed
  }

  /// A number as tarfile reads it: octal in Python's spelling, up to a NUL, or big-endian behind a
  /// byte of 0x80; otherwise the octal digits that stand in front, as in C.
  ///
  /// Nil where there is none; a checksum over signed bytes may be negative.
  private static func number(_ field: Span<UInt8>) -> Int? {
    if field[0] & 0x80 != 0 {
      let isNegative = field[0] == 0xFF
      var value = isNegative ? -1 : Int(field[0] & 0x7F)
      for index in 1..<field.count {
        guard value < 1 << 54, value >= -1 << 54 else { return isNegative ? nil : .max >> 1 }
        value = value << 8 | Int(field[index])
      }
      return value
    }
    var text: [UInt8] = []
    for index in field.indices {
      if field[index] == 0 { break }
      text.append(field[index])
    }
    let isSpace = { (byte: UInt8) in (0x09...0x0D).contains(byte) || (0x1C...0x20).contains(byte) }
    var digits = text.drop(while: isSpace)
    if digits.isEmpty { return 0 }
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
    if digits.starts(with: "0o".utf8) || digits.starts(with: "0O".utf8) { digits.removeFirst(2) }
    let octal = digits.prefix { (0x30...0x37).contains($0) || $0 == UInt8(ascii: "_") }
    guard !octal.isEmpty else { return nil }
    let value = octal.reduce(0) { $1 == UInt8(ascii: "_") ? $0 : $0 << 3 | Int($1 - 0x30) }
    return isNegative ? -value : value
  }
}

extension SharedBytes {
  fileprivate func byte(at index: Int) -> UInt8 { Span<UInt8>(_bytes: bytes)[index] }
}
