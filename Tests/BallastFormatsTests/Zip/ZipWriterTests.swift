import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastTestSupport
import Testing

@Suite struct ZipWriterTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/a.zip"
  }

  private func write(
    _ members: [(name: String, data: [UInt8])],
    zip64Minimum: Int = 0xFFFF_FFFF
  ) throws -> ZipArchive {
    var writer = try ZipWriter(path: path, zip64Minimum: zip64Minimum)
    for (name, data) in members { try writer.add(name, data) }
    let count = try writer.finish()
    let source = try SharedBytes.mapping(path: path)
    #expect(count == source.count)
    return try ZipArchive(parsing: source)
  }

  private static let members: [(name: String, data: [UInt8])] = [
    ("a/data.pkl", Array(repeating: 7, count: 100)), ("empty", []), ("ü", [1]),
    (String(repeating: "n", count: 300), Array(0..<64)), ("last", [2, 3]),
  ]

  @Test(arguments: [0xFFFF_FFFF, 1000, 64, 1])
  func membersReadBackAlignedAndChecked(zip64Minimum: Int) throws {
    let archive = try write(Self.members, zip64Minimum: zip64Minimum)
    #expect(archive.warnings.isEmpty)
    #expect(archive.members.map(\.name) == Self.members.map(\.name))
    for (member, expected) in zip(archive.members, Self.members) {
      #expect(member.method == .stored)
      #expect(member.dataRange.lowerBound % 64 == 0)
      #expect((member.checksum == 0) == expected.data.isEmpty)
      let contents = try archive.contents(of: member, isVerified: true)
      #expect([UInt8](copying: contents.bytes) == expected.data)
    }
  }

  /// A header, a descriptor and the end of the archive, as torch 2.13 writes them.
  @Test func recordsAreTorchs() throws {
    _ = try write([("m/version", Array("3\n".utf8))])
    let file = try SharedBytes.contents(path: path)
    let header: [UInt8] =
      [0x50, 0x4B, 3, 4, 0, 0, 8, 8] + [UInt8](repeating: 0, count: 18) + [9, 0, 25, 0]
      + Array("m/versionFB".utf8) + [21, 0] + [UInt8](repeating: 0x5A, count: 21)
    #expect(Array(file.prefix(64)) == header)
    #expect(
      Array(file[64..<82])
        == [0x33, 0x0A, 0x50, 0x4B, 7, 8, 0xD1, 0x9E, 0x67, 0x55, 2, 0, 0, 0, 2, 0, 0, 0]
    )
    let directory: [UInt8] =
      [0x50, 0x4B, 1, 2, 0, 0, 0, 0, 8, 8, 0, 0, 0, 0, 0, 0, 0xD1, 0x9E, 0x67, 0x55, 2, 0, 0, 0]
      + [2, 0, 0, 0, 9] + [UInt8](repeating: 0, count: 17) + Array("m/version".utf8)
    let end: [UInt8] =
      [0x50, 0x4B, 6, 6, 0x2C, 0, 0, 0, 0, 0, 0, 0, 0x1E, 3, 0x2D] + [UInt8](repeating: 0, count: 9)
      + [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 55, 0, 0, 0, 0, 0, 0, 0]
      + [82, 0, 0, 0, 0, 0, 0, 0]
      + [0x50, 0x4B, 6, 7, 0, 0, 0, 0, 137, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]
      + [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, 55, 0, 0, 0, 82, 0, 0, 0, 0, 0]
    #expect(Array(file[82...]) == directory + end)
  }

  @Test func anArchiveWithoutMembers() throws {
    #expect(try write([]).members.isEmpty)
  }

  @Test func namesThatReadersWouldNotTakeAreRefused() throws {
    #expect(
      Failure { try write([("a", [1]), ("a", [2])]) } == Failure(ZipFault.duplicateName("a"))
    )
    for name in ["", "a\0b", String(repeating: "é", count: 40_000)] {
      #expect(Failure { try write([(name, [1])]) } == Failure(ZipFault.unwritableName(name)))
    }
    #expect(try folder.contents.isEmpty)
  }

  @Test func namesAreBytes() throws {
    let archive = try write([("\u{E9}", [1]), ("e\u{301}", [2])])
    #expect(archive.members.map(\.byteCount) == [1, 1])
  }

  /// More members than the old end record can count.
  @Test func moreThan65535Members() throws {
    let archive = try write((0..<65_537).map { ("\($0)", []) })
    #expect(archive.members.count == 65_537)
    #expect(archive.members.last?.name == "65536")
  }
}
