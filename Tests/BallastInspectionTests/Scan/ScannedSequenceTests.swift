import BallastBytes
import BallastInspection
import Testing

/// Pickles behind raw bytes, where somebody who loads from the file comes to them.
@Suite struct ScannedSequenceTests: ScanSuite {
  /// A pickle that ends, and whose bytes hold what follows it.
  private func decoy(hiding bytes: [UInt8]) -> [UInt8] {
    let head = [0x80, 2] + Array("ccollections\nOrderedDict\n)R0B".utf8)
    return head + littleEndian(1 + bytes.count, 4) + Array("x".utf8) + bytes + Array("0N.".utf8)
  }

  /// A member as torch wrote it in 2016, with one storage of bytes.
  private func storages(_ raw: [UInt8], _ next: [UInt8]) -> [UInt8] {
    let description =
      [0x80, 2] + Array("K\0X\u{3}\0\0\0cpuctorch\nByteStorage\n".utf8) + [0x87, 0x2E]
    return [0x80, 2, 0x4B, 1, 0x2E] + description + littleEndian(raw.count, 8) + raw + next
  }

  /// A legacy file of torch with one storage of bytes.
  private func legacy(_ raw: [UInt8]) -> [UInt8] {
    let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    var bytes: [UInt8] = [0x80, 2, 0x8A, 10] + magic + [0x2E, 0x80, 2, 0x4D, 0xE9, 3, 0x2E]
    bytes +=
      [0x80, 2, 0x7D, 0x2E, 0x80, 2] + Array("(X\u{7}\0\0\0storagectorch\nByteStorage\n".utf8)
    bytes += Array("X\u{1}\0\0\00X\u{3}\0\0\0cpuJ".utf8) + littleEndian(raw.count, 4)
    bytes += Array("NtQ.".utf8) + [0x80, 2] + Array("]X\u{1}\0\0\00a.".utf8)
    return bytes + littleEndian(raw.count, 8) + raw
  }

  @Test func behindTheStoragesOfATarArchive() throws {
    let raw = [UInt8](repeating: 0xFF, count: 40)
    try expectPayload(in: tar("storages", storages(raw, Self.payload)))
    try expectPayload(in: tar("storages", storages(raw, Self.payload2)))
    // A pickle of protocol 0 that has its text before its import.
    let early = Array("S'\(String(repeating: "x", count: 200))'\np0\n0(g0\nios\nsystem\n.".utf8)
    try expectPayload(in: tar("storages", storages(raw, early)))
    let benign = try scan(tar("storages", storages(raw, Self.empty)))
    #expect(benign.findings.isEmpty && benign.unreadable.isEmpty && benign.pickleCount == 3)
  }

  /// torch multiplies without a look at the highest bits.
  @Test(arguments: [2, 4, 8, 16], [1, 3])
  func behindStoragesWhoseSizeOverflows(elementSize: Int, factor: UInt64) throws {
    let raw = [UInt8](repeating: 0xFF, count: 32)
    let lost = factor &* (1 << (64 - elementSize.trailingZeroBitCount))
    let size = UInt64(raw.count / elementSize) &+ lost
    var member = storages(raw, Self.payload)
    let start = member.count - Self.payload.count - raw.count - 8
    member.replaceSubrange(start..<start + 8, with: littleEndian(Int(bitPattern: UInt(size)), 8))
    try expectPayload(in: tar("storages", member))
  }

  @Test func behindADecoyInATarArchive() throws {
    let raw = [UInt8](repeating: 0xFF, count: 40)
    let whole = decoy(hiding: Self.payload2)
    let head = whole.dropLast(Self.payload2.count + 3)
    try expectPayload(
      in: tar("storages", storages(raw + head, Array(whole.dropFirst(head.count))))
    )
  }

  @Test(arguments: [0x28_0280, 0x2E4E])
  func behindANumberThatLooksLikeAPickle(count: Int) throws {
    let raw = [UInt8](repeating: 0x61, count: count)
    try expectPayload(in: tar("storages", storages(raw, Self.payload2)))
    try expectPayload(in: tar("storages", storages(raw, Self.payload)))
    try expectPayload(in: legacy(raw) + Self.payload2)
    try expectPayload(in: legacy(raw) + Self.payload)
  }

  @Test func behindADecoyInALegacyFile() throws {
    let whole = decoy(hiding: Self.payload2)
    let head = Array(whole.dropLast(Self.payload2.count + 3))
    try expectPayload(in: legacy([0xFF, 0xFF] + head) + whole.dropFirst(head.count))
    let benign = try scan(legacy([1, 2, 3]) + legacy([4]))
    #expect(benign.findings.isEmpty && benign.unreadable.isEmpty && benign.pickleCount == 10)
  }

  @Test func storagesThatAreNotFollowedAreSaid() throws {
    let file = legacy([1, 2, 3])
    let cut = try scan(Array(file.dropLast(2)))
    #expect(cut.findings.isEmpty && cut.unreadable.count == 1)
  }

  @Test(
    arguments: [
      "'<U3'", "'|S12'", "'<M8[ns]'", "[('a', '<i4'), ('b', '<f8')]", "[('a', ('|S3', (2, 2)))]",
      "[(('t', 'n'), '|u1', (4,)), ('', '|V8')]", "'|V12'",
    ]
  )
  func behindAnArrayOfTextsOrStructures(description: String) throws {
    let size = description.contains("M8") ? 8 : 12
    // What looks like a pickle for a while.
    let elements: [UInt8] = Array(
      ([0x80, 2, 0x28, 0] + [UInt8](repeating: 0x4E, count: 8)).prefix(size)
    )
    let objects = array("'|O'")
    try expectPayload(in: array(description) + elements + objects + Self.payload)
    try expectPayload(in: array(description) + elements + Self.payload2)
    let numbers = try scan(array(description) + elements)
    #expect(numbers.pickleCount == 0 && numbers.unreadable.isEmpty)
  }

  @Test func behindAnArrayThatIsNotUnderstood() throws {
    let strange = array("'<f4,<i4'") + [UInt8](repeating: 0xFF, count: 8)
    try expectPayload(in: strange + array("'|O'") + Self.payload)
    try expectPayload(in: strange + Self.payload2)
    try expectPayload(in: strange + Self.payload)
    let short = Array("\u{5}posix".utf8) + [0x94, 0x8C] + Array("\u{6}system".utf8) + [0x94, 0x93]
    let call = [0x8C] + short + [0x8C, 2] + Array("id".utf8) + [0x85, 0x52, 0x2E]
    let findings = try scan(strange + [0xFF] + call).findings
    #expect(findings.contains { $0.name == "posix.system" })
  }

  /// Of a text with commas NumPy makes a structure, whatever it begins and ends with.
  @Test(arguments: ["'M8[ns],O,M8[ns]'", "[('a', 'm8[s],O,m8[s]')]"])
  func anObjectBetweenDates(description: String) throws {
    try expectPayload(in: array(description, shape: "(1000,)") + Self.payload)
    let dates = try scan(array("'<m8[7s]'") + [UInt8](repeating: 0x4E, count: 8))
    #expect(dates.pickleCount == 0 && dates.unreadable.isEmpty)
  }

  @Test func thatAnArrayIsNotUnderstoodIsSaid() throws {
    for description in ["'float32'", "'<f4' # a comment\n", "'i4,i4'"] {
      let strange = array(description) + [UInt8](repeating: 0xFF, count: 8)
      #expect(try scan(strange).unreadable.count == 1)
      #expect(try scan(tar("storages", strange)).unreadable.count == 1)
    }
    #expect(try scan(array("'|O'") + Self.empty).unreadable.isEmpty)
  }

  @Test func containersBehindElementsInATarArchive() throws {
    let raw = [UInt8](repeating: 0xFF, count: 40)
    let numbers = array("'|u1'", shape: "(3,)") + [1, 2, 3]
    for container in [tar("N.", Self.payload2), gzip(Self.payload2)] {
      for front in [storages(raw, []), numbers] {
        let findings = try scan(tar("storages", front + container)).findings
        // Not packed, it is come upon by a search as well.
        #expect(findings.contains { $0.file?.contains("behind byte \(front.count)") == true })
      }
    }
  }

  @Test func anArrayOfMoreBytesThanThereAreNumbers() throws {
    let size = array("'|u1'", shape: "(9223372036854775807,)")
    #expect(try scan(size + [1]).findings.isEmpty)
  }

  @Test func behindTheArraysOfJoblib() throws {
    let wrapper = "cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\u{81}}b".unicodeScalars.map {
      UInt8($0.value)
    }
    let array = [UInt8](repeating: 0xFF, count: 46)
    let found = try scan([0x80, 2] + wrapper + Array(".".utf8) + array + Self.payload)
    #expect(found.findings.contains { $0.name == "os.system" })
    for end in [0x2E, 0xFF] as [UInt8] {
      let benign = try scan([0x80, 2] + wrapper + [end] + array + Array("0N.".utf8))
      #expect(!benign.findings.contains { $0.severity == .dangerous })
      #expect(benign.unreadable.contains { $0.description.contains("joblib") })
    }
  }

  /// A gzip file of stored blocks, whose checksum is not looked at.
  private func gzip(_ bytes: [UInt8]) -> [UInt8] {
    let length = littleEndian(bytes.count, 2)
    return [0x1F, 0x8B, 8] + littleEndian(0, 7) + [1] + length + length.map { ~$0 } + bytes
      + littleEndian(0, 4) + littleEndian(bytes.count, 4)
  }

  @Test func behindAnArrayInAGzipFile() throws {
    let numbers = array("'|u1'", shape: "(2000,)") + [UInt8](repeating: 7, count: 2000)
    try expectPayload(in: gzip(numbers + array("'|O'") + Self.payload))
    try expectPayload(in: gzip(numbers + Self.payload))
    #expect(try scan(gzip(numbers)).pickleCount == 0)
    var limits = ScanLimits.standard
    limits.memberBytes = 1500
    let cut = PickleScan(of: try SharedBytes.copying(gzip(numbers)), limits: limits)
    #expect(cut.findings.isEmpty && cut.unreadable.count == 1)
  }

  @Test func aZipArchiveBehindAnEndRecordInAGzipFile() throws {
    let archive = zip([("a.npy", array("'|O'") + Self.payload)])
    // The letters are opcodes as well: it is come upon as a pickle, and as an array in an archive.
    let found = try scan(gzip([0x50, 0x4B, 5, 6] + archive)).findings
    #expect(found.contains { $0.name == "os.system" && $0.file?.contains("a.npy") == true })
  }

  /// What stands in front of an archive may show at once that it is no pickle itself.
  @Test(arguments: ["import os\n", "N\u{7F}a", "\u{7F}ELF\u{2}\u{1}\u{1}"])
  func aZipArchiveBehindWhatIsSettledInAGzipFile(start: String) throws {
    let front = Array(start.utf8) + [UInt8](repeating: 0x61, count: 3000)
    let archive = zip([("a.pkl", Self.payload2)])
    let found = try scan(gzip(front + archive)).findings.filter { $0.name == "os.system" }
    #expect(found.count == 1 && found.first?.file?.contains("a.pkl") == true)
  }

  @Test func moreStreamsThanAreFollowedAreSaid() throws {
    let one = gzip([0x61])
    let many = (0..<1 << 16).flatMap { _ in one }
    #expect(try scan(many + gzip(Self.payload2)).findings.map(\.rule) == ["pickle.limit"])
  }

  // MARK: - What one unpickler keeps

  /// The texts of an import and its argument, kept in the memo.
  private static var texts: [UInt8] {
    [0x80, 4, 0x5D, 0x28]
      + Array("\u{8C}\u{2}os\u{94}\u{8C}\u{6}system\u{94}\u{8C}\u{2}id\u{94}e.".unicodeScalars)
      .map { UInt8($0.value) }
  }
  private static var call: [UInt8] {
    Array("h\0h\u{1}".utf8) + [0x93] + Array("h\u{2}".utf8) + [0x85, 0x52, 0x2E]
  }

  @Test func theMemoOfAnotherPickle() throws {
    try expectPayload(in: Self.texts + [0x80, 4] + Self.call)
    try expectPayload(in: Self.texts + Self.call)
    try expectPayload(in: Self.texts + Self.empty + Self.call)
    #expect(try scan(Self.texts + Self.empty).findings.isEmpty)
    // An unpickler that was made behind other pickles; by itself the last one makes an ordered dictionary.
    let front = [0x80, 4, 0x8C, 1, 0x78, 0x94, 0x2E] as [UInt8]
    var counted: [UInt8] = [0x80, 4]
    for word in ["collections", "OrderedDict", "x"] {
      counted += [0x8C, UInt8(word.utf8.count)] + Array(word.utf8) + [0x94]
    }
    counted += Array("h\0h\u{1}".utf8) + [0x93] + Array(")R.".utf8)
    for fronts in [front, front + front, front + array("'|u1'") + [7]] {
      try expectPayload(in: fronts + Self.texts + counted)
      try expectPayload(in: fronts + Self.texts + [0x80, 4] + Self.call)
    }
    // Nobody made such a memo.
    #expect(try scan(Self.empty + Self.call).findings.isEmpty)
  }

  @Test func whatStandsBehindAPickleInAnArchive() throws {
    try expectPayload(in: Self.empty + tar("m", Self.payload))
    try expectPayload(
      in: array("'<f8'") + [UInt8](repeating: 0xFF, count: 8) + tar("m", Self.payload)
    )
    let packed = try scan(Self.empty + Array("BZh91AY&SY".utf8))
    #expect(packed.findings.isEmpty && packed.unreadable.count == 1)
  }
}
