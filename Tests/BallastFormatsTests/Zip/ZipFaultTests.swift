import BallastBytes
import BallastFormats
import Testing

/// A fault for each way in which a zip archive can be wrong.
@Suite struct ZipFaultTests {
  private func fault(_ builder: ZipBuilder) throws -> ZipFault? {
    try fault(builder.build())
  }

  private func fault(_ archive: [UInt8]) throws -> ZipFault? {
    let error = try #require(throws: FormatError.self) {
      let archive = try ZipArchive(parsing: SharedBytes.copying(archive))
      for member in archive.members { _ = try archive.contents(of: member) }
    }
    return error.fault as? ZipFault
  }

  private let hello = ZipBuilder.Member(name: "a", data: bytes("hello"))

  private func archive(_ change: (inout ZipBuilder.Member) -> Void) throws -> ZipFault? {
    var member = hello
    change(&member)
    return try fault(ZipBuilder([member]))
  }

  /// One reader takes the last end record, another the one whose comment ends the file.
  @Test func thereIsOneEndRecordForAllReaders() throws {
    let inner = try ZipBuilder([.init(name: "a", data: bytes("other"))]).build()
    var builder = ZipBuilder([hello])
    builder.comment = inner + bytes("x")
    #expect(try fault(builder) == .ambiguousEnd)
    builder.comment = inner
    #expect(try fault(builder) == .ambiguousEnd)
    // A comment that says to be longer than the file is.
    var long = try ZipBuilder([hello]).build()
    long[long.count - 2] = 1
    #expect(try fault(long) == .ambiguousEnd)
    #expect(try fault(try ZipBuilder([hello]).build() + long) == .ambiguousEnd)
  }

  @Test func namesEndAtTheirLength() throws {
    #expect(try archive { $0.name = "w.npy\0z.npy" } == .nameWithNUL("w.npy\0z.npy"))
  }

  @Test func headersMustAgreeWithTheDirectory() throws {
    func mismatch(_ field: String) -> ZipFault { .headerMismatch(member: "a", field: field) }
    #expect(try archive { $0.localName = "b" } == mismatch("name"))
    #expect(try archive { $0.localMethod = 8 } == mismatch("method"))
    #expect(try archive { $0.localChecksum = 1 } == mismatch("checksum"))
    #expect(try archive { $0.localSize = 4 } == mismatch("size"))
    #expect(try archive { $0.compressedSize = 4 } == mismatch("compressed size"))
    #expect(try archive { $0.headerOffset = 1 } == .badLocalHeader(member: "a"))
    #expect(try archive { $0.headerOffset = .max - 1 } == .badLocalHeader(member: "a"))
    #expect(
      try archive {
        $0.hasDescriptor = true
        $0.compressedSize = 4
        $0.size = 4
      } == .descriptorMismatch(member: "a")
    )
    #expect(
      try archive {
        $0.hasDescriptor = true
        $0.compressedSize = 100
      } == .memberPastDirectory(member: "a")
    )
  }

  @Test func membersAreOfKnownKinds() throws {
    #expect(try archive { $0.flags = 1 } == .encrypted(member: "a"))
    #expect(try archive { $0.flags = 1 << 6 } == .encrypted(member: "a"))
    #expect(try archive { $0.method = 12 } == .unsupportedMethod(member: "a", 12))
    #expect(
      try archive {
        $0.localSize = 6
        $0.size = 6
      } == .storedSizeMismatch(member: "a")
    )
  }

  @Test func foldersHaveNoData() throws {
    #expect(try archive { $0.attributes = 0x10 } == .folderWithData(member: "a"))
    let folder = ZipBuilder([
      .init(name: "a/"), .init(name: "b", data: bytes("1"), attributes: 0x81A4_0020),
    ])
    #expect(try ZipArchive(parsing: folder.source).members.count == 2)
    let named = ZipBuilder([.init(name: "a/", data: bytes("1"))])
    let error = try #require(throws: FormatError.self) { try ZipArchive(parsing: named.source) }
    #expect(error.fault as? ZipFault == .folderWithData(member: "a/"))
  }

  @Test func namesComeOnce() throws {
    #expect(try fault(ZipBuilder([hello, hello])) == .duplicateName("a"))
  }

  @Test func membersDoNotOverlap() throws {
    // The second entry points at the first one's data, which holds a header of its own.
    let inner = try ZipBuilder([.init(name: "b", data: bytes("x"))]).build().prefix(32)
    let outer = ZipBuilder.Member(name: "a", data: Array(inner))
    let second = ZipBuilder.Member(name: "b", data: bytes("x"), headerOffset: 31)
    #expect(try fault(ZipBuilder([outer, second])) == .overlap(member: "a"))
  }

  @Test func theEndRecordMustBeThere() throws {
    let whole = try ZipBuilder([hello]).build()
    #expect(try fault([]) == .noEndRecord)
    #expect(try fault(bytes("PK", 3, 4)) == .noEndRecord)
    #expect(try fault(Array(whole.dropLast())) == .noEndRecord)
    #expect(try fault(Array(whole.prefix(whole.count - 22))) == .noEndRecord)
  }

  @Test func theEndRecordMustFitTheDirectory() throws {
    var builder = ZipBuilder([hello])
    builder.announcedCount = 2
    #expect(try fault(builder) == .wrongMemberCount(announced: 2, found: 1))
    builder.announcedCount = 0
    #expect(try fault(builder) == .wrongMemberCount(announced: 0, found: 1))
    builder.announcedCount = nil
    builder.directoryOffset = 1000
    #expect(try fault(builder) == .directoryOutOfBounds)
    builder.directoryOffset = 30
    #expect(try fault(builder) == .badDirectoryEntry(index: 0))
    builder.directoryOffset = nil
    builder.directorySize = 40
    #expect(throws: FormatError.self) { try ZipArchive(parsing: builder.source) }
  }

  @Test func theTwoEndRecordsMustAgree() throws {
    var builder = ZipBuilder([hello])
    builder.hasZip64End = true
    builder.announcedCount = 2
    #expect(try fault(builder) == .endRecordsDisagree)
    builder.announcedCount = .max
    builder.directoryOffset = .max
    builder.directorySize = .max
    #expect(throws: Never.self) { try ZipArchive(parsing: builder.source) }
    // The locator points elsewhere.
    var moved = try builder.build()
    moved[moved.count - 22 - 12] ^= 1
    #expect(try fault(moved) == .badZip64EndRecord)
    moved[moved.count - 22 - 5] = 0x80
    #expect(try fault(moved) == .badZip64EndRecord)
  }

  @Test func archivesAreNotSplit() throws {
    var archive = try ZipBuilder([hello]).build()
    archive[archive.count - 18] = 1
    #expect(try fault(archive) == .severalDisks)
  }

  @Test func zip64FieldsMustBeThere() throws {
    #expect(
      try archive {
        $0.size = .max
        $0.compressedSize = .max
      } == .badExtraField(member: "a")
    )
  }

  @Test func bombsAreRefusedBeforeAnythingIsDecompressed() throws {
    #expect(
      try archive {
        $0.isDeflated = true
        $0.hasDescriptor = true
        $0.size = 1 << 27
        $0.data = []
      } == .descriptorMismatch(member: "a")
    )
    var member = ZipBuilder.Member(name: "a", data: bytes("hello"), isDeflated: true)
    member.localSize = 1 << 20
    member.size = 1 << 20
    #expect(try fault(ZipBuilder([member])) == .impossibleRatio(member: "a"))
    member.localSize = 1 << 30
    member.size = 1 << 30
    guard case .expandsTooFar(bytes: 1 << 30, _)? = try fault(ZipBuilder([member])) else {
      Issue.record("a gigabyte out of 60 bytes was not refused")
      return
    }
  }

  @Test func keepsItsLimits() throws {
    var limits = ZipLimits()
    limits.members = 1
    func fault(_ members: [ZipBuilder.Member]) throws -> ZipFault? {
      let error = try #require(throws: FormatError.self) {
        try ZipArchive(parsing: ZipBuilder(members).source, limits: limits)
      }
      return error.fault as? ZipFault
    }
    #expect(try fault([hello, .init(name: "b")]) == .tooManyMembers(limit: 1))
    limits.nameBytes = 8
    #expect(try fault([.init(name: "ninebytes")]) == .namesTooLong(limit: 8))
    limits.expansion = 0
    limits.expansionAllowance = 4
    var deflated = hello
    deflated.isDeflated = true
    #expect(try fault([deflated]) == .expandsTooFar(bytes: 5, limit: 4))
  }

  @Test func damagedDataIsRefused() throws {
    var archive = try ZipBuilder([.init(name: "a", data: bytes("hello"), isDeflated: true)]).build()
    archive[32] ^= 0x10  // the length of the block
    let error = try #require(throws: FormatError.self) {
      let archive = try ZipArchive(parsing: SharedBytes.copying(archive))
      _ = try archive.contents(of: archive.members[0])
    }
    #expect(error.fault as? ByteFault == .badCompression)
    #expect(error.offset == 31)
  }
}
