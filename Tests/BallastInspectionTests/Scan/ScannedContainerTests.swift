import BallastBytes
import BallastInspection
import Testing

/// Pickles wherever they hide: in others, after others, in archives that are broken.
@Suite struct ScannedContainerTests: ScanSuite {
  @Test func unknownNamesDoNotCrowdOutADangerousOne() throws {
    let names = (0..<5000).flatMap { Array("cpackage\($0)\nb\n0".utf8) }
    let result = try scan([0x80, 2] + names + Array("N.".utf8) + Self.payload2)
    #expect(result.findings.contains { $0.name == "os.system" })
    #expect(result.findings.contains { $0.rule == "pickle.too-many-names" })
  }

  @Test func whatIsTooLongToReadIsAFinding() throws {
    let noise = [UInt8](repeating: UInt8(ascii: "N"), count: 1 << 20)
    // Values come and go, so that only their number is out of the ordinary.
    let pair = Array("N0".utf8)
    let endless = (0..<(1 << 23)).flatMap { _ in pair }
    for start in [[0x80, 2], []] as [[UInt8]] {
      let result = try scan(start + endless + Self.payload)
      #expect(result.findings.map(\.rule) == ["pickle.limit"])
    }
    #expect(try scan([0x80, 2] + noise + Array(".".utf8)).findings.isEmpty)
  }

  @Test func membersOfAZipArchive() throws {
    let place = try expectPayload(in: zip([("a/version", [0x33]), ("a/data.pkl", Self.payload2)]))
    #expect(place == "a/data.pkl")
  }

  @Test func aMemberOfAnyName() throws {
    try expectPayload(in: zip([("a/data.pkl", Self.empty), ("readme.txt", Self.payload)]))
  }

  @Test func aZipArchiveInAnother() throws {
    let inner = zip([("a/data.pkl", Self.payload2)])
    #expect(try expectPayload(in: zip([("inner", inner)])) == "inner/a/data.pkl")
  }

  @Test func aZipArchiveThatIsCutOff() throws {
    try expectPayload(in: Array(zip([("a/data.pkl", Self.payload2)]).dropLast(30)))
  }

  @Test func aZipArchiveThatSaysItIsEncrypted() throws {
    try expectPayload(in: zip([("a/data.pkl", Self.payload2)], flags: 1))
  }

  @Test func twoMembersOfOneName() throws {
    try expectPayload(in: zip([("a", Self.empty), ("a", Self.payload2)]))
  }

  @Test func aBrokenArchiveWithoutAPayloadIsUnreadable() throws {
    let scan = try scan(Array(zip([("a/data.pkl", Self.empty)]).dropLast(30)))
    #expect(scan.findings.isEmpty && scan.pickleCount == 1 && scan.unreadable.count == 1)
  }

  @Test func aPickleInFrontOfAZipArchive() throws {
    try expectPayload(in: Self.payload2 + zip([("a", Self.empty)]))
  }

  @Test func membersOfATarArchive() throws {
    #expect(try expectPayload(in: tar("pickle", Self.payload2)) == "pickle")
  }

  @Test(arguments: ["0o26", " 26 ", "2_6", "+26", "26\0777", "26 junk", "junk", "-1"])
  func membersOfATarArchiveWithOddSizes(size: String) throws {
    let data = Self.payload2
    #expect(data.count == 0o26 + 1)
    try expectPayload(in: tar("pickle", data, size: size))
    let member = tar("a", [0xFF], size: size).dropLast(1024)
    #expect(try expectPayload(in: member + tar("pickle", data)) == "pickle")
  }

  @Test func oddTarArchives() throws {
    try expectPayload(in: tar("pickle", Self.payload2, isSigned: true))
    let folder = tar("folder", [], size: "77777", kind: UInt8(ascii: "5")).dropLast(1024)
    try expectPayload(in: folder + tar("pickle", Self.payload2))
    let sized = tar("pax", Array("9 size=0\n".utf8), kind: UInt8(ascii: "x")).dropLast(1024)
    let skipped = tar("a", [], size: "77777").dropLast(1024)
    try expectPayload(in: sized + skipped + tar("pickle", Self.payload2))
    let sparse = try scan(tar("pickle", Self.empty, kind: UInt8(ascii: "S")))
    #expect(sparse.findings.isEmpty && sparse.unreadable.count == 1)
  }

  @Test func membersPastTheLimitAreAFinding() throws {
    var limits = ScanLimits.standard
    limits.members = 1
    for bytes in [
      zip([("a", Self.empty), ("b", Self.empty)]),
      Array(tar("a", Self.empty).dropLast(1024)) + tar("b", Self.empty),
    ] {
      let result = PickleScan(of: try SharedBytes.copying(bytes), limits: limits)
      #expect(result.findings.map(\.rule) == ["pickle.limit"])
      #expect(result.pickleCount == 1 && result.unreadable.isEmpty)
    }
  }

  @Test func whatIsStoredIsLookedAtHoweverLargeItIs() throws {
    var limits = ScanLimits.standard
    limits.memberBytes = 64
    let inner = zip([("a/data.pkl", Self.payload2), ("a/data/0", [UInt8](repeating: 0, count: 99))])
    for bytes in [zip([("model.pt", inner)]), tar("model.pt", inner)] {
      let result = PickleScan(of: try SharedBytes.copying(bytes), limits: limits)
      // The end of the archive within is looked for at the end of the file, too.
      #expect(Set(result.findings.map(\.name)) == ["os.system"])
      #expect(result.findings.contains { $0.file == "model.pt/a/data.pkl" })
    }
  }

  @Test(
    arguments: [
      [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0], [0x28, 0xB5, 0x2F, 0xFD, 0], [0x04, 0x22, 0x4D, 0x18],
      [0x42, 0x5A, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59],
      [0x5D, 0, 0, 0x80, 0] + [UInt8](repeating: 0xFF, count: 8) + [0],
    ] as [[UInt8]]
  )
  func whatIsNotOpenedIsSaid(bytes: [UInt8]) throws {
    for file in [bytes, zip([("a", bytes)]), tar("a", bytes)] {
      let result = try scan(file)
      #expect(result.findings.isEmpty && result.unreadable.count == 1)
    }
  }

  @Test func afterAnotherPickle() throws {
    try expectPayload(in: Self.empty + Self.payload2)
    try expectPayload(in: Self.empty + Self.payload)
  }

  @Test func afterOtherData() throws {
    try expectPayload(in: Self.empty + [UInt8](repeating: 0xEE, count: 5000) + Self.payload2)
  }

  @Test func inBytesOfAnotherPickle() throws {
    let nested = [0x80, 4, 0x43, UInt8(Self.payload2.count)] + Self.payload2 + [0x2E]
    #expect(try expectPayload(in: nested) == "nested at byte 4")
  }

  @Test func inTextOfAnotherPickle() throws {
    // Protocol 2 writes bytes as text that is Latin-1, so 0x80 takes two bytes.
    let text = [0xC2] + Self.payload2
    try expectPayload(in: [0x80, 2, 0x58] + littleEndian(text.count, 4) + text + [0x2E])
  }

  @Test func inTorchsOwnNestedFiles() throws {
    let load = Array("ctorch.storage\n_load_from_bytes\n".utf8)
    func loading(_ bytes: [UInt8]) -> [UInt8] {
      [0x80, 3] + load + [0x43, UInt8(bytes.count)] + bytes + [0x85, 0x52, 0x2E]
    }
    try expectPayload(in: loading(Self.payload2))
    #expect(try scan(loading(Self.empty)).findings.isEmpty)
    let handedOn = [0x80, 3] + load + [0x2E]
    #expect(try scan(handedOn).findings.map(\.rule) == ["pickle.computed-file"])
  }

  @Test(arguments: [#"'|O'"#, #"'|\x4f'"#, "'object'", "[('a', '|O')]", "'i4,O'", "'|' 'O'"])
  func inAnArrayOfObjects(description: String) throws {
    try expectPayload(in: array(description) + Self.payload2)
    try expectPayload(in: array(description, version: 2, padding: 70000) + Self.payload)
  }

  @Test func numbersAreNoPickle() throws {
    let numbers = array("'|u1'") + [1]
    #expect(try scan(array("'<c16'") + Array(Self.payload2.prefix(16))).pickleCount == 0)
    try expectPayload(in: numbers + array("'|O'") + Self.payload2)
  }

  @Test func nestingIsBounded() throws {
    var bytes = Self.empty
    for _ in 0..<40 {
      bytes = [0x80, 4, 0x42] + littleEndian(bytes.count, 4) + bytes + [0x2E]
    }
    #expect(try scan(bytes).findings.map(\.rule) == ["pickle.nesting"])
  }

  /// An open file stands there when the last member was read.
  @Test func aPickleInFrontOfTheDirectory() throws {
    let whole = zip([("a", Self.empty)])
    let start = member("a", Self.empty).count
    var end = Array(whole.suffix(22))
    end.replaceSubrange(16..<20, with: littleEndian(start + Self.payload.count, 4))
    let directory = whole[start..<whole.count - 22]
    try expectPayload(in: Array(whole[..<start]) + Self.payload + directory + end)
    end.replaceSubrange(16..<20, with: littleEndian(start + 8, 4))
    let zeros = [UInt8](repeating: 0, count: 8)
    let padded = try scan(Array(whole[..<start]) + zeros + directory + end)
    #expect(padded.findings.isEmpty && padded.unreadable.isEmpty && padded.pickleCount == 1)
  }
}
