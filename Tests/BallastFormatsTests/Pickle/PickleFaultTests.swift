import BallastBytes
import BallastFormats
import Testing

/// A fault and its offset for each way in which a pickle can be wrong.
@Suite struct PickleFaultTests {
  static let samples: [(pickle: [UInt8], fault: PickleFault, offset: Int)] = [
    (bytes("N", 0xFF, "."), .unknownOpcode(0xFF), 1),
    (bytes(0x80, 6, "N."), .unsupportedProtocol(6), 0),
    (bytes("."), .stackUnderflow(opcode: "STOP"), 0),
    (bytes("NR."), .stackUnderflow(opcode: "REDUCE"), 1),
    (bytes("N(0", 0x86, "."), .stackUnderflow(opcode: "TUPLE2"), 3),
    (bytes("N(a."), .stackUnderflow(opcode: "APPEND"), 2),
    (bytes("(o."), .stackUnderflow(opcode: "OBJ"), 1),
    (bytes("0."), .stackUnderflow(opcode: "POP"), 0),
    (bytes("2."), .stackUnderflow(opcode: "DUP"), 0),
    (bytes("Nt."), .noMark(opcode: "TUPLE"), 1),
    (bytes("Ne."), .noMark(opcode: "APPENDS"), 1),
    (bytes("h", 3, "."), .notMemoized(3), 0),
    (bytes("g12\n."), .notMemoized(12), 0),
    (bytes("g-1\n."), .badNumber(opcode: "GET"), 0),
    (bytes("Np\n."), .badNumber(opcode: "PUT"), 1),
    (bytes("Iabc\n."), .badNumber(opcode: "INT"), 0),
    (bytes("I\n."), .badNumber(opcode: "INT"), 0),
    (bytes("L1LL\n."), .badNumber(opcode: "LONG"), 0),
    (bytes("F0x1p3\n."), .badNumber(opcode: "FLOAT"), 0),
    (bytes("Fone\n."), .badNumber(opcode: "FLOAT"), 0),
    (bytes("Sab\n."), .badQuotes, 0),
    (bytes("S'ab\"\n."), .badQuotes, 0),
    (bytes("S'\n."), .badQuotes, 0),
    (bytes("T", 0xFF, 0xFF, 0xFF, 0xFF, "."), .badLength(opcode: "BINSTRING"), 0),
    (bytes(0x8B, 0, 0, 0, 0x80, "."), .badLength(opcode: "LONG4"), 0),
    (bytes(0x8E, [UInt8](repeating: 0xFF, count: 8)), .badLength(opcode: "BINBYTES8"), 0),
    (bytes("X", 1, 0, 0, 0, 0xE9, "."), .invalidText(opcode: "BINUNICODE"), 5),
    (bytes("ca", 0xFF, "\nb\n."), .invalidText(opcode: "GLOBAL"), 0),
    (bytes("(Nd."), .oddItems(opcode: "DICT"), 2),
    (bytes("}(Nu."), .oddItems(opcode: "SETITEMS"), 3),
    (bytes(")Na."), .wrongTarget(opcode: "APPEND"), 2),
    (bytes("](N", 0x90, "."), .wrongTarget(opcode: "ADDITEMS"), 3),
    (bytes("]NNs."), .wrongTarget(opcode: "SETITEM"), 3),
    (bytes("}}b."), .wrongTarget(opcode: "BUILD"), 2),
    (bytes("K", 1, "K", 2, 0x93, "."), .wrongTarget(opcode: "STACK_GLOBAL"), 4),
    (bytes("K", 1, ")R."), .notCallable(opcode: "REDUCE"), 3),
    (bytes("ca\nb\n]R."), .argumentsNotTuple(opcode: "REDUCE"), 6),
    (bytes("ca\nb\nN", 0x81, "."), .argumentsNotTuple(opcode: "NEWOBJ"), 6),
    (bytes(0x82, 0, "."), .badExtensionCode(0), 0),
    (bytes(0x84, 0xFF, 0xFF, 0xFF, 0xFF, "."), .badExtensionCode(-1), 0),
    (bytes(0x97, "."), .outOfBandBuffer, 0),
    (bytes("N", 0x98, "."), .outOfBandBuffer, 1),
  ]

  @Test(arguments: samples)
  func refuses(sample: (pickle: [UInt8], fault: PickleFault, offset: Int)) throws {
    let error = try #require(throws: FormatError.self) { try machine(sample.pickle) }
    #expect(error.fault as? PickleFault == sample.fault)
    #expect(error.offset == sample.offset)
  }

  /// Pickles that end within an opcode or its argument.
  static let cutOff: [[UInt8]] = [
    [], bytes("N"), bytes("J", 1, 2), bytes("I12"), bytes("U", 5, "abc"), bytes("cos\nsys"),
    bytes(0x8D, 0xFF, 0, 0, 0, 0, 0, 0, 0, "a"), bytes("C"), bytes(0x80),
    bytes(0x95, 9, 0, 0, 0, 0, 0, 0, 0, "N."),
  ]

  @Test(arguments: cutOff)
  func refusesWhatIsCutOff(pickle: [UInt8]) throws {
    let error = try #require(throws: FormatError.self) { try machine(pickle) }
    guard case .truncated? = error.fault as? ByteFault else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func keepsItsLimits() throws {
    var limits = PickleLimits()
    limits.opcodes = 10
    limits.values = 5
    limits.memos = 2
    limits.stackDepth = 6
    limits.textBytes = 8
    limits.nameBytes = 4
    limits.elements = 2
    let samples: [([UInt8], PickleFault)] = [
      (bytes("N0N0N0N0N0N."), .tooManyOpcodes(limit: 10)),
      (bytes("]]]000]]]000."), .tooManyValues(limit: 5)),
      (bytes("NNNNNNN."), .stackTooDeep(limit: 6)),
      (bytes("((((((("), .stackTooDeep(limit: 6)),
      (bytes("N", 0x94, 0x94, 0x94), .tooManyMemos(limit: 2)),
      (bytes("S'abcdefgh'\n."), .textTooLong(limit: 8)),
      (bytes("X", 9, 0, 0, 0, "abcdefghi."), .textTooLong(limit: 8)),
      (bytes("cposix\nfork\n."), .nameTooLong(limit: 4)),
      (bytes(0x8C, 2, "os", 0x8C, 6, "system", 0x93, "."), .nameTooLong(limit: 4)),
      (bytes("(NNNt."), .tooManyElements(limit: 2)),
      (bytes("(NNNl."), .tooManyElements(limit: 2)),
      (bytes("]NaNaNa."), .tooManyElements(limit: 2)),
      (bytes("}(NNNNu."), .tooManyElements(limit: 2)),
    ]
    for (pickle, fault) in samples {
      let error = try #require(throws: FormatError.self) { try machine(pickle, limits: limits) }
      #expect(error.fault as? PickleFault == fault)
    }
    #expect(throws: Never.self) {
      try machine(bytes("N", 0x94, "q", 9, "q", 9, "."), limits: limits)
    }
  }
}
