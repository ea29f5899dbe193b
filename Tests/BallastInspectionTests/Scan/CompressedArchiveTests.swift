import BallastBytes
import BallastInspection
import Testing

/// Archives that do not become smaller: in what they are compressed to they can be seen.
@Suite struct CompressedArchiveTests: ScanSuite {
  /// A gzip file of blocks that are stored.
  private func gzip(_ bytes: [UInt8], blocks: Int) -> [UInt8] {
    let size = (bytes.count + blocks - 1) / blocks
    var file: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0]
    for start in stride(from: 0, to: bytes.count, by: size) {
      let block = bytes[start..<min(start + size, bytes.count)]
      let count = littleEndian(block.count, 2)
      file += [start + size >= bytes.count ? 1 : 0] + count + count.map { ~$0 } + block
    }
    // The checksum is not looked at.
    return file + littleEndian(0, 4) + littleEndian(bytes.count, 4)
  }

  private let noise = [UInt8](repeating: 0xFF, count: 1500)

  // In 11 blocks a header of one stands in the end record, and nobody knows what readers take that for.
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12])
  func anArchiveIsReadOnce(blocks: Int) throws {
    let archive = zip([("a", noise), ("b", Self.empty), ("c", noise), ("d", noise)])
    let sound = try scan(gzip(archive, blocks: blocks))
    #expect(sound.findings.isEmpty && sound.unreadable.isEmpty)
    let payload = zip([("a", noise), ("b", Self.payload2), ("c", noise), ("d", noise)])
    let found = try scan(gzip(payload, blocks: blocks))
    #expect(Set(found.findings.map(\.name)) == ["os.system"])
    #expect(found.findings.contains { $0.file == "decompressed/b" })
  }

  /// A directory that leads to other members where it is compressed: here into the data of the first.
  @Test func anotherArchiveInTheCompressedBytes() throws {
    let data = Array("____".utf8) + member("a", Self.payload2) + noise
    // Seven blocks more than one make the directory lead 35 bytes further: past the header, a name
    // of one letter, and what stands in front of the other header.
    let archive = zip([("a", data)])
    let file = gzip(archive, blocks: 8)
    #expect(Array(file[15 + 35..<15 + 39]) == [0x50, 0x4B, 3, 4])
    try expectPayload(in: file)
    let harmless = zip([("a", Array("____".utf8) + member("a", Self.empty) + noise)])
    #expect(try !scan(gzip(harmless, blocks: 8)).unreadable.isEmpty)
    #expect(try scan(gzip(harmless, blocks: 7)).unreadable.isEmpty)
  }

  /// A record of ZIP64 in front of an end record that is the archive's: most readers take the directory from there.
  ///
  /// The last bytes of its locator are the header of a block, and of the archive.
  @Test func anotherDirectoryInTheCompressedBytes() throws {
    var archive = zip([("data.pkl", Self.empty)])
    let end = Array(archive.suffix(22))
    archive.removeLast(22)
    let entry = archive.count - 46 - 8
    archive[entry + 32] = 4  // a comment of four zeros
    let tail = [0, 0, 0, 0] + end.prefix(12) + [end[12] + 4] + end.dropFirst(13)
    #expect(try scan(archive + tail).unreadable.isEmpty)
    let first = gzip(archive, blocks: 1)
    let hidden = Array(zip([("data.pkl", Self.payload2)]).dropLast(22))
    let size = 46 + 8
    var record: [UInt8] = [0x50, 0x4B, 6, 6] + littleEndian(44, 8) + littleEndian(0, 12)
    record += littleEndian(1, 8) + littleEndian(1, 8) + littleEndian(size, 8)
    record += littleEndian(first.count + 12 + hidden.count - size, 8)
    let extra = hidden + record + [0x50, 0x4B, 6, 7] + littleEndian(0, 7)
    var file = first + [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 0] + littleEndian(extra.count, 2) + extra
    let count = littleEndian(tail.count, 2)
    file += [1] + count + count.map { ~$0 } + tail + littleEndian(0, 8)
    try expectPayload(in: file)
  }

  /// What is not the end of the same archive is looked at as it stands.
  @Test func anArchiveBehindACompressedOne() throws {
    let archive = zip([("a", noise), ("b", noise)])
    try expectPayload(in: gzip(archive, blocks: 3) + zip([("a", Self.payload2)]))
    let damaged = gzip(archive, blocks: 3) + zip([("a", Self.empty)]).map { $0 == 1 ? 9 : $0 }
    #expect(try !scan(damaged).unreadable.isEmpty)
  }
}
