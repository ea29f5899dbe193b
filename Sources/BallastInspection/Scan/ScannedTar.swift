import BallastBytes
import BallastFormats

/// The members of a tar archive (POSIX ustar, pax, GNU's, and what came before), as any reader may
/// find them: Python's tarfile above all, which torch used once.
///
/// Where readers disagree about a size, the next header is looked for at each of the ends, and a header
/// that only some of them see hides nothing from the others.
struct ScannedTar {
  /// Of different sizes for one member so many are followed; honest archives have one, or none and one.
  static let maximumSizes = 8
  /// Whether somebody has had enough is asked, and pages are given back, every so many blocks.
  private static let blocksBetweenLooks = 1 << 15

  /// Pages that were read are given back in pieces.
  static let readPiece = 16 << 20

  let region: ByteRegion
  let maximumMembers: Int
  private let shouldStop: () -> Bool
  var contents = ScannedArchive.Contents()
  /// What extended headers say of the header at a position.
  private var pending: [Int: TarExtension] = [:]
  /// What those say of all the members after them.
  private var globalSizes: [Int] = []
  private var globalStoredName: String?
  /// The first line feed behind the headers that asked for one.
  var lineFeed = 0
  /// The blocks at which a header may stand, a bit each.
  private var reached: [UInt64]

  /// Whether bytes start with a header whose checksum is right, to any reader or to Python's, which wants
  /// all numbers to be such.
  static func isArchive(_ region: ByteRegion, toPython: Bool = false) -> Bool {
    let start = region.range.lowerBound
    guard TarHeader.isHeader(at: start, in: region) else { return false }
    let header = Span<UInt8>(_bytes: region.source.bytes).extracting(
      start..<start + TarHeader.block
    )
    return !toPython || TarHeader.isReadByPython(header)
  }

  /// The members; none where the bytes are no tar archive.
  static func contents(
    of region: ByteRegion,
    maximumMembers: Int,
    shouldStop: @escaping () -> Bool
  ) -> ScannedArchive.Contents {
    guard isArchive(region) else { return ScannedArchive.Contents() }
    var tar = ScannedTar(region, maximumMembers: maximumMembers, shouldStop: shouldStop)
    tar.read()
    return tar.contents
  }

  private init(_ region: ByteRegion, maximumMembers: Int, shouldStop: @escaping () -> Bool) {
    self.region = region
    self.maximumMembers = maximumMembers
    self.shouldStop = shouldStop
    reached = Array(repeating: 0, count: region.count / TarHeader.block / 64 + 1)
  }

  /// Reads the headers from the first on: what leads to one stands in front of it.
  private mutating func read() {
    let blocks = region.count / TarHeader.block
    // Where no header stands, some readers give up and some go on to the next block.
    var isLost = false
    var carried = TarExtension()
    reach(region.range.lowerBound, with: TarExtension())
    var block = 0
    var looked = 0
    while block < blocks, !contents.isCut {
      if block - looked >= Self.blocksBetweenLooks {
        if shouldStop() { return }
        region.source.giveBack(
          region.range.lowerBound + looked * TarHeader.block..<region.range.lowerBound + block
            * TarHeader.block
        )
        looked = block
      }
      let position = region.range.lowerBound + block * TarHeader.block
      let isReached = reached[block / 64] >> UInt64(block % 64) & 1 == 1
      guard isReached || isLost else {
        // Of what is passed over 64 blocks are passed at once.
        block = reached[block / 64] >> UInt64(block % 64) == 0 ? (block / 64 + 1) * 64 : block + 1
        continue
      }
      block += 1
      if let said = pending.removeValue(forKey: position) { carried.add(said) }
      isLost = !TarHeader.isHeader(at: position, in: region)
      guard !isLost else {
        // Two blocks of zeros end an archive, of which a reader may have read one.
        if isReached { addGap(position..<position + 2 * TarHeader.block, behind: nil) }
        continue
      }
      readMember(at: position, after: carried)
      carried = TarExtension()
    }
  }

  /// Notes that a header may stand at a position, and what was said of it.
  private mutating func reach(_ position: Int, with said: TarExtension) {
    let block = (position - region.range.lowerBound) / TarHeader.block
    guard block < region.count / TarHeader.block else { return }
    reached[block / 64] |= 1 << UInt64(block % 64)
    if !said.isEmpty { pending[position, default: TarExtension()].add(said) }
  }

  /// Reads the header at a position, and notes where the next may stand.
  private mutating func readMember(at position: Int, after said: TarExtension) {
    let source = region.source  // borrowed from here, so that `self` can change
    let header = Span<UInt8>(_bytes: source.bytes).extracting(
      position..<position + TarHeader.block
    )
    let data = position + TarHeader.block
    let own = TarHeader.size(header)
    let kind = header[156]
    // Who does not take this for a header goes on to the next block.
    let isDoubtful = own.isOdd || !TarHeader.isPlain(header)
    if own.isOdd { refuse(.oddSize, at: position) }
    addHeader(at: position)
    switch kind {
    case UInt8(ascii: "L"), UInt8(ascii: "K"), UInt8(ascii: "x"), UInt8(ascii: "X"),
      UInt8(ascii: "g"):
      var said = said
      // Python reads whole blocks.
      let next = end(of: data, own.size ?? 0)
      readExtension(clipped(data, next - data), kind: kind, into: &said)
      reach(next, with: said)
      if isDoubtful || end(of: data, own.size ?? 0) > region.range.upperBound {
        reach(data, with: said)
      }
      return
    default: break
    }
    let rawName = name(at: position..<position + 100)
    let nameRange = said.name.map(name(at:)) ?? rawName
    if kind == UInt8(ascii: "S") { refuseSparse(nameRange, at: position) }
    if TarHeader.isLink(kind) {
      // Without a name of its own it has the prefix.
      let prefix = name(at: position + 345..<position + 500)
      let stored =
        globalStoredName ?? said.storedName
        ?? TarExtension.storedName(at: rawName, in: source)
        ?? TarExtension.storedName(at: prefix, in: source)
      if let stored, contents.links.count < PickleScan.maximumFindings {
        contents.links.append((stored, position - region.range.lowerBound))
      }
    }
    guard contents.members.count < maximumMembers else {
      contents.isCut = true
      return
    }
    var sizes = Set(said.sizes + globalSizes)
    if let size = own.size { sizes.insert(size) }
    if sizes.count > Self.maximumSizes { refuse(.oddSize, at: position) }
    let isKnown = !own.isOdd && !said.hasOddSize
    let longest = isKnown ? sizes.max() ?? 0 : region.count
    // Links and folders have no data for Python, whatever their size says, and it asks the header's own
    // name for a folder's slash; for others they may. An archive may also end too early.
    let isBare =
      (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(kind)
      || kind == 0 && (endsWithSlash(nameRange) || endsWithSlash(rawName))
    if isBare || isDoubtful || !isKnown || end(of: data, longest) > region.range.upperBound {
      sizes.insert(0)
    }
    for size in sizes { reach(end(of: data, size), with: TarExtension()) }
    for size in sizes where size % TarHeader.block != 0 && size <= region.count {
      addGap(data + size..<end(of: data, size), behind: nameRange)
    }
    // Where the next header stands in place of the data, there is none.
    if longest > 0, !sizes.contains(0) || !TarHeader.isHeader(at: data, in: region) {
      contents.members.append(
        ScannedArchive.Member(name: .bytes(nameRange), range: clipped(data, longest))
      )
    }
  }

  /// Notes what stands where an open file does when a header or a member was read, if it is not zero: what fills
  /// a member's last block, or stands in the place of a header.
  private mutating func addGap(_ gap: Range<Int>, behind name: Range<Int>?) {
    guard contents.members.count < maximumMembers,
      let start = gap.clamped(to: region.range).first(where: { region.source.byte(at: $0) != 0 }),
      // In the place of a header there may be what was taken for the data of the one in front of it.
      contents.members.last?.range.lowerBound != start
    else { return }
    contents.members.append(
      ScannedArchive.Member(
        name: name.map { .bytes($0) }
          ?? .text("byte \(start - region.range.lowerBound)"),
        range: start..<region.range.upperBound,
        gapEnd: gap.upperBound
      )
    )
  }

  /// The bytes of a name to its first NUL.
  private func name(at range: Range<Int>) -> Range<Int> {
    let end = range.first { region.source.byte(at: $0) == 0 }
    return range.lowerBound..<(end ?? range.upperBound)
  }

  private func endsWithSlash(_ name: Range<Int>) -> Bool {
    !name.isEmpty && region.source.byte(at: name.upperBound - 1) == UInt8(ascii: "/")
  }

  private mutating func refuse(_ fault: ScanFault, at position: Int) {
    guard contents.refused.count < PickleScan.maximumFindings else { return }
    contents.refused.append(FormatError(fault, at: position - region.range.lowerBound))
  }

  private mutating func refuseSparse(_ name: Range<Int>, at position: Int) {
    guard contents.refused.count < PickleScan.maximumFindings else { return }
    let text = PickleText(range: name.prefix(1 << 10), encoding: .bytes).decoded(
      from: region.source
    )
    let offset = position - region.range.lowerBound
    contents.refused.append(FormatError(ScanFault.sparse, at: offset, in: text))
  }

  private mutating func readExtension(
    _ range: Range<Int>,
    kind: UInt8,
    into said: inout TarExtension
  ) {
    let isGlobal = kind == UInt8(ascii: "g")
    var read = isGlobal ? TarExtension() : said
    for fault in read.read(range, kind: kind, in: region.source) {
      refuse(fault, at: range.lowerBound)
    }
    guard isGlobal else {
      said = read
      return
    }
    globalSizes = TarExtension.distinct(globalSizes + read.sizes)
    said.hasOddSize = said.hasOddSize || read.hasOddSize
    said.name = read.name ?? said.name
    globalStoredName = globalStoredName ?? read.storedName
  }

  func clipped(_ start: Int, _ count: Int) -> Range<Int> {
    start..<start + min(max(count, 0), max(region.range.upperBound - start, 0))
  }

  /// Where data of a size ends, in whole blocks; behind the archive where it reaches past its end.
  private func end(of start: Int, _ size: Int) -> Int {
    guard size <= region.count else { return region.range.upperBound + TarHeader.block }
    return start + (size + TarHeader.block - 1) / TarHeader.block * TarHeader.block
  }
}

extension SharedBytes {
  fileprivate func byte(at index: Int) -> UInt8 { Span<UInt8>(_bytes: bytes)[index] }
}
