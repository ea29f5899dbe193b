import BallastBytes
import BallastInspection
import Testing

/// Pickles by hand: what they would do is found, and nothing that makes data only.
@Suite struct PickleScanTests {
  private func scan(_ bytes: [UInt8]) throws -> PickleScan {
    PickleScan(of: try SharedBytes.copying(bytes))
  }

  private func scan(_ text: String) throws -> PickleScan {
    try scan(Array(text.utf8))
  }

  private func rules(_ bytes: [UInt8]) throws -> [String] {
    try scan(bytes).findings.map(\.rule)
  }

  private static let protocol2: [UInt8] = [0x80, 2]
  private static let protocol4: [UInt8] = [0x80, 4]
  /// `("id",)` is called with what is on the stack, and the pickle ends.
  private static let callAndStop: [UInt8] = short("id") + [0x85, 0x52, 0x2E]

  private static func global(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  private static func short(_ text: String) -> [UInt8] {
    [0x8C, UInt8(text.utf8.count)] + Array(text.utf8)
  }

  @Test func aCallIsShownWithItsArgumentsAndPlace() throws {
    let scan = try scan("cos\nsystem\n(S'rm -rf /'\nI3\ntR.")
    let finding = try #require(scan.findings.first)
    #expect(scan.findings.count == 1 && scan.pickleCount == 1)
    #expect(finding.severity == .dangerous)
    #expect(finding.rule == "pickle.standard-library")
    #expect(finding.name == "os.system")
    #expect(finding.arguments == "(\"rm -rf /\", 3)")
    #expect(finding.opcode == "REDUCE" && finding.offset == 28)
  }

  @Test func everyWayToCallIsFound() throws {
    let ways: [[UInt8]] = [
      Array("(S'id'\nios\nsystem\n.".utf8),  // INST
      Self.protocol2 + [0x28] + Self.global("os", "system") + Self.short("id") + [0x6F, 0x2E],
      Self.protocol2 + Self.global("os", "system") + Self.short("id") + [0x85, 0x81, 0x2E],
      Self.protocol4 + Self.global("os", "system") + [0x29, 0x7D, 0x92, 0x2E],  // NEWOBJ_EX
      Self.protocol4 + Self.short("os") + Self.short("system") + [0x93] + Self.callAndStop,
    ]
    let opcodes = ["INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "REDUCE"]
    for (bytes, opcode) in zip(ways, opcodes) {
      let finding = try #require(try scan(bytes).findings.first)
      #expect(finding.name == "os.system" && finding.opcode == opcode)
    }
  }

  /// Python's library under a second name, and what runs code wherever it is found; not what is only called alike.
  @Test(arguments: [
    ("usr.lib.python3.site", "main", "module-path"), ("opt.lib_pypy.pwd", "f", "module-path"),
    ("a.site-packages.b", "C", "module-path"),
    ("miniconda3.Lib.code", "interact", "module-path"), ("a-b.c", "D", "module-path"),
    ("__main__", "Unpickler.find_class", "borrowed-name"), ("a", "_run_code", "borrowed-name"),
    ("__mp_main__", "timeit", "borrowed-name"), ("a", "B.runctx", "borrowed-name"),
    ("a", "\(String(repeating: "B.", count: 16))C", "attribute-path"),
    ("a", "timeit", "unknown-package"), ("__main__", "Timer", "unknown-package"),
    ("a.lib.types", "B", "unknown-package"), ("a.Lib.b", "C.D", "unknown-package"),
  ])
  func namesOfOtherPackages(module: String, name: String, rule: String) throws {
    let bytes = Self.protocol4 + Self.short(module) + Self.short(name) + [0x93] + Self.callAndStop
    #expect(try rules(bytes) == ["pickle.\(rule)"])
  }

  @Test func importingIsEnough() throws {
    let finding = try #require(
      try scan(Self.protocol2 + Self.global("antigravity", "fly") + [0x2E]).findings.first
    )
    #expect(finding.opcode == "GLOBAL" && finding.offset == 2 && finding.arguments == nil)
  }

  /// Many calls of some names leave room for others.
  @Test func furtherCallsComeBehindOtherNames() throws {
    var bytes = Self.protocol2
    for name in 0..<100 {
      for call in 0..<8 { bytes += Array("cos\nf\(name)\n(S'\(call)'\ntR0".utf8) }
    }
    let result = try scan(bytes + Array("cposix\nsystem\n(S'id'\ntR.".utf8))
    let names = Set(result.findings.compactMap(\.name))
    #expect(names.count == 101 && names.contains("posix.system"))
    #expect(result.findings.count + result.omittedCount == 801)
  }

  @Test func theMemoIsFollowedToTheName() throws {
    // "collections" is overwritten by "os" before it is fetched.
    let bytes =
      Self.protocol4 + Self.short("collections") + [0x71, 0, 0x30] + Self.short("os")
      + [0x71, 0, 0x30, 0x68, 0] + Self.short("system") + [0x93] + Self.callAndStop
    #expect(try scan(bytes).findings.map(\.name) == ["os.system"])
  }

  @Test func escapedNamesAreRead() throws {
    let bytes =
      Self.protocol4 + Array("V\\u006fs\nS'sys\\x74em'\n".utf8) + [0x93] + Self.callAndStop
    #expect(try scan(bytes).findings.map(\.name) == ["os.system"])
  }

  @Test(
    arguments: [
      "I0x10\n", "I0b1\n", "I1_0\n", "I \t+7 \n", "I- 7\n", "I1\0zz\n", "I\0\n", "L0x10L\n",
      "L1\0\n",
      "F1\0\n", "F1_0\n", "F-Infinity\n", "FnaN\n", "F0x1p3\n", "S'a'\0\u{1}\n", "S'a'b'\n",
      "Np0\n0g-0\n", "Np-0\n0h\0", "L1 L\n", "S'a'\u{FF}\n", "Np7\n0g 7\n",
      "Np10\n0g1_0\n", "Np7\n0g7\0z\n", "Npa\n0ga\n", "N(0N", "(2", "(p1\n",
    ]
  )
  func whatOnlySomePythonsReadEndsNoWalk(start: String) throws {
    let text = start + "0cos\nsystem\n(S'id'\ntR."
    #expect(try scan(text).findings.contains { $0.name == "os.system" })
  }

  /// Python 2 adds what a mark at the bottom holds to the last of it, and leaves the stack empty.
  @Test(arguments: ["(]e", "(N}u", "(u"])
  func marksAtTheBottomEndNoWalk(start: String) throws {
    let text = start + "cos\nsystem\n(S'id'\ntR."
    #expect(try scan(text).findings.contains { $0.name == "os.system" })
  }

  @Test(arguments: [
    "Np1\n0g%1\n", "Np%1\n0g1\n", "F%inf%\n", "I%1\n", "I0x1%\n", "F0e5%\n", "F%0.5\n", "I0\0%\n",
    "I\0%\n",
    "L0\0%\n", "Np0\n0g0\0%\n",
  ])
  func aNumberBehindManySpacesIsRead(start: String) throws {
    let spaces = String(repeating: " ", count: 5000)
    let text =
      start.split(separator: "%", omittingEmptySubsequences: false).joined(separator: spaces)
      + "0cos\nsystem\n(S'id'\ntR."
    #expect(try scan(text).findings.contains { $0.name == "os.system" })
  }

  @Test(arguments: [
    "I\n", "Iab\n", "I1a\n", "L0xg\n", "Fast\n", "F\n", "S\"a'\n", "g7\n", "p7\n", "ga\n",
  ])
  func whatNoPythonReadsEndsIt(start: String) throws {
    let text = start + "0cos\nsystem\n(S'id'\ntR."
    #expect(try scan(text).findings.isEmpty)
  }

  @Test func aLineThatTheFileEndsIsReadWithoutItsLastLetter() throws {
    #expect(try scan("(S'id'\nios\nsystem!").findings.map(\.name) == ["os.system"])
  }

  @Test func aComputedNameAfterAFailureIsAFinding() throws {
    let bytes =
      Self.protocol4 + Array("Iab\n0".utf8) + Self.global("builtins", "str") + Self.short("os")
      + [0x85, 0x52] + Self.short("system") + [0x93] + Self.callAndStop
    #expect(try rules(bytes).contains("pickle.computed-name"))
  }

  @Test func aComputedNameIsAFinding() throws {
    let bytes =
      Self.protocol4 + Self.global("builtins", "str") + Self.short("os") + [0x85, 0x52]
      + Self.short("system") + [0x93] + Self.callAndStop
    #expect(try rules(bytes).contains("pickle.computed-name"))
  }

  @Test func aComputedCallIsAFinding() throws {
    let bytes =
      Self.protocol2 + Self.global("argparse", "Namespace") + [0x29, 0x52] + Self.callAndStop
    #expect(try rules(bytes) == ["pickle.computed-call"])
  }

  @Test func aClassThatIsChangedIsAFinding() throws {
    let bytes = Self.protocol2 + Self.global("argparse", "Namespace") + [0x7D, 0x62, 0x2E]
    #expect(try rules(bytes) == ["pickle.changed-class"])
  }

  @Test func aNumberedExtensionIsAFinding() throws {
    #expect(
      try rules(Self.protocol2 + [0x82, 7] + Self.callAndStop).contains("pickle.extension-code")
    )
  }

  @Test func aMemoIndexThatOnlyPythonReadsIsAFinding() throws {
    let bytes = Self.protocol4 + Self.short("os") + Array("p0_1\n".utf8) + [0x2E]
    #expect(try rules(bytes) == ["pickle.odd-memo"])
  }

  @Test(
    arguments: [
      [],  // no STOP
      [0xFF, 0xFE],  // no opcode
      [0x30, 0x30, 0x30, 0x65, 0x2E],  // an empty stack
      [0x68, 99, 0x2E],  // nothing in the memo
      [0x58, 0, 0, 0, 0x40, 0x61],  // a text that is cut off
      [0x8E, 0, 0, 0, 0, 0, 0, 0, 0x80],  // a length of 2^63
    ] as [[UInt8]]
  )
  func aFileThatBreaksAfterThePayloadIsFlagged(tail: [UInt8]) throws {
    let bytes = Self.protocol2 + Self.global("os", "system") + Self.callAndStop.dropLast() + tail
    #expect(try scan(bytes).findings.map(\.name) == ["os.system"])
  }

  @Test func anUnknownPackageIsNoDanger() throws {
    let finding = try #require(
      try scan(Self.protocol2 + Self.global("mymodel", "Net") + [0x29, 0x81, 0x2E]).findings.first
    )
    #expect(finding.severity == .unknown && finding.rule == "pickle.unknown-package")
  }

  @Test func dataIsNoFinding() throws {
    for (module, name) in [
      ("collections", "OrderedDict"), ("argparse", "Namespace"), ("torch", "FloatStorage"),
      ("torch._utils", "_rebuild_tensor_v2"), ("numpy.core.multiarray", "scalar"),
      ("numpy._core.multiarray", "_reconstruct"), ("torch.nn.modules.linear", "Linear"),
      ("torch.optim.adamw", "AdamW"), ("torch.optim", "Muon"), ("pathlib", "PosixPath"),
      ("datetime", "datetime"), ("__builtin__", "set"), ("copy_reg", "_reconstructor"),
      ("decimal", "Decimal"), ("uuid", "UUID"),
    ] {
      let scan = try scan(Self.protocol2 + Self.global(module, name) + [0x2E])
      #expect(scan.findings.isEmpty && scan.dataNameCount == 1, "\(module).\(name)")
    }
  }

  @Test func theRestOfTheSameModulesIsDangerous() throws {
    for (module, name) in [
      ("collections", "OrderedDict.__init__.__globals__"), ("pathlib", "os.system"),
      ("torch", "load"), ("torch.nn.modules.linear", "Linear.forward"), ("numpy", "load"),
      ("torch.optim", "AdamW2"), ("numpy.f2py.crackfortran", "getlincoef"), ("idlelib.run", "main"),
      ("lib2to3.pgen2.grammar", "Grammar"), ("commands", "getoutput"), ("pip", "main"),
      ("requests", "get"), ("harmless", "os.system"), ("harmless", "Popen"),
      ("__main__", "__builtins__"), ("__main__", "run"), ("harmless", "run_subprocess"),
      ("yaml", "unsafe_load"), ("this.\u{301}", "x"), ("_sysconfigdata_x", "y"), ("rfc822", "z"),
    ] {
      let bytes = Self.protocol4 + Self.short(module) + Self.short(name) + [0x93, 0x2E]
      #expect(try scan(bytes).findings.map(\.severity) == [.dangerous], "\(module).\(name)")
    }
  }

  @Test func textIsNoPickle() throws {
    for text in [
      "copy of the minutes\nof the meeting\n", "{\"a\": [1, 2]}", "cast\nfoo\nbar\n", "",
    ] {
      #expect(try scan(text).findings.isEmpty)
    }
  }

  @Test func aPickleThatBreaksOffWithoutAPayloadIsUnreadable() throws {
    let scan = try scan(Self.protocol2 + Self.global("collections", "OrderedDict"))
    #expect(scan.findings.isEmpty && scan.unreadable.count == 1)
  }

  @Test func theStackIsBounded() throws {
    let bytes = Self.protocol2 + [0x4E] + [UInt8](repeating: 0x32, count: 3 << 20)
    #expect(try rules(bytes) == ["pickle.limit"])
  }
}
