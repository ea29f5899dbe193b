import BallastBytes
import BallastInspection
import Testing

/// Tar archives in which readers find different headers.
@Suite struct ScannedTarTests: ScanSuite {
  private static var junk: [UInt8] { [UInt8](repeating: 0xFF, count: 512) }

  /// A header, and data in whole blocks.
  private func part(
    _ name: String,
    _ data: [UInt8] = [],
    size: String? = nil,
    kind: String = "0"
  )
    -> [UInt8]
  {
    tar(name, data, size: size, kind: kind.utf8.first ?? 0).dropLast(1024)
  }

  private func pax(size: Int, kind: String = "x") -> [UInt8] {
    // The length counts itself.
    let rest = " size=\(size)\n"
    return part("pax", Array("\(rest.utf8.count + 2)\(rest)".utf8), kind: kind)
  }

  /// A header that skips what follows it, within the archive and past its end.
  @Test(arguments: ["5000", "7777777"])
  func aHeaderInDataHidesNothing(reach: String) throws {
    let fake = part("fake", size: reach)
    let last = tar("pickle", Self.payload)
    for start in [
      pax(size: 1536) + part("a", size: "0"), pax(size: 1536) + part("a", size: "1000"),
      pax(size: 1024, kind: "g") + part("a", size: "3000"),
      pax(size: 1000) + part("a", size: "3000"),
      part("a", size: "3000", kind: "2"), part("a/", size: "3000", kind: "\0"),
    ] {
      for data in [Self.junk + fake + Self.junk, fake + Self.junk + Self.junk] {
        try expectPayload(in: start + data + last)
      }
    }
  }

  /// Python takes a member for a folder by the name in its header, whatever the long one is.
  @Test func theHeadersOwnNameMakesAFolder() throws {
    let named = part("././@LongLink", Array("y\0".utf8), kind: "L")
    let inner = tar("pickle", Self.payload)
    try expectPayload(in: named + part("x/", size: "1000", kind: "\0") + inner)
  }

  @Test(arguments: ["-3000", "\0\0\0\05000"])
  func aSizeThatReadersTakeForOthersIsSaid(size: String) throws {
    let result = try scan(part("a", size: size) + [UInt8](repeating: 0, count: 1024))
    #expect(result.findings.isEmpty && result.unreadable.count == 1)
  }

  @Test func aMemberTooLargeForItsHeader() throws {
    let content = [UInt8](repeating: 0xAB, count: 5000)
    let result = try scan(
      pax(size: 5000) + part("weights", content, size: "0") + tar("pickle", Self.empty)
    )
    #expect(result.findings.isEmpty && result.unreadable.isEmpty && result.pickleCount == 1)
  }

  /// torch extracts these members and opens what stands under their names then.
  @Test(arguments: ["1", "2", "3", "4", "6"])
  func aLinkInThePlaceOfWhatTorchStores(kind: String) throws {
    for name in ["storages", "tensors", "pickle"] {
      let found = try scan(part("a", Self.empty) + part(name, kind: kind)).findings
      #expect(found.map(\.rule) == ["tar.link"] && found.first?.offset == 1024)
    }
    let named = part("././@LongLink", Array("tensors\0".utf8), kind: "L")
    #expect(try scan(named + part("b", kind: kind)).findings.map(\.rule) == ["tar.link"])
    // Readers take the first of two names or the last, and a global one for all members behind it.
    let path = { (name: String, kind: String) in
      part("pax", Array("\(name.utf8.count + 9) path=\(name)\n".utf8), kind: kind)
    }
    for front in [
      path("storages", "x") + path("f", "x"), path("f", "x") + path("storages", "x"),
      path("storages", "g") + part("a", Self.empty),
    ] {
      #expect(try scan(front + part("b", kind: kind)).findings.map(\.rule) == ["tar.link"])
    }
    #expect(try scan(part("a", Self.empty) + part("latest", kind: kind)).findings.isEmpty)
    #expect(try scan(part("a", Self.empty) + part("run/tensors", kind: kind)).findings.isEmpty)
    #expect(try scan(part("a", Self.empty) + part("storages")).findings.isEmpty)
  }

  @Test func aPickleInTheLastBlockOfAMember() throws {
    let member = tar("pickle", Self.empty + Self.payload)
    // The same bytes, of which the header announces the first pickle.
    let short = tar("pickle", Self.empty).prefix(512)
    try expectPayload(in: Array(short) + member.dropFirst(512))
  }

  @Test func aScanOfManyHeadersEnds() throws {
    let name = "V" + String(repeating: "\\u0063", count: 10)
    let headers = (0..<1000).flatMap { _ in part(name) }
    var asked = 0
    _ = PickleScan(of: try SharedBytes.copying(headers + [10])) {
      asked += 1
      return asked > 1_000_000
    }
    #expect(asked < 1_000_000)
    let records = Array(String(repeating: "5 aaa", count: 20_000).utf8)
    #expect(try scan(part("pax", records, kind: "x")).unreadable.count == 1)
  }

  /// Behind a pickle only Python's tarfile reads on, and numbers that it refuses end it: pickles in a row have
  /// checksums by chance.
  @Test func whatPythonTakesForAHeaderBehindAPickle() throws {
    func odd(_ place: Int, _ text: String) -> [UInt8] {
      var bytes = tar("pickle", Self.payload)
      bytes.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
      bytes.replaceSubrange(148..<156, with: "        ".utf8)
      let sum = bytes.prefix(512).reduce(0) { $0 + Int($1) }
      bytes.replaceSubrange(148..<155, with: "0000000\(String(sum, radix: 8))".suffix(7).utf8)
      return bytes
    }
    for place in [100, 108, 116, 136, 329, 337] {
      try expectPayload(in: Self.empty + odd(place, "0o7_7"))
      try expectPayload(in: odd(place, "5 is~"))
      #expect(try scan(Self.empty + odd(place, "5 is~")).findings.isEmpty)
    }
  }
}
