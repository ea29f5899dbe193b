import BallastBytes
import BallastInspection
import Testing

/// What cannot be read whole, as every reader would read it, is not clean; what can be is looked at.
@Suite struct UnreadableMemberTests: ScanSuite {
  /// A zip archive of one member whose sizes are what both directories announce.
  private func archive(
    _ data: [UInt8],
    name: String = "m/data.pkl",
    method: Int,
    compressed: Int,
    size: Int
  ) -> [UInt8] {
    var bytes = zip([(name, data)], method: method)
    let directory = bytes.count - 22 - 46 - name.utf8.count
    for place in [18, directory + 20] {
      bytes.replaceSubrange(place..<place + 4, with: littleEndian(compressed, 4))
      bytes.replaceSubrange(place + 4..<place + 8, with: littleEndian(size, 4))
    }
    return bytes
  }

  /// A zip archive of deflated members, with the number of bytes that each is announced with.
  private func deflated(_ members: [(name: String, data: [UInt8], size: Int)]) -> [UInt8] {
    var bytes = zip(members.map { ($0.name, $0.data) }, method: 8)
    var header = 0
    var entry = members.reduce(0) { $0 + 30 + $1.name.utf8.count + $1.data.count }
    for (name, data, size) in members {
      bytes.replaceSubrange(header + 22..<header + 26, with: littleEndian(size, 4))
      bytes.replaceSubrange(entry + 24..<entry + 28, with: littleEndian(size, 4))
      header += 30 + name.utf8.count + data.count
      entry += 46 + name.utf8.count
    }
    return bytes
  }

  /// A block of deflate that is not compressed, and not the last one.
  private func block(_ data: [UInt8], isLast: Bool = false) -> [UInt8] {
    let length = littleEndian(data.count, 2)
    return [isLast ? 1 : 0] + length + length.map { ~$0 } + data
  }

  @Test(arguments: [(1, 23), (23, 1), (2, 23), (0, 23)])
  func aStoredMemberWithTwoSizes(compressed: Int, size: Int) throws {
    for behind in [[], [0xFF] as [UInt8]] {
      let bytes = archive(Self.payload2, method: 0, compressed: compressed, size: size) + behind
      // The member reaches into the directory, or further than its own data, for some reader.
      try expectPayload(in: bytes)
      let clean = [0x80, 2, 0x4E, 0x2E] + [UInt8](repeating: 0, count: 19)
      let result = try scan(
        archive(clean, method: 0, compressed: compressed, size: size) + behind
      )
      #expect(result.findings.isEmpty && !result.unreadable.isEmpty)
    }
  }

  @Test func aStoredMemberWithTwoSizesBetweenOtherData() throws {
    let bytes = archive(Self.payload2, method: 0, compressed: 1, size: 23)
    let result = try scan([0x20, 0x20] + bytes + [0x20])
    #expect(result.findings.contains { $0.name == "os.system" })
    #expect(!result.unreadable.isEmpty)
  }

  @Test(
    arguments: [
      // An error where other decompressors read on, no end, bytes behind the end.
      ([7], 23), ([], 23), ([1, 0, 0, 0xFF, 0xFF, 9], 23),
      // Another length.
      ([1, 0, 0, 0xFF, 0xFF], 24), ([1, 0, 0, 0xFF, 0xFF], 3),
    ] as [([UInt8], Int)]
  )
  func aDeflatedMemberThatDoesNotEndAsItShould(rest: [UInt8], size: Int) throws {
    func member(_ data: [UInt8]) -> [UInt8] {
      let deflated = block(data) + rest
      return archive(deflated, method: 8, compressed: deflated.count, size: size)
    }
    try expectPayload(in: member(Self.payload2))
    let result = try scan(member([0x80, 2, 0x4E, 0x2E] + [UInt8](repeating: 0, count: 19)))
    #expect(result.findings.isEmpty && result.unreadable.count == 1)
    #expect(result.unreadable.first?.file == "m/data.pkl")
  }

  @Test func aDeflatedMemberWithNothingInItBeforeTheError() throws {
    let result = try scan(archive([7], method: 8, compressed: 1, size: 23))
    #expect(result.findings.isEmpty && result.unreadable.count == 1)
  }

  @Test func aLongMemberThatBreaksOff() throws {
    // Its first KiB may be a pickle, so all of it is decompressed.
    var data: [UInt8] = [0x80, 2]
    for _ in 0..<4000 { data += Array("N0".utf8) }
    let deflated = block(data) + [7]
    let result = try scan(
      archive(deflated, method: 8, compressed: deflated.count, size: data.count)
    )
    #expect(result.unreadable.contains { $0.description.contains("compressed data") })
  }

  @Test func whatEndsAsItShouldIsNotSaidTo() throws {
    for (data, size) in [
      (block(Self.empty, isLast: true), 4), (block(Self.empty) + [3, 0], 4), ([3, 0], 0), ([], 0),
    ] {
      let result = try scan(archive(data, method: 8, compressed: data.count, size: size))
      #expect(result.findings.isEmpty && result.unreadable.isEmpty)
    }
  }

  @Test func aSourceThatBreaksOffIsNotReadWhole() throws {
    // Nothing of its first KiB is a pickle, so that nobody else decompresses the rest.
    let lines = [UInt8](repeating: 0x0A, count: 2000)
    let files = [("m/constants.pkl", [0x80, 2, 0x4E, 0x2E]), ("m/version", [0x33])]
      .map { (name: $0.0, data: block($0.1, isLast: true), size: $0.1.count) }
    func scanned(_ rest: [UInt8]) throws -> PickleScan {
      try scan(deflated(files + [("m/code/a.py", block(lines) + rest, 2000)]))
    }
    let broken = try scanned([7])
    #expect(broken.findings.isEmpty && broken.unreadable.map(\.file) == ["m/code/a.py"])
    let whole = try scanned([3, 0])
    #expect(whole.findings.isEmpty && whole.unreadable.isEmpty)
  }

  @Test func aGzipFileThatBreaksOff() throws {
    let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0]
    let result = try scan(header + block(Self.empty))
    #expect(result.findings.isEmpty && result.unreadable.count == 1)
    try expectPayload(in: header + block(Self.payload2) + [7])
  }

  // MARK: - Formats that are not opened

  /// `payload2` as Python's lzma writes it, with its size and no dictionary in the header.
  private static let lzma: [UInt8] = [
    0x5D, 0x00, 0x00, 0x00, 0x00, 0x17, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x00,
    0x88, 0x03, 0xBC, 0x30, 0xBD, 0x34, 0xDE, 0x2F, 0x5E, 0x26, 0xD0, 0x69, 0xF3, 0x3F, 0x41, 0xA1,
    0x96, 0x92, 0xCA, 0xF9, 0xE9, 0x56, 0xFB, 0x12, 0xB2, 0xAB, 0xFF, 0xFF, 0xE1, 0xDC, 0x00, 0x00,
  ]

  private func expectUnopened(_ bytes: [UInt8]) throws {
    let result = try scan(bytes)
    #expect(result.findings.isEmpty)
    #expect(result.unreadable.contains { $0.description.contains("is not opened") })
  }

  @Test func lzmaWithoutADictionary() throws {
    try expectUnopened(Self.lzma)
    try expectUnopened(zip([("a", Self.lzma)]))
    // A mark ends it, or the end of the file.
    try expectUnopened(
      Array(Self.lzma[..<5]) + [UInt8](repeating: 0xFF, count: 8) + Self.lzma[13...]
    )
    try expectUnopened(Array(Self.lzma.prefix(40)))
    // Another size of a dictionary than any encoder writes is refused, and so are other bits.
    var other = Self.lzma
    other[1] = 5
    #expect(try scan(other).unreadable.isEmpty)
    other = Self.lzma
    other[14] = 0xC0
    #expect(try scan(other).unreadable.isEmpty)
  }

  @Test func lzmaBehindEmptyStreams() throws {
    for properties in [0, 0x5D] as [UInt8] {
      let empty = [properties] + [UInt8](repeating: 0, count: 17)
      try expectUnopened(empty + empty + Self.lzma)
      try expectUnopened(empty + [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0])
      #expect(try scan(empty + empty).unreadable.isEmpty)
    }
  }

  @Test func smallNumbersAreNoLZMA() throws {
    for numbers in [[1, 2, 3], [5, 7], [93, 0, 0, 0], [1 << 20, 1, 0, 0], [0, 0, 0, 1]] {
      let bytes = numbers.flatMap { littleEndian($0, 8) }
      #expect(try scan(bytes).unreadable.isEmpty)
      #expect(try scan(bytes + [UInt8](repeating: 0, count: 4000)).unreadable.isEmpty)
    }
  }

  @Test(arguments: ["0x1f", "1F", " +0x1f", "0X1_f\t", "-1", "", "\u{B}0x1f\r"])
  func theFormatOfOldJoblib(size: String) throws {
    let header = Array("ZF".utf8) + (Array(size.utf8) + [UInt8](repeating: 0x20, count: 19))[..<19]
    let stream: [UInt8] = [0x78, 0x9C, 0xCB, 0x48]
    try expectUnopened(header + stream)
    try expectUnopened(header + [0x20] + stream)
    #expect(try scan(header + [0x20, 0x20] + stream).unreadable.isEmpty)
  }

  @Test func wordsAreNoFormat() throws {
    for text in ["ZF is a text, and not a short one", "LZIP is a program", "ZF"] {
      #expect(try scan(Array(text.utf8)).unreadable.isEmpty)
    }
    try expectUnopened(Array("LZIP\u{1}\u{C}".utf8))
  }
}
