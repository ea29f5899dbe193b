import BallastBytes
import BallastInspection
import Testing

/// Attributes that change what the code of an object's class does.
@Suite struct PickleAttributeTests: ScanSuite {
  private static func object(_ module: String, _ name: String, _ state: [UInt8]) -> [UInt8] {
    Array("c\(module)\n\(name)\n)\u{81}".unicodeScalars.map { UInt8($0.value) }) + state
      + Array("b.".utf8)
  }

  /// A dictionary with one entry.
  private static func entry(_ key: String, _ value: [UInt8]) -> [UInt8] {
    [0x7D, 0x8C, UInt8(key.utf8.count)] + Array(key.utf8) + value + [0x73]
  }

  private func rules(_ body: [UInt8]) throws -> Set<String> {
    Set(PickleScan(of: try SharedBytes.copying([0x80, 4] + body)).findings.map(\.rule))
  }

  private static let none = Array("N".utf8)
  private static let module = ("torch.nn.modules.linear", "Linear")
  private static let optimizer = ("torch.optim.sgd", "SGD")
  private static let ordered = ("collections", "OrderedDict")

  @Test(
    arguments: [
      (module, "forward", true), (module, "state_dict", true), (module, "note", false),
      (module, "_modules", false), (module, "step", false), (optimizer, "step", true),
      (optimizer, "_patch_step_function", true), (optimizer, "forward", false),
      (("torch.optim.lr_scheduler", "StepLR"), "get_lr", true),
      (("torch.nn.utils.weight_norm", "WeightNorm"), "compute_weight", true),
      (("argparse", "Namespace"), "values", false), (("collections", "UserDict"), "keys", true),
      (("collections", "UserDict"), "data", false),
    ]
  )
  func aMethodsNameAsAnAttribute(kind: (String, String), name: String, isOdd: Bool) throws {
    let state = Self.entry(name, Self.none)
    #expect(try rules(Self.object(kind.0, kind.1, state)) == (isOdd ? ["pickle.odd-state"] : []))
  }

  @Test func whatTorchTakesForADictionary() throws {
    let record = Array("cargparse\nNamespace\n)".utf8) + [0x81]
    for (kind, name) in [(Self.module, "_modules"), (Self.optimizer, "defaults")] {
      let state = Self.entry(name, record)
      #expect(try rules(Self.object(kind.0, kind.1, state)) == ["pickle.odd-state"])
      let sound = Self.entry(name, Array("}".utf8))
      #expect(try rules(Self.object(kind.0, kind.1, sound)).isEmpty)
    }
  }

  @Test func aTypeOfNumPyAsAFunction() throws {
    let state = Self.entry("activation", Array("cnumpy\nvoid\n".utf8))
    #expect(try rules(Self.object(Self.module.0, Self.module.1, state)) == ["pickle.odd-state"])
    #expect(try rules(Self.object("argparse", "Namespace", state)).isEmpty)
  }

  /// Words of a vocabulary may look like it, but stand for numbers.
  @Test func whatNumPyAsksForDeepInAState() throws {
    let part = Self.entry("__array_interface__", Array("}".utf8))
    let word = Self.entry("__array_interface__", [0x4B, 1])
    let kind = Self.module
    for (entry, isOdd) in [(part, true), (word, false)] {
      let state = Self.entry("_buffers", entry)
      let expected: Set<String> = isOdd ? ["pickle.odd-state"] : []
      #expect(try rules(Self.object(kind.0, kind.1, state)) == expected)
    }
  }

  @Test(arguments: ["time\u{FF}it", "\u{FF}os"])
  func aNameWithBytesThatMayBeIgnored(module: String) throws {
    func text(_ text: String) -> [UInt8] {
      [0x55, UInt8(text.unicodeScalars.count)] + text.unicodeScalars.map { UInt8($0.value) }
    }
    let body = text(module) + text("timeit") + [0x93] + Array(")R.".utf8)
    #expect(try rules(body).contains("pickle.standard-library"))
  }

  @Test(arguments: [("isympy", "main"), ("joblib.externals.loky", "prepare")])
  func packagesThatStartPrograms(module: String, name: String) throws {
    #expect(try rules(Array("c\(module)\n\(name)\n)R.".utf8)) == ["pickle.process"])
  }
}
