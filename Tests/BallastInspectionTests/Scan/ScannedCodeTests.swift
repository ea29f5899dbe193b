import BallastBytes
import BallastInspection
import Testing

/// Archives that readers disagree about, and the programs that come with models.
@Suite struct ScannedCodeTests: ScanSuite {
  private static let elf: [UInt8] =
    [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 100)

  private func rules(_ bytes: [UInt8]) throws -> [String] {
    try scan(bytes).findings.map(\.rule)
  }

  @Test func anArchiveWithTwoEnds() throws {
    let second = zip([("b.pkl", Self.payload2)]).dropLast(2)
    var first = zip([("a.pkl", Self.empty)])
    first += second + [0xFF, 0xFF]
    for start in [[], [0x50, 0x4B, 5, 6], Array("x".utf8)] as [[UInt8]] {
      let result = try scan(start + first)
      #expect(result.findings.contains { $0.name == "os.system" })
      #expect(result.unreadable.count == 1)
    }
  }

  @Test(arguments: [12, 14, 20, 93, 95])
  func aMethodThatIsNotOpenedIsSaid(method: Int) throws {
    // Bytes before and behind it, so that it is no archive for all.
    let archive = zip([("a.npy", [1, 2, 3])], method: method) + [0]
    for start in [[], [0x50, 0x4B, 5, 6], [0x20]] as [[UInt8]] {
      let result = try scan(start + archive)
      #expect(result.findings.isEmpty)
      #expect(result.unreadable.contains { $0.description.contains("method \(method)") })
    }
  }

  @Test func anArchiveWithinOtherDataIsNoError() throws {
    let inner = zip([("a/data.pkl", Self.empty)])
    let result = try scan([0x20, 0x20] + inner + [0x20])
    #expect(result.findings.isEmpty && result.unreadable.isEmpty && result.pickleCount == 1)
  }

  @Test(arguments: ["archive/DATA.PKL", "a/data.Pkl"])
  func aPickleByItsNameWhateverTheCase(name: String) throws {
    // It fails before the payload, but what is a pickle is read on.
    try expectPayload(in: zip([(name, Array("N0R".utf8) + Self.payload)]))
  }

  @Test func torchScript() throws {
    let code = Array("def f(x):\n  return torch.add(x, x)\n".utf8)
    let files = [("m/constants.pkl", Self.empty), ("m/.data/serialization_id", [0x31])]
    let result = try scan(zip(files + [("m/code/__torch__.py", code)]))
    #expect(result.findings.map(\.rule) == ["code.torchscript"])
    #expect(result.findings.map(\.severity) == [.unknown])
    #expect(try rules(zip([("m/readme.py", code), ("m/data.pkl", Self.empty)])).isEmpty)
  }

  @Test(
    arguments: [
      ("torch.from_file(\"a\", True)", true), ("torch . # x\n  save(x, \"a\")", true),
      ("ops.image.write_file(\"a\", x)", true), ("self.save(x)", false), ("torch.saved(x)", false),
      ("x = \"#\"; torch . # y\n save(x)", true), ("def save(self):\n  return 1", false),
      ("(torch.save)(x, \"a\")", true), ("(torch.\n save)(x)", true), ("s = torch.save", true),
      ("\"load it\"", false), ("ops.inductor._reinterpret_tensor(x, [9])", true),
      ("# torch.from_file", true),
    ]
  )
  func operatorsOfTorchScript(code: String, isDangerous: Bool) throws {
    let files = [("m/CONSTANTS.PKL", Self.empty), ("m/code/a.PY", Array(code.utf8))]
    let expected = ["code.torchscript"] + (isDangerous ? ["code.torchscript-io"] : [])
    #expect(try rules(zip(files)) == expected)
  }

  @Test func pythonOfATorchPackage() throws {
    let files = [("p/.data/extern_modules", Array("os".utf8)), ("p/evil.py", Array("x".utf8))]
    let findings = try scan(zip(files)).findings
    #expect(findings.map(\.rule) == ["code.package"] && findings[0].severity == .dangerous)
    #expect(findings[0].file == "p/evil.py")
  }

  @Test func nativeCode() throws {
    var program: [UInt8] = [0x4D, 0x5A] + [UInt8](repeating: 0, count: 200)
    program[60] = 100
    program[100] = 0x50
    program[101] = 0x45
    let machO: [UInt8] = [0xCF, 0xFA, 0xED, 0xFE] + [UInt8](repeating: 0, count: 100)
    for code in [Self.elf, program, machO] {
      let file = try scan(code).findings
      #expect(file.map(\.rule) == ["code.native"] && file[0].severity == .unknown)
      let inModel = try scan(zip([("a/data.pkl", Self.empty), ("a/b.so", code)])).findings
      #expect(inModel.map(\.rule) == ["code.native"] && inModel[0].severity == .dangerous)
      let compiled = try scan(zip([("m/data/aotinductor/model/x", code)])).findings
      #expect(compiled.map(\.rule) == ["code.aotinductor", "code.native"])
      #expect(compiled.map(\.severity) == [.dangerous, .dangerous])
      #expect(try scan(zip([("lib/b.so", code)])).findings.map(\.severity) == [.unknown])
    }
    program[60] = 101
    #expect(try scan(program).findings.isEmpty)
  }

  // MARK: - torch.export

  private func exported(_ expression: String, key: String = "expr_str") -> [UInt8] {
    let json = "{\"sizes\": [{\"as_expr\": {\"\(key)\" : \"\(expression)\", \"hint\": null}}]}"
    return zip([("m/models/model.json", Array(json.utf8)), ("m/archive_format", Array("pt2".utf8))])
  }

  @Test(
    arguments: [
      "Symbol('s77', positive=True, integer=True)", "2*s0 + 1", "Max(1, (s0 - 1)//2) % 3",
      "TruncToInt(Mul(Float('1.5', precision=53), ToFloat(Symbol('u0', integer=True))))",
      "Pow(Symbol('s0'), Integer(-2))", "Float('-inf', precision=53)", "s0 >= 2.5",
    ]
  )
  func sizesThatAreArithmetic(expression: String) throws {
    let findings = try scan(exported(expression)).findings
    #expect(findings.map(\.rule) == ["code.export"] && findings[0].severity == .unknown)
  }

  @Test(
    arguments: [
      "__import__('os')", "eval('s0')", "Max.mro()", "Symbol('s0').func", "(Max)(1)", "'s0'(1)",
      "Max('os.x')", "Max('f(1)')", "lambda: 0", "s0[0]", "s0 if 1 else 2; x", "1.real", "[s0]",
      "Max(1)(2)", "M\\u0061x.a", "s0\\n", "é",
    ]
  )
  func sizesThatAreMore(expression: String) throws {
    for key in ["expr_str", "expr\\u005fstr"] {
      let findings = try scan(exported(expression, key: key)).findings
      #expect(findings.map(\.severity) == [.unknown, .dangerous], "\(expression)")
    }
  }

  /// A member's name may lead out of the folder, and torch unpacks it.
  @Test(arguments: ["model/a.cpp", "a.O", "model/metadata.json", "model/../../../home/x.txt"])
  func filesOfAOTInductor(name: String) throws {
    let file = zip([("m/data/aotinductor/\(name)", [1]), ("m/data/constants/a.cpp", [1])])
    #expect(try rules(file) == ["code.aotinductor"])
    #expect(try rules(zip([("m/data/other/\(name)", [1])])).isEmpty)
  }

  /// What is in `models` is a description, whatever its name ends in.
  @Test(arguments: ["model.json", "model.jsom", "model/json"])
  func whatADescriptionHas(name: String) throws {
    func severities(_ json: String) throws -> [PickleScan.Finding.Severity] {
      let files = [("m/models/\(name)", Array(json.utf8)), ("m/archive_format", Array("pt2".utf8))]
      return try scan(zip(files)).findings.map(\.severity)
    }
    let plain = [
      "{\"guards_code\": [\"L['x'].size()[0] >= 2*L['args'][0].stride()[1] and not (3 != 4)\"]}",
      "{\"guards_code\": null}", "{\"guards_code\": []}",
      "{\"target\": \"torch.ops.aten.add.Tensor\"}",
      "{\"spec\": \"{\\\"default_factory_module\\\": \\\"builtins\\\"}\"}",
    ]
    for json in plain { #expect(try severities(json) == [.unknown], "\(json)") }
    let odd = [
      "{\"guards_code\": [\"1 > 0\", \"L['x'].data\"]}",
      "{\"guards_code\": [\"L['x'].size()[0]\\nimport os\"]}",
      "{\"guards_code\": \"L\"}", "{\"guards_code\": [\"L[open('a')]\"]}",
      "{\"guards_code\": [\"L['a'](1)\"]}",
      "{\"target\": \"torch.ops.aten.from_file.default\"}", "{\"expr_str\": [1]}",
      "{\"spec\": \"{\\\"default_factory_module\\\": \\\"antigravity\\\"}\"}",
      "{\"a\": \"[{\\\"__en\\\\u0075m__\\\": 1}]\"}",
    ]
    for json in odd { #expect(try severities(json) == [.unknown, .dangerous], "\(json)") }
  }

  @Test func whatRunsWhileItIsLoaded() throws {
    let code = Array("def __setstate__(self, x: int) -> NoneType:\n  s = torch\n".utf8)
    let files = [("m/constants.pkl", Self.empty), ("m/code/a.py", code)]
    #expect(try rules(zip(files)) == ["code.torchscript", "code.torchscript-load"])
    #expect(try rules(zip([("m/bytecode.pkl", code)])) == ["code.torchscript-load"])
    let flatbuffer = [0x28, 0, 0, 0] + Array("PTMF".utf8) + code
    #expect(try rules(flatbuffer) == ["code.torchscript", "code.torchscript-load"])
  }

  @Test func operatorsOfTheLiteInterpreter() throws {
    func bytecode(_ name: String) -> [UInt8] {
      [0x80, 2, 0x58] + littleEndian(name.utf8.count, 4) + Array(name.utf8) + [0x71, 0, 0x2E]
    }
    for name in ["aten::save", "aten::from_file", "prim::rpc_sync"] {
      #expect(try rules(zip([("m/bytecode.pkl", bytecode(name))])) == ["code.torchscript-io"])
    }
    #expect(try rules(zip([("m/bytecode.pkl", bytecode("aten::add"))])).isEmpty)
    #expect(try rules(zip([("m/data.pkl", bytecode("aten::save"))])).isEmpty)
  }

  @Test(
    arguments: [
      ("aten::save", true), ("def f(self):\n  torch.save([1], \"a\")\n", true),
      ("torch.from_file(\"a\")", true), ("aten::add", false), ("self.save(x)", false),
    ]
  )
  func flatbuffersOfTheLiteInterpreter(text: String, isDangerous: Bool) throws {
    let tensors = [UInt8](repeating: 0xF0, count: 3000)
    let file = [0x28, 0, 0, 0] + Array("PTMF".utf8) + tensors + Array(text.utf8) + tensors
    let expected = ["code.torchscript"] + (isDangerous ? ["code.torchscript-io"] : [])
    #expect(try rules(file) == expected)
    #expect(try rules(zip([("model.ptl", file)])) == expected)
    #expect(try rules(Array(file.dropFirst())).isEmpty)
  }

  // MARK: - Compressed

  /// A zlib stream that is not compressed, with a window of `bits`.
  private func zlib(_ data: [UInt8], bits: Int) -> [UInt8] {
    let method = (bits - 8) << 4 | 8
    let flags = 31 - (method << 8) % 31
    let length = littleEndian(data.count, 2)
    return [UInt8(method), UInt8(flags), 1] + length + length.map { ~$0 } + data + [0, 0, 0, 0]
  }

  @Test(arguments: 8...15)
  func zlibOfAnyWindow(bits: Int) throws {
    try expectPayload(in: zlib(Self.payload2, bits: bits))
    let zeros = [UInt8](repeating: 0, count: 2000)
    let behind = try scan(zlib(zeros + zip([("w", Self.payload)]), bits: bits)).findings
    #expect(behind.contains { $0.name == "os.system" && $0.file == "decompressed/w" })
    #expect(try scan(zlib(Self.empty, bits: bits)).findings.isEmpty)
  }
}
