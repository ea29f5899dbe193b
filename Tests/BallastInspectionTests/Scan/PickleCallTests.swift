import BallastBytes
import BallastInspection
import Testing

/// Calls that are shown, and what Python would refuse to call.
@Suite struct PickleCallTests: PickleSuite {
  // MARK: - Several calls

  /// A harmless first call hides none that follow.
  @Test func eachCallThatDiffersIsShown() throws {
    func found(_ commands: [String]) throws -> (arguments: [String?], leftOut: Int) {
      var bytes: [UInt8] = [0x80, 4]
      for command in commands {
        bytes += Self.call(Self.name("os", "system"), Self.text(command)) + [0x30]
      }
      let scan = PickleScan(of: try SharedBytes.copying(bytes + [0x4E, 0x2E]))
      #expect(scan.findings.allSatisfy { $0.name == "os.system" && $0.opcode == "REDUCE" })
      #expect(Set(scan.findings.map(\.offset)).count == scan.findings.count)
      return (scan.findings.map(\.arguments), scan.omittedCount)
    }
    #expect(
      try found(["echo harmless", "rm -rf ~", "echo harmless"])
        == (["(\"echo harmless\")", "(\"rm -rf ~\")"], 0)
    )
    let many = try found((0..<20).map { "\($0)" })
    #expect(many.arguments == (0..<8).map { "(\"\($0)\")" } && many.leftOut == 12)
    // "é" as one scalar and as two.
    #expect(try found(["\u{E9}", "e\u{301}"]).arguments.count == 2)
  }

  /// However often one name is called, the first call of another is shown.
  @Test func manyCallsTakeNothingFromOthers() throws {
    let same = Self.call(Self.name("os", "system"), Self.text("a")) + [0x30]
    let last = Self.call(Self.name("os", "popen"), Self.text("rm -rf ~"))
    let calls = (0..<10_000).flatMap { _ in same }
    let scan = PickleScan(of: try SharedBytes.copying([0x80, 4] + calls + last + [0x2E]))
    #expect(scan.findings.map(\.arguments) == ["(\"a\")", "(\"rm -rf ~\")"])
  }

  // MARK: - What Python refuses

  static let uncallable: [[UInt8]] = [
    text("f"), bytes([1]), none, yes, int(1), tuple(int(1)), [0x5D], [0x7D],
  ]

  /// What every Python should fail at is found all the same: what follows would not be, where one does not.
  @Test(arguments: uncallable)
  func whatCannotBeCalledIsNoted(callee: [UInt8]) throws {
    #expect(try rules(Self.call(callee, Self.none)).contains("computed-call"))
  }

  @Test(arguments: uncallable.dropFirst())
  func whatIsNoTextIsNoName(part: [UInt8]) throws {
    let stackGlobal: [UInt8] = [0x93]
    #expect(try rules(part + Self.text("f") + stackGlobal).contains("computed-name"))
    #expect(try rules(Self.text("f") + part + stackGlobal).contains("computed-name"))
  }

  /// Bytes that only look like a pickle are not held to it.
  @Test(arguments: uncallable)
  func bytesThatCallNothingAreNoPickle(callee: [UInt8]) throws {
    let nested = Self.bytes(Self.call(callee, Self.none) + [0x2E])
    #expect(try rules([0x7D] + Self.text("a") + nested + Self.setItem) == [])
  }

  /// Whoever loads on goes on behind the frame: what scan reads next is not what Python does.
  @Test func aFrameThatGoesOnBehindTheEndIsNoted() throws {
    func frame(_ count: Int) -> [UInt8] { [0x95, UInt8(count)] + [UInt8](repeating: 0, count: 7) }
    #expect(try rules(frame(9) + Self.none + [0x2E] + Array("~~~~~~~".utf8)).contains("odd-frame"))
    #expect(try rules(frame(2) + Self.none) == [])
  }

  @Test func anIdThatIsTooLongToBeKeptIsNoted() throws {
    let many = [UInt8](repeating: 0x4E, count: 64)
    let id = Self.tuple(Self.text("module"), Self.name("os", "system"), many) + [0x51]
    #expect(try rules(id).isSuperset(of: ["computed-call", "standard-library"]))
  }

  /// One opcode has many values to look at, and each costs what its text is long.
  @Test func whatManyKeysCostIsBounded() throws {
    let key: [UInt8] = [0x54, 0, 0, 0x10, 0] + [UInt8](repeating: 0xFF, count: 1 << 20)
    let pairs = (0..<2000).flatMap { _ -> [UInt8] in [0x68, 0] + Self.none }
    let scan = try rules(key + [0x71, 0, 0x30, 0x7D, 0x28] + pairs + [0x75])
    #expect(scan == ["limit"])
  }

  /// A name is not read twice where it is longer than one may be.
  @Test func longNamesAreNotKept() throws {
    let text = [UInt8](repeating: 0x61, count: 1 << 20)
    let module: [UInt8] = [0x54, 0, 0, 0x10, 0] + text + [0x71, 0, 0x30]
    let names = (0..<50).flatMap { index -> [UInt8] in
      [0x68, 0, 0x55, 3, 0xFF, 0x61, UInt8(0x61 + index % 26), 0x93, 0x30]
    }
    let bytes = try SharedBytes.copying([0x80, 4] + module + names + Self.none + [0x2E])
    let findings = PickleScan(of: bytes).findings
    #expect(findings.contains { $0.rule == "pickle.long-name" })
    #expect(findings.allSatisfy { ($0.name?.utf8.count ?? 0) < 100 })
  }
}
