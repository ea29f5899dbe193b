import BallastBytes
import BallastFormats

/// The members of an archive, found with more patience than a reader of checkpoints should have.
struct ScannedArchive {
  /// So much of a member shows what it is.
  static let probe = 1 << 10

  /// Of names that stand in the file so many bytes are compared at each end: folders and extension.
  private static let maximumComparedName = 1 << 10
  /// Names are shown up to this many bytes.
  private static let maximumShownName = 200

  struct Member {
    enum Name {
      case text(String)
      /// Where the name stands; archives can have more names than memory is spent on.
      case bytes(Range<Int>)
    }

    let name: Name
    let range: Range<Int>
    var isDeflated = false
    /// Whether it is a header of a tar archive, which is no archive again.
    var isHeader = false
    /// Where the gap ends in which it starts, if it does: what starts there may go on behind it.
    var gapEnd: Int?
    /// Whether nothing but its own header speaks for it.
    var isSalvaged = false
    /// Whether its own header announces two sizes for what is stored.
    var hasTwoSizes = false
    /// The number of bytes when decompressed, where a reader holds itself to it.
    var byteCount: Int?
  }

  /// What was found in an archive.
  struct Contents {
    var members: [Member] = []
    /// Members that are not opened.
    var refused: [FormatError] = []
    /// Links, pipes and devices that torch would take for what it stores, in an archive of 2016, and where.
    var links: [(name: String, offset: Int)] = []
    /// Whether there are more members than are followed.
    var isCut = false

    /// Takes the sizes that a directory announces for members whose own headers do not.
    mutating func adoptSizes(of listed: Contents, at start: Int) {
      let sizes = Dictionary(
        listed.members.map { ($0.range.lowerBound + start, $0.byteCount) },
        uniquingKeysWith: { first, _ in first }
      )
      for index in members.indices
      where members[index].byteCount == nil && members[index].isDeflated {
        members[index].byteCount = sizes[members[index].range.lowerBound] ?? nil
      }
    }

    /// Whether these have all members of an archive that begins at `start`, with the same names and bytes.
    func contains(_ listed: Contents, at start: Int, in source: SharedBytes) -> Bool {
      let own = Dictionary(members.map { ($0.range, $0) }, uniquingKeysWith: { first, _ in first })
      return listed.refused.isEmpty
        && listed.members.allSatisfy { member in
          let range = member.range.lowerBound + start..<member.range.upperBound + start
          guard let same = own[range], same.isDeflated == member.isDeflated,
            same.byteCount == nil || same.byteCount == member.byteCount,
            case .bytes(let place) = same.name, case .text(let name) = member.name
          else { return false }
          return source.array(place).elementsEqual(name.utf8)
        }
    }
  }

  let source: SharedBytes
  let members: [Member]
  let place: String?
  let depth: Int
  let isTar: Bool
  /// Whether torch's loader of nested bytes is called with it.
  let isLoaded: Bool
  /// Whether there are pickles in it, or what torch compiles models to.
  var holdsModel = false
  /// Whether it has the version without which torch's readers, but AOTInductor's, open no archive.
  var isOpenedByTorch = false
  /// What kind of program is kept in the archive beside pickles, where one is.
  var code: ScannedCode?

  func name(of member: Member) -> String {
    Self.shown(member.name, in: source)
  }

  static func shown(_ name: Member.Name, in source: SharedBytes) -> String {
    switch name {
    case .text(let name): name
    case .bytes(let range):
      PickleText(range: range.prefix(maximumShownName), encoding: .bytes).decoded(from: source)
    }
  }

  func place(of member: Member) -> String {
    (place.map { $0 + "/" } ?? "") + name(of: member)
  }

  /// The bytes of a member's name, or the first and the last of them, as torch compares names: to the first
  /// NUL, and without regard to the case of ASCII letters.
  func foldedName(of member: Member) -> [UInt8] {
    let bytes: [UInt8] =
      switch member.name {
      case .text(let name): Array(name.utf8)
      case .bytes(let range) where range.count > 2 * Self.maximumComparedName:
        source.array(range.prefix(Self.maximumComparedName))
          + source.array(range.suffix(Self.maximumComparedName))
      case .bytes(let range): source.array(range)
      }
    return bytes.prefix { $0 != 0 }.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
  }

  // MARK: - Zip by its directory

  /// The members by the directory.
  ///
  /// Of a stored member whose two sizes differ some readers take the one, and some the other: the longer is
  /// looked at, and it is said.
  static func contents(of archive: ZipArchive, in source: SharedBytes) -> Contents {
    var contents = Contents()
    for member in archive.members {
      switch member.method {
      case .stored:
        let start = member.dataRange.lowerBound
        let size = min(max(member.dataRange.count, member.byteCount), source.count - start)
        contents.members.append(Member(name: .text(member.name), range: start..<start + size))
        if member.byteCount != member.dataRange.count {
          let fault = ZipFault.storedSizeMismatch(member: member.name)
          contents.refused.append(FormatError(fault, at: member.headerOffset))
        }
      case .deflated:
        contents.members.append(
          Member(
            name: .text(member.name),
            range: member.dataRange,
            isDeflated: true,
            byteCount: member.byteCount
          )
        )
      case .other(let method):
        let fault = ZipFault.unsupportedMethod(member: member.name, method)
        contents.refused.append(FormatError(fault, at: member.headerOffset))
      }
    }
    contents.members += gaps(of: archive, in: source)
    return contents
  }

  /// What stands between members, and in front of the directory: an open file stands there when a member was read.
  private static func gaps(of archive: ZipArchive, in source: SharedBytes) -> [Member] {
    let ordered = archive.members.sorted { $0.headerOffset < $1.headerOffset }
    let span = Span<UInt8>(_bytes: source.bytes)
    let nexts = ordered.dropFirst().map(\.headerOffset) + [archive.directoryOffset]
    return zip(ordered, nexts).compactMap { member, next in
      // Zeros are what writers fill up with. What begins in a gap may go on behind the next header.
      // Of what is stored the longer of two sizes is looked at.
      let start = member.dataRange.lowerBound
      let isStored = member.method == .stored
      let end = max(member.end, isStored ? start + min(member.byteCount, source.count - start) : 0)
      guard end < next, let start = (end..<next).first(where: { span[$0] != 0 })
      else { return nil }
      return Member(
        name: .text("behind \(member.name)"),
        range: start..<source.count,
        gapEnd: next
      )
    }
  }
}

extension [UInt8] {
  /// Whether a name, in bytes, ends with a text.
  func hasSuffix(_ text: String) -> Bool {
    suffix(text.utf8.count).elementsEqual(text.utf8)
  }
}
