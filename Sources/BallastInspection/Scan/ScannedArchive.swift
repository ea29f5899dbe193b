import BallastBytes
import BallastFormats

/// The members of an archive, found with more patience than a reader of checkpoints should have.
struct ScannedArchive {
  /// Members that are looked for in a damaged archive.
  static let maximumMembers = 1 << 16
  /// So much of a member shows what it is.
  static let probe = 1 << 10

  /// Names are shown up to this many bytes.
  private static let maximumShownName = 200

  struct Member {
    let name: String
    let range: Range<Int>
    let isDeflated: Bool
  }

  let source: SharedBytes
  let members: [Member]
  let place: String?
  let depth: Int

  func place(of member: Member) -> String {
    (place.map { $0 + "/" } ?? "") + member.name
  }

  // MARK: - Zip

  /// The members by the directory.
  static func members(of archive: ZipArchive) -> (members: [Member], refused: [FormatError]) {
    var refused: [FormatError] = []
    let members = archive.members.compactMap { member -> Member? in
      switch member.method {
      case .stored, .deflated:
        return Member(
          name: member.name,
          range: member.dataRange,
          isDeflated: member.method == .deflated
        )
      case .other(let method):
        let fault = ZipFault.unsupportedMethod(member: member.name, method)
        refused.append(FormatError(fault, at: member.headerOffset))
        return nil
      }
    }
    return (members, refused)
  }

  /// The members by their own headers, for archives that are damaged or that lie: other readers may
  /// still open them.
  static func salvage(_ region: ByteRegion) -> [Member] {
    let span = Span<UInt8>(_bytes: region.source.bytes)
    var starts: [Int] = []
    var bounds: [Int] = []
    for index in region.range.dropLast(3) where span[index] == 0x50 && span[index + 1] == 0x4B {
      switch (span[index + 2], span[index + 3]) {
      case (3, 4) where starts.count < maximumMembers:
        starts.append(index)
        bounds.append(index)
      case (1, 2), (3, 4), (5, 6), (6, 6): bounds.append(index)
      default: break
      }
    }
    bounds.append(region.range.upperBound)
    return starts.compactMap { start in member(at: start, in: region, bounds: bounds) }
  }

  private static func member(at start: Int, in region: ByteRegion, bounds: [Int]) -> Member? {
    var reader = ByteReader(region.source.bytes.extracting(0..<region.range.upperBound))
    do {
      try reader.seek(to: start + 8)
      let method = try reader.read(UInt16.self)
      try reader.skip(8)
      let compressed = Int(try reader.read(UInt32.self))
      try reader.skip(4)
      let nameLength = Int(try reader.read(UInt16.self))
      let extraLength = Int(try reader.read(UInt16.self))
      let nameStart = reader.position
      try reader.skip(nameLength + extraLength)
      let dataStart = reader.position
      let nameEnd = nameStart + min(nameLength, maximumShownName)
      let name = PickleText(range: nameStart..<nameEnd, encoding: .bytes)
      // A size that is wrong or unknown ends at the next header.
      let next = bounds[firstIndex(in: bounds, after: start)]
      let announced = dataStart + compressed
      let isBelievable = compressed > 0 && announced <= region.range.upperBound
      let end = max(isBelievable ? announced : next, dataStart)
      return Member(
        name: name.decoded(from: region.source),
        range: dataStart..<min(end, region.range.upperBound),
        isDeflated: method == 8
      )
    } catch {
      return nil
    }
  }

  private static func firstIndex(in bounds: [Int], after start: Int) -> Int {
    var low = 0
    var high = bounds.count - 1
    while low < high {
      let middle = (low + high) / 2
      if bounds[middle] > start { high = middle } else { low = middle + 1 }
    }
    return low
  }

  // MARK: - Tar

  /// The members of a tar archive (POSIX ustar and what came before); empty where it is none.
  static func tarMembers(_ region: ByteRegion) -> [Member] {
    let block = 512
    let span = Span<UInt8>(_bytes: region.source.bytes)
    var members: [Member] = []
    var position = region.range.lowerBound
    while position + block <= region.range.upperBound, members.count < maximumMembers,
      let size = tarSize(span.extracting(position..<position + block))
    {
      let data = position + block
      let end = min(data + min(size, region.range.upperBound - data), region.range.upperBound)
      var length = 0
      while length < 100, span[position + length] != 0 { length += 1 }
      let name = PickleText(range: position..<position + length, encoding: .bytes)
      members.append(
        Member(name: name.decoded(from: region.source), range: data..<end, isDeflated: false)
      )
      position = data + (end - data + block - 1) / block * block
    }
    return members
  }

  /// The size in a header whose checksum is right.
  private static func tarSize(_ header: Span<UInt8>) -> Int? {
    guard header[0] != 0, let checksum = octal(header, 148..<156) else { return nil }
    var sum = 0
    for index in header.indices {
      sum += (148..<156).contains(index) ? 0x20 : Int(header[index])
    }
    guard sum == checksum else { return nil }
    if header[124] & 0x80 != 0 {  // base 256
      return (128..<136).reduce(0) { $0 << 8 | Int(header[$1]) } & Int.max
    }
    return octal(header, 124..<136)
  }

  private static func octal(_ span: Span<UInt8>, _ range: Range<Int>) -> Int? {
    var value = 0
    for index in range {
      switch span[index] {
      case 0x30...0x37: value = value << 3 | Int(span[index] - 0x30)
      case 0, 0x20: continue
      default: return nil
      }
    }
    return value
  }
}
