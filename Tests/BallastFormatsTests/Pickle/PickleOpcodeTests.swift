import BallastBytes
import BallastFormats
import Testing

/// Every opcode by hand, and what it stands for.
@Suite struct PickleOpcodeTests {
  /// Pickles, and what they hold.
  static let samples: [(pickle: [UInt8], value: String)] = [
    // Numbers and constants
    (bytes("N."), "None"),
    (bytes(0x88, "."), "True"),
    (bytes(0x89, "."), "False"),
    (bytes("I01\n."), "True"),
    (bytes("I00\n."), "False"),
    (bytes("I1\n."), "1"),
    (bytes("I-7\n."), "-7"),
    (bytes("I9223372036854775808\n."), "9223372036854775808"),
    (bytes("J", 0xFE, 0xFF, 0xFF, 0xFF, "."), "-2"),
    (bytes("K", 255, "."), "255"),
    (bytes("M", 0x34, 0x12, "."), "4660"),
    (bytes("L12L\n."), "12"),
    (bytes("L-12\n."), "-12"),
    (bytes("L-99999999999999999999L\n."), "-99999999999999999999"),
    (bytes(0x8A, 0, "."), "0"),
    (bytes(0x8A, 1, 0x80, "."), "-128"),
    (bytes(0x8A, 2, 0xFF, 0x00, "."), "255"),
    (bytes(0x8A, 8, [UInt8](repeating: 0xFF, count: 7), 0x7F, "."), "9223372036854775807"),
    (bytes(0x8A, 9, [UInt8](repeating: 0, count: 8), 1, "."), "18446744073709551616"),
    (bytes(0x8A, 9, [UInt8](repeating: 0, count: 8), 0x80, "."), "-2361183241434822606848"),
    (bytes(0x8A, 9, 1, [UInt8](repeating: 0xFF, count: 7), 0xFE, "."), "-18446744073709551871"),
    (bytes(0x8B, 2, 0, 0, 0, 0x01, 0x80, "."), "-32767"),
    (bytes("F1.5\n."), "1.5"),
    (bytes("F-inf\n."), "-inf"),
    (bytes("Fnan\n."), "nan"),
    (bytes("G", 0x3F, 0xF8, 0, 0, 0, 0, 0, 0, "."), "1.5"),
    // Text and bytes
    (bytes("S'ab'\n."), "'ab'"),
    (bytes("S\"it's\"\n."), "'it's'"),
    (bytes(#"S'a\\\n\t\'\x41\101\x'"#, "\n."), "'a\\\n\t'AA\\x'"),
    (bytes("S'\\xe9'\n."), "'é'"),
    (bytes("S''\n."), "''"),
    (bytes("T", 2, 0, 0, 0, "ab."), "'ab'"),
    (bytes("U", 2, "ab."), "'ab'"),
    (bytes("U", 2, 0xC3, 0xA9, "."), "'é'"),
    (bytes("U", 1, 0xE9, "."), "'é'"),
    (bytes(#"Va\u00e9\U0001f600\q"#, 0xE9, "\n."), "'aé😀\\qé'"),
    (bytes(#"V\ud83d\ude00"#, "\n."), #"'\ud83d\ude00'"#),
    (bytes("X", 2, 0, 0, 0, 0xC3, 0xA9, "."), "'é'"),
    (bytes("X", 3, 0, 0, 0, 0xED, 0xA0, 0x80, "."), #"'\ud800'"#),
    (bytes(#"Va\ud800\udfffb\udfff"#, "\n."), #"'a\ud800\udfffb\udfff'"#),
    (bytes(0x8C, 2, "ab."), "'ab'"),
    (bytes(0x8D, 2, 0, 0, 0, 0, 0, 0, 0, "ab."), "'ab'"),
    (bytes("B", 2, 0, 0, 0, 1, 2, "."), "b(1 2)"),
    (bytes("C", 2, 1, 2, "."), "b(1 2)"),
    (bytes(0x8E, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2, "."), "b(1 2)"),
    (bytes(0x96, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2, "."), "bytearray(1 2)"),
    // Containers
    (bytes("]."), "[]"),
    (bytes("]K", 1, "a."), "[1]"),
    (bytes("](K", 1, "K", 2, "e."), "[1, 2]"),
    (bytes("(K", 1, "K", 2, "l."), "[1, 2]"),
    (bytes(")."), "()"),
    (bytes("(K", 1, "K", 2, "t."), "(1, 2)"),
    (bytes("N", 0x85, "."), "(None)"),
    (bytes("K", 1, "K", 2, 0x86, "."), "(1, 2)"),
    (bytes("K", 1, "K", 2, "K", 3, 0x87, "."), "(1, 2, 3)"),
    (bytes("}."), "{}"),
    (bytes("(K", 1, "K", 2, "d."), "{1: 2}"),
    (bytes("}K", 1, "K", 2, "s."), "{1: 2}"),
    (bytes("}(K", 1, "K", 2, "K", 3, "K", 4, "u."), "{1: 2, 3: 4}"),
    (bytes(0x8F, "."), "{}"),
    (bytes(0x8F, "(K", 1, "K", 2, 0x90, "."), "{1, 2}"),
    (bytes("(K", 1, 0x91, "."), "frozenset{1}"),
    // The stack and the memo
    (bytes("K", 1, "K", 2, "0."), "1"),
    (bytes("K", 1, "(0."), "1"),
    (bytes("K", 1, "2", 0x86, "."), "(1, 1)"),
    (bytes("K", 1, "(K", 2, "K", 3, "1."), "1"),
    (bytes("K", 1, "p5\n0g5\n."), "1"),
    (bytes("K", 1, "q", 7, "0h", 7, "."), "1"),
    (bytes("K", 1, "r", 1, 0, 0, 1, "0j", 1, 0, 0, 1, "."), "1"),
    (bytes("K", 1, 0x94, "K", 2, 0x94, "h", 0, "h", 1, "(t00h", 1, "."), "2"),
    // Globals and calls
    (bytes("cos\nsystem\n."), "os.system"),
    (bytes(0x8C, 2, "os", 0x8C, 6, "system", 0x93, "."), "os.system"),
    (bytes("ca\nb\n)R", "cc\nd\n)R", 0x93, "."), "?"),
    (bytes(0x82, 5, "."), "ext(5)"),
    (bytes(0x83, 1, 1, "."), "ext(257)"),
    (bytes(0x84, 0, 0, 1, 0, "."), "ext(65536)"),
    (bytes("cos\nsystem\n(S'ls'\ntR."), "os.system('ls')"),
    (bytes("ca\nB\n)", 0x81, "."), "a.B.__new__()"),
    (bytes("ca\nB\nN", 0x85, "}S'k'\nK", 1, "s", 0x92, "."), "a.B.__new__(None)**{'k': 1}"),
    (bytes("(K", 1, "ia\nB\n."), "a.B.instance(1)"),
    (bytes("(ca\nB\nK", 1, "o."), "a.B.instance(1)"),
    (bytes("ca\nB\n)R}b."), "a.B()<-{}"),
    (bytes("ca\nB\n)RK", 1, "a(K", 2, "K", 3, "e."), "a.B()+[1, 2, 3]"),
    (bytes("ca\nB\n)RK", 1, "K", 2, "s."), "a.B()+{1: 2}"),
    (bytes("Pkey\n."), "pid('key')"),
    (bytes("K", 1, "Q."), "pid(1)"),
    // The stream
    (bytes(0x80, 5, "N."), "None"),
    (bytes(0x95, 2, 0, 0, 0, 0, 0, 0, 0, "N."), "None"),
  ]

  @Test(arguments: samples)
  func decodes(sample: (pickle: [UInt8], value: String)) throws {
    #expect(try printed(sample.pickle) == sample.value)
  }

  @Test func eachOpcodeHasItsSample() throws {
    var seen: Set<PickleOpcode> = [.nextBuffer, .readonlyBuffer]  // always refused
    for sample in Self.samples { seen.formUnion(try Self.opcodes(of: sample.pickle)) }
    #expect(PickleOpcode.allCases.filter { !seen.contains($0) } == [])
    #expect(PickleOpcode.allCases.count == 68)
  }

  /// The opcodes that are run: a machine that may run only so many stops at each in turn.
  private static func opcodes(of pickle: [UInt8]) throws -> [PickleOpcode] {
    var opcodes: [PickleOpcode] = []
    while true {
      var limits = PickleLimits()
      limits.opcodes = opcodes.count + 1
      var machine = PickleMachine(
        try SharedBytes.copying(pickle),
        range: 0..<pickle.count,
        limits: limits
      )
      do {
        try machine.run()
        return opcodes + [.stop]
      } catch {
        let offset = try #require(error.offset)
        opcodes.append(try #require(PickleOpcode(rawValue: pickle[offset])))
      }
    }
  }

  @Test func opcodesAreNamedAsInPickletools() {
    #expect(PickleOpcode.shortBinbytes.name == "SHORT_BINBYTES")
    #expect(PickleOpcode.newobjEx.name == "NEWOBJ_EX")
    #expect(PickleOpcode.binunicode8.name == "BINUNICODE8")
    #expect(PickleOpcode.int.name == "INT")
  }

  @Test func stopsAtStop() throws {
    let decoded = try machine(bytes("N.garbage"))
    #expect(decoded.position == 2)
  }

  @Test func stackedPicklesFollowOneAnother() throws {
    let source = try SharedBytes.copying(bytes("K", 1, ".K", 2, "."))
    var first = PickleMachine(source, range: 0..<source.count)
    try first.run()
    var second = PickleMachine(source, range: first.position..<source.count)
    try second.run()
    #expect(first.graph.root == .integer(1))
    #expect(second.graph.root == .integer(2))
    #expect(second.position == 6)
  }

  @Test func recordsWhatWouldBeDone() throws {
    let pickle = bytes("cos\nsystem\n(S'ls'\ntR0csys\npath\nK", 1, "aNb.")
    let events = try machine(pickle, recordsEvents: true).graph.events
    #expect(events.map(\.opcode) == [.global, .reduce, .global, .append, .build])
    #expect(events.map(\.offset) == [0, 19, 21, 33, 35])
    #expect(try machine(pickle).graph.events.isEmpty)
  }

  @Test func keepsWhatWasDoneBeforeAFault() throws {
    let pickle = bytes("cos\nsystem\n(S'ls'\ntR", 0xFF)
    let source = try SharedBytes.copying(pickle)
    var machine = PickleMachine(source, range: 0..<pickle.count, recordsEvents: true)
    #expect(throws: FormatError.self) { try machine.run() }
    #expect(machine.graph.events.count == 2)
    #expect(machine.graph.root == nil)
  }
}
