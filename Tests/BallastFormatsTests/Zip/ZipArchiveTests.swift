import BallastBytes
import BallastFormats
import Testing

@Suite struct ZipArchiveTests {
  /// Members of every kind that is read.
  static let kinds: [ZipBuilder.Member] = [
    .init(name: "stored", data: bytes("hello")),
    .init(name: "empty"),
    .init(name: "deflated", data: bytes("hello, hello"), isDeflated: true),
    .init(name: "described", data: bytes("hello"), hasDescriptor: true),
    .init(name: "bare", data: bytes("hello"), hasDescriptor: true, hasDescriptorSignature: false),
    .init(name: "wide", data: bytes("hello"), hasDescriptor: true, hasWideDescriptor: true),
    .init(name: "zip64", data: bytes("hello"), isZip64: true),
    .init(name: "after a gap", data: bytes("hello"), gap: 5),
    .init(name: "née/ü", data: bytes("hello"), flags: 1 << 11),
    .init(name: "no checksum", data: bytes("hello"), checksum: 0),
  ]

  @Test(arguments: [false, true])
  func readsMembersOfEveryKind(hasZip64End: Bool) throws {
    var builder = ZipBuilder(Self.kinds)
    builder.hasZip64End = hasZip64End
    builder.comment = bytes("a comment with PK", 5, 6, " in it")
    let archive = try ZipArchive(parsing: builder.source)
    #expect(archive.members.map(\.name) == Self.kinds.map(\.name))
    #expect(archive.warnings.isEmpty)
    for kind in Self.kinds {
      let member = try #require(archive[kind.name])
      #expect(try archive.contents(of: member).array == kind.data)
      #expect(throws: Never.self) { try archive.contents(of: member, isVerified: true) }
    }
    #expect(archive["Stored"] == nil)
  }

  @Test func storedDataIsNotCopied() throws {
    let source = try ZipBuilder(Self.kinds).source
    let archive = try ZipArchive(parsing: source)
    let stored = try archive.contents(of: #require(archive["stored"]))
    #expect(stored.source === source)
    #expect(stored.range.lowerBound == 36)
    let deflated = try archive.contents(of: #require(archive["deflated"]))
    #expect(deflated.source !== source)
  }

  @Test func namesAreHarmlessButReported() throws {
    let names = ["/etc/passwd", "../up", "a/../b", "C:\\x", "..\\x", "a..b", "a/b"]
    let archive = try ZipArchive(parsing: ZipBuilder(names.map { .init(name: $0) }).source)
    #expect(archive.members.map(\.name) == names)
    let reported = archive.warnings.map { $0.fault as? ZipFault }
    #expect(reported == names.prefix(5).map { .unsafeName($0) })
  }

  @Test func trailingBytesAreReported() throws {
    var builder = ZipBuilder(Self.kinds)
    builder.trailing = bytes("junk")
    let archive = try ZipArchive(parsing: builder.source)
    #expect(archive.warnings.map { $0.fault as? ZipFault } == [.trailingBytes(4)])
    #expect(archive.members.count == Self.kinds.count)
  }

  @Test func checksumsAreComparedOnDemand() throws {
    var member = ZipBuilder.Member(name: "m", data: bytes("hello"), checksum: 1)
    let stored = try ZipArchive(parsing: ZipBuilder([member]).source)
    let first = try #require(stored["m"])
    #expect(throws: Never.self) { try stored.contents(of: first) }
    let error = try #require(throws: FormatError.self) {
      try stored.contents(of: first, isVerified: true)
    }
    #expect(error.fault as? ZipFault == .wrongChecksum(member: "m"))
    #expect(error.offset == 31)
    // What is decompressed passes by anyway.
    member.isDeflated = true
    let deflated = try ZipArchive(parsing: ZipBuilder([member]).source)
    #expect(throws: FormatError.self) { try deflated.contents(of: #require(deflated["m"])) }
  }

  @Test func theFirstNameIsFoundWithoutADirectory() throws {
    let whole = try ZipBuilder(Self.kinds).build()
    #expect(ZipArchive.firstName(in: try SharedBytes.copying(Array(whole.prefix(40)))) == "stored")
    #expect(ZipArchive.firstName(in: try SharedBytes.copying(Array(whole.prefix(35)))) == nil)
    #expect(ZipArchive.firstName(in: try SharedBytes.copying(bytes("PK"))) == nil)
  }
}
