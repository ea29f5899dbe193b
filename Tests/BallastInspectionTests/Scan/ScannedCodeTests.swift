import BallastBytes
import BallastInspection
import Testing

/// Archives that readers disagree about, and the programs that come with models.
@Suite struct ScannedCodeTests: ScanSuite {
  private static let elf: [UInt8] =
    [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 100)

  /// What every archive of torch has in it.
  private static let version = ("m/version", [0x33] as [UInt8])

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
    let files = [("m/CONSTANTS.PKL", Self.empty), ("m/.data/version", [0x31])]
    let result = try scan(zip(files + [("m/code/__torch__.PY", code)]))
    #expect(result.findings.map(\.rule) == ["code.torchscript"])
    #expect(result.findings.map(\.severity) == [.dangerous])
    #expect(try rules(zip([("m/readme.py", code), ("m/data.pkl", Self.empty)])).isEmpty)
    // What the lite interpreter and the first versions run.
    #expect(try rules(zip([("m/bytecode.pkl", Self.empty), Self.version])) == ["code.torchscript"])
    // Without a version no torch opens it: the files of some project.
    let project = [("m/code/m.txt", code), ("docs/m/version", [])]
    #expect(try rules(zip(project + files.dropLast())).isEmpty)
  }

  @Test(
    arguments: [
      #"{"mainModule": {"torchscriptArena": {"key": "src/m"}}}"#, "{torchscript_arena: 1}",
      #"{"torch\u0073criptArena": 1}"#, #"{"torch\script": 1}"#,
    ]
  )
  func theFirstTorchScript(description: String) throws {
    let model = Array(description.utf8)
    for root in ["m/", "/"] {
      let files = [(root + "MODEL.json", model), (root + "VERSION", [0x31] as [UInt8])]
      #expect(try rules(zip(files)) == ["code.torchscript"], "\(root)")
    }
    // Elsewhere, or without a version, nobody looks for it.
    #expect(try rules(zip([("m/x/model.json", model), Self.version])).isEmpty)
    #expect(try rules(zip([("m/model.json", model)])).isEmpty)
    let other = Array(#"{"format": "layers-model", "modelTopology": {}}"#.utf8)
    #expect(try rules(zip([("m/model.json", other), Self.version])).isEmpty)
  }

  @Test func manyDeclarationsAreALimit() throws {
    let text = [UInt8](repeating: 0x0A, count: 1 << 20)
    var limits = ScanLimits.standard
    limits.opcodes = 1 << 10
    let files = [("m/constants.pkl", Self.empty), ("m/code/a.py", text), Self.version]
    let bytes = try SharedBytes.copying(zip(files))
    let result = PickleScan(of: bytes, limits: limits)
    #expect(result.findings.map(\.rule) == ["pickle.limit"])
  }

  // MARK: - Classes of torch

  @Test(
    arguments: [
      ("__torch__.torch.classes.aten", "OpaqueObject"),
      ("__torch__", "torch.classes.aten.OpaqueObject"),
      ("", "__torch__.torch.classes.aten.OpaqueObject"),
      ("__torch__.torch.classes.quantized", "LinearPackedParamsBase"),
      ("__torch__.torch.classes .aten", "OpaqueObject"), (" __torch__.a", "B"),
      ("__torch__.a", "B#x"),
      ("(__torch__.a", "B)"), ("x,__torch__.a", "B"), ("Optional[__torch__.a", "B]"),
      ("__torch__.a", "B=f()"), ("__torch__.a\r", "B"), ("__torch__\u{C}.a", "B"),
      ("__torch__.a", "B\0"), ("'torch.classes.aten", "OpaqueObject'"),
      ("\"torch.classes.aten", "OpaqueObject\""), ("  'torch.classes.aten", "OpaqueObject'"),
      ("('torch.classes.aten", "OpaqueObject')"), ("'''torch.classes.aten", "OpaqueObject'''"),
    ]
  )
  func classesOfTorch(module: String, name: String) throws {
    let object = [0x80, 2, 0x63] + Array("\(module)\n\(name)\n)".utf8) + [0x81, 0x4E, 0x62, 0x2E]
    for file in ["m/data.pkl", "m/constants.pkl"] {
      let findings = try scan(zip([(file, object), Self.version])).findings
      #expect(findings.contains { $0.severity == .dangerous }, "\(module) \(name)")
    }
  }

  @Test func classesOfTheModelItself() throws {
    for module in ["__torch__", "__torch__.torch.nn.modules.linear.___torch_mangle_0"] {
      let object = [0x80, 2, 0x63] + Array("\(module)\nModule\n)".utf8) + [0x81, 0x7D, 0x62, 0x2E]
      let findings = try scan(zip([("m/data.pkl", object)])).findings
      #expect(findings.allSatisfy { $0.severity == .unknown }, "\(module)")
    }
  }

  /// As torch writes a model without methods.
  private static let declarations = """
    class P(Module):
      __parameters__ = ["weight", "h|0|b", ]
      __buffers__ = []
      __annotations__ = []
      __annotations__["h|0|b"] = Tensor
      weight : Tensor
      training : bool
      _is_full_backward_hook : Optional[bool]
      h : __torch__.torch.nn.modules.container.ModuleList
      sizes : Dict[str, List[int]]

    """

  @Test func declarationsAreNoProgram() throws {
    let files = [("m/constants.pkl", Self.empty), Self.version]
    #expect(try rules(zip(files + [("m/code/a.py", Array(Self.declarations.utf8))])).isEmpty)
  }

  @Test(
    arguments: [
      "  def f(self): pass", "  n : Final[int] = 3", "  x : f()", "  x : Tensor; y = f()",
      "  __parameters__ = [f(), ]", "  __parameters__ = [\"a\" + f()]",
      "  __parameters__ = [\"a\\\"]",
      "  __annotations__[\"a\"] = f()", "  __annotations__[f()] = Tensor",
      "  __annotations__ = [\"\"\" \"\"\", f()] # \"\"\" \"a\"\"\"]",
      "  __annotations__[\"\"] = Tensor", "class P(f()):",
      "x = f()",
      "  c : __torch__.torch.classes.quantized.Packed", "# f()", "  x : List[\nf()]",
      "\u{C}x : Tensor",
    ]
  )
  func allElseIsAProgram(line: String) throws {
    let text = Array((Self.declarations + line + "\n").utf8)
    let files = [("m/constants.pkl", Self.empty), ("m/code/a.py", text), Self.version]
    #expect(try rules(zip(files)) == ["code.torchscript"])
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
      let compiled = try scan(zip([("m/data/aotinductor/model/x", code), Self.version]))
        .findings
      #expect(compiled.map(\.rule) == ["code.export", "code.native"])
      #expect(compiled.map(\.severity) == [.dangerous, .dangerous])
      #expect(try scan(zip([("lib/b.so", code)])).findings.map(\.severity) == [.unknown])
    }
    program[60] = 101
    #expect(try scan(program).findings.isEmpty)
  }

  @Test(
    arguments: [
      "serialized_exported_program.json", "m/data/aotinductor/a/b", "data/aotinductor/a/b",
      "m/data/aotinductor/../../x.txt", "m/data/aotinductor2/x.so", "m\\data\\constants\\a.cpp",
      "m/data/constants/a.so", "data/constants/a.wrapper.so", "/data/constants/a.wrapper.cpp",
      "data/constants/model/a.o", "m/data/constantsx/a.so", "m/data/constants/../../x.pth",
      "m//data/constants/a.so", "m/data//constants/a.so", "m/data//aotinductor/model/a",
      "a\\b\\c/data/constants/a.so", "a\\b/data/aotinductor/m/a",
    ]
  )
  func programsOfTorchExport(name: String) throws {
    let findings = try scan(zip([(name, [1]), ("m/data.pkl", Self.empty)])).findings
    #expect(findings.map(\.rule) == ["code.export"] && findings[0].severity == .dangerous)
  }

  /// Torch's own folder ends at the first slash, whatever is in its name.
  @Test(arguments: ["a\\b", "\\", "a\\"])
  func foldersWithBackslashes(root: String) throws {
    let version = ("\(root)/version", Self.version.1)
    let source = ("\(root)/code/__torch__.py", Array("def f() -> int:\n  return 1\n".utf8))
    #expect(
      try rules(zip([("\(root)/constants.pkl", Self.empty), source, version]))
        .contains("code.torchscript")
    )
    let format = ("\(root)/archive_format", Array("pt2".utf8))
    #expect(try rules(zip([format, version])) == ["code.export"])
  }

  @Test func programsWithLongNamesInBrokenArchives() throws {
    let (root, file) = (String(repeating: "r", count: 900), String(repeating: "e", count: 2000))
    let archive = zip([("\(root)/data/constants/\(file).so", [1]), ("a.pkl", Self.empty)])
    #expect(try rules(Array(archive.dropLast(30))) == ["code.export"])
  }

  @Test func theFormatOfTorchExport() throws {
    let format = ("m/ARCHIVE_FORMAT", Array("pt2".utf8))
    #expect(try rules(zip([format, ("m/models/a", [1])])) == ["code.export"])
    #expect(try rules(zip([format, ("m/.data/version", [0x36])])) == ["code.export"])
    #expect(try rules(zip([format])).isEmpty)
    for name in ["archive_format", "m/docs/archive_format"] {
      #expect(try rules(zip([(name, format.1), Self.version, ("m/models/a", [1])])).isEmpty)
    }
    let graph = Array(#"{"graph_module": {}}"#.utf8)
    for text in [graph, Array(#"{"graph\u005fmodule": {}}"#.utf8)] {
      #expect(try rules(zip([("m/models/a.json", text), Self.version])) == ["code.export"])
    }
    #expect(try rules(zip([("m/models/a.json", graph)])).isEmpty)
  }

  /// The first folder is named after the file, and other archives have folders of these names.
  @Test func foldersOfTheseNamesAreNoProgram() throws {
    for root in ["models", "aotinductor", "data", "code", "constants"] {
      let saved = ["data.pkl", "constants/0", "version", ".data/serialization_id"]
      #expect(try rules(zip(saved.map { ("\(root)/\($0)", Self.empty) })).isEmpty, "\(root)")
    }
    // Of projects.
    let text = Array("{}".utf8)
    for version in ["p/VERSION", "p/version"] {
      for name in [
        "p/models/config.json", "p/src/data/constants/x.json", "p/data/constants/units.json",
        "p/model.json", "p/src/data/constants/x.so", "p/data/constants.cpp",
        "p/data/aotinductor_notes.md",
      ] {
        #expect(try rules(zip([(version, [0x31]), (name, text)])).isEmpty, "\(name)")
      }
    }
  }

  @Test func flatbuffersOfTheLiteInterpreter() throws {
    let file = [0x28, 0, 0, 0] + Array("PTMF".utf8) + [UInt8](repeating: 0xF0, count: 3000)
    #expect(try rules(file) == ["code.torchscript"])
    #expect(try rules(zip([("model.ptl", file)])) == ["code.torchscript"])
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
