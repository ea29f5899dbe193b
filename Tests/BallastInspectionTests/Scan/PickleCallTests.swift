import BallastBytes
import BallastInspection
import Testing

/// Names that make data are used as picklers use them, or not at all.
@Suite struct PickleCallTests {
  private func rules(_ body: [UInt8]) throws -> Set<String> {
    let bytes = try SharedBytes.copying([0x80, 4] + body + [0x2E])
    return Set(PickleScan(of: bytes).findings.map { String($0.rule.dropFirst("pickle.".count)) })
  }

  // MARK: - Pieces

  private static func name(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  private static func text(_ text: String) -> [UInt8] {
    [0x8C, UInt8(text.utf8.count)] + Array(text.utf8)
  }

  private static func bytes(_ bytes: [UInt8]) -> [UInt8] { [0x43, UInt8(bytes.count)] + bytes }

  private static func int(_ value: Int32) -> [UInt8] {
    [0x4A] + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func tuple(_ parts: [UInt8]...) -> [UInt8] {
    [0x28] + parts.flatMap { $0 } + [0x74]
  }

  private static func call(_ callee: [UInt8], _ parts: [UInt8]...) -> [UInt8] {
    callee + [0x28] + parts.flatMap { $0 } + [0x74, 0x52]
  }

  private static let none: [UInt8] = [0x4E]
  private static let yes: [UInt8] = [0x88]
  private static let no: [UInt8] = [0x89]
  private static let build: [UInt8] = [0x62]
  private static let setItem: [UInt8] = [0x73]
  private static let object = name("argparse", "Namespace") + [0x29, 0x81]

  /// A type of NumPy with a state of its flags.
  private static func type(_ code: String, flags: Int32, byteCount: Int32 = -1) -> [UInt8] {
    call(name("numpy", "dtype"), text(code), no, yes)
      + tuple(
        int(3),
        text("|"),
        none,
        none,
        none,
        int(byteCount),
        int(-1),
        int(flags)
      ) + build
  }

  private static let multiarray = "numpy._core.multiarray"

  private static func array(_ type: [UInt8], _ content: [UInt8]) -> [UInt8] {
    call(
      name(multiarray, "_reconstruct"),
      name("numpy", "ndarray"),
      tuple(int(0)),
      bytes([0x62])
    ) + tuple(int(1), tuple(int(1)), type, no, content) + build
  }

  private static let tensor = call(
    name("torch._utils", "_rebuild_tensor_v2"),
    call(
      name("torch.storage", "_load_from_bytes"),
      bytes([0x80, 2, 0x4E, 0x2E])
    ),
    int(0),
    tuple(int(1)),
    tuple(int(1)),
    no,
    call(name("collections", "OrderedDict"))
  )

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

  // MARK: - What picklers write

  static let honest: [[UInt8]] = [
    array(type("f8", flags: 0), bytes([UInt8](repeating: 0, count: 8))),
    array(type("O8", flags: 63), [0x5D] + none + [0x61]),
    call(name(multiarray, "scalar"), type("f8", flags: 0), bytes([1, 2, 3, 4, 5, 6, 7, 8])),
    tensor,
    call(name("torch._utils", "_rebuild_parameter"), tensor, yes, [0x7D]),
    call(
      name("torch._tensor", "_rebuild_from_type_v2"),
      name("torch._utils", "_rebuild_parameter"),
      name("torch", "Tensor"),
      tuple(tensor, yes, [0x7D]),
      [0x7D]
    ),
    call(
      name("copyreg", "_reconstructor"),
      name("argparse", "Namespace"),
      name("builtins", "object"),
      none
    )
      + [0x7D] + text("a") + none + setItem + build,
    object + [0x7D] + text("a") + none + setItem + build,
    call(name("_codecs", "encode"), text("abc"), text("latin1")),
    call(name("builtins", "set"), [0x5D] + int(1) + [0x61]),
    call(name("builtins", "complex"), int(1), [0x47, 0, 0, 0, 0, 0, 0, 0, 0]),
    call(name("collections", "OrderedDict")) + text("a") + none + setItem,
    call(name("collections", "deque")) + none + [0x61],
    call(name("collections", "defaultdict"), name("builtins", "list")) + text("a") + none + setItem,
    call(name("decimal", "Decimal"), text("1.5")),
    call(name("fractions", "Fraction"), text("1/2")),
    call(name("torch.jit._pickle", "build_intlist"), [0x5D]),
    [0x5D] + name("numpy", "float32") + [0x61],
  ]

  @Test(arguments: honest.indices)
  func aCallOfAPicklerIsNoFinding(index: Int) throws {
    #expect(try rules(Self.honest[index]) == [])
  }

  // MARK: - What none writes

  static let odd: [(rule: String, body: [UInt8])] = [
    ("odd-call", call(name("numpy", "ndarray"), tuple(int(1)), text("O"))),
    ("odd-call", call(name("numpy", "uint64"), object)),
    ("odd-call", call(name("builtins", "int"), object)),
    ("odd-call", call(name("builtins", "bytes"), [0x5D])),
    ("odd-call", call(name("copyreg", "__newobj__"), object)),
    ("odd-call", call(name("numpy", "dtype"), object, no, yes)),
    ("odd-call", call(name("numpy", "dtype"), text("O,i4"), no, yes)),
    ("odd-call", call(name("_codecs", "encode"), text("bf"), text("rot13"))),
    ("odd-call", call(name("builtins", "set"), object)),
    ("odd-call", call(name("collections", "Counter"), object)),
    ("odd-call", call(name("torch._utils", "_rebuild_parameter"), object, yes, [0x7D])),
    (
      "odd-call",
      call(
        name("torch._tensor", "_rebuild_from_type_v2"),
        name("copyreg", "__newobj__"),
        name("torch", "Tensor"),
        tuple(object),
        [0x7D]
      )
    ),
    (
      "odd-call",
      call(name(multiarray, "scalar"), type("O8", flags: 63), bytes([1, 2, 3, 4, 5, 6, 7, 8]))
    ),
    ("odd-call", name("numpy", "ndarray") + [0x29, 0x81]),
    ("odd-state", type("O8", flags: 0)),
    ("odd-state", type("f8", flags: 63)),
    ("odd-state", type("V8", flags: 0, byteCount: 16)),
    ("odd-state", array(type("O8", flags: 63), bytes([1, 2, 3, 4, 5, 6, 7, 8]))),
    ("odd-state", object + [0x7D] + text("__setstate__") + none + setItem + build),
    ("odd-state", object + [0x7D] + Array("S'\\x5f_new__'\n".utf8) + none + setItem + build),
    ("odd-state", object + tuple(none, [0x7D] + text("__class__") + none + setItem) + build),
    ("odd-state", object + object + build),
    ("odd-items", object + none + none + setItem),
    (
      "odd-items",
      array(type("f8", flags: 0), bytes([0, 0, 0, 0, 0, 0, 0, 0])) + none + none + setItem
    ),
    ("odd-items", object + none + [0x61]),
    ("odd-items", object + [0x28] + none + [0x65]),
    ("odd-items", object + [0x28] + none + [0x90]),
    ("odd-function", [0x5D] + name("copyreg", "__newobj__") + [0x61]),
    ("odd-function", [0x5D] + tuple(name("copyreg", "__newobj__")) + [0x61]),
    (
      "changed-class",
      call(name("numpy", "object_"), name("torch._utils", "_rebuild_tensor")) + [0x7D] + build
    ),
  ]

  @Test(arguments: odd.indices)
  func anyOtherUseIsAFinding(index: Int) throws {
    #expect(try rules(Self.odd[index].body).contains(Self.odd[index].rule))
  }

  @Test func aPersistentIdOfAClassIsTheClass() throws {
    let id = Self.tuple(
      Array("S'modul\\x65'\n".utf8),
      Self.name("argparse", "Namespace"),
      Self.none
    )
    #expect(try rules(id + [0x51, 0x7D] + Self.build) == ["changed-class"])
  }

  // MARK: - torch's loader

  @Test func everyOpcodeThatCallsTheLoaderIsLookedAt() throws {
    let loader = Self.name("torch.storage", "_load_from_bytes")
    let computed = Self.call(Self.name("builtins", "bytes"))
    let calls: [[UInt8]] = [
      [0x28] + computed + Array("itorch.storage\n_load_from_bytes\n".utf8),
      [0x28] + loader + computed + [0x6F],
      loader + computed + [0x85, 0x52],
      loader + computed + [0x85, 0x81],
      loader + computed + [0x85, 0x7D, 0x92],
      [0x5D] + loader + [0x61],
      Self.name("harmless", "f") + loader + [0x85, 0x52],
      loader,
    ]
    for call in calls { #expect(try rules(call).contains("computed-file"), "\(call)") }
  }

  @Test func whatTheLoaderReadsIsScanned() throws {
    let payload = Array("cos\nsystem\n(S'id'\ntR.".utf8)
    let encoded = Self.call(
      Self.name("_codecs", "encode"),
      Self.text(String(decoding: payload, as: UTF8.self)),
      Self.text("latin1")
    )
    for argument in [Self.bytes(payload), encoded] {
      let call = Self.call(Self.name("torch.storage", "_load_from_bytes"), argument)
      #expect(try rules(call) == ["standard-library"])
    }
  }

  @Test(arguments: ["N0", "I1\n0", "Va\n0", "X\u{1}\0\0\0a0", "N."])
  func aPickleOfAnyStartWithinBytesIsScanned(start: String) throws {
    let payload = Array((start + "cos\nsystem\n(S'id'\ntR.").utf8)
    #expect(
      try rules([0x7D] + Self.text("a") + Self.bytes(payload) + Self.setItem) == [
        "standard-library"
      ]
    )
  }

  @Test func textsWithinPicklesAreNoPickles() throws {
    let texts = ["layers.0.weight", "import os\nos.system('id')\n", "(a)\n(b)\n", "N.", "]"]
    #expect(try rules(texts.flatMap { Self.text($0) + [0x30] } + Self.none) == [])
  }
}
