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

  @Test func aTypeOfNumPyDeepInAState() throws {
    let type = Array("cnumpy\nvoid\n".utf8)
    let list = Array("]".utf8) + type + Array("a".utf8)
    for value in [
      Self.entry("0", type), list, Self.entry("a", list),
      Array("ccollections\nOrderedDict\n)R".utf8) + [0x8C, 1, 0x30] + type + [0x73],
    ] {
      let state = Self.entry("_modules", value)
      #expect(try rules(Self.object(Self.module.0, Self.module.1, state)) == ["pickle.odd-state"])
      #expect(try rules(value + Array("0}.".utf8)).isEmpty)
    }
    // A dictionary that gets it after another holds the dictionary.
    let late =
      Array("}q\u{1}0".utf8) + Self.entry("a", Array("h\u{1}".utf8)) + Array("0h\u{1}".utf8)
    #expect(try rules(late + [0x8C, 1, 0x74] + type + Array("s.".utf8)) == ["pickle.odd-state"])
  }

  /// Dictionaries take any two things in a row for a name and its value.
  @Test func aPairThatIsNoTuple() throws {
    let name = [0x8C, 19] + Array("__array_interface__".utf8)
    let deque = Array("ccollections\ndeque\n)R".utf8)
    #expect(try rules(deque + name + Array("a}a.".utf8)) == ["pickle.odd-state"])
    let type = Array("cnumpy\nvoid\n".utf8)
    let keys = Array("}".utf8) + name + [0x4B, 1, 0x73] + type + [0x4B, 1, 0x73]
    #expect(try rules(keys + Array(".".utf8)) == ["pickle.odd-state"])
    let words = Array("]".utf8) + name + Array("aK\u{1}a.".utf8)
    #expect(try rules(words).isEmpty)
  }

  /// A list of modules gives the values of a dictionary, one after the other.
  @Test func valuesThatMakeAPair() throws {
    let name = [0x8C, 19] + Array("__array_interface__".utf8)
    let values =
      Array("}".utf8) + [0x8C, 1, 0x61] + name + [0x73, 0x8C, 1, 0x62] + Array("}s".utf8)
    #expect(try rules(values + Array(".".utf8)) == ["pickle.odd-state"])
    // Elsewhere in a pickle that has torch's objects in it, too.
    let words = Array("]".utf8) + name + Array("a0".utf8)
    let object = Self.object(Self.module.0, Self.module.1, Self.entry("note", Self.none))
    #expect(try rules(words + object) == ["pickle.odd-state"])
  }

  /// torch's functions for TorchScript return what they are given.
  @Test func anObjectOfTwoNames() throws {
    let alias =
      Array("}q\u{1}0ctorch.jit._pickle\nrestore_type_tag\n(h\u{1}".utf8) + [0x8C, 1, 0x78]
    let change = Array("tR".utf8) + [0x8C, 7] + Array("forward".utf8) + Array("Ns0".utf8)
    let object =
      Array("c\(Self.module.0)\n\(Self.module.1)\n)".utf8) + [0x81] + Array("h\u{1}b.".utf8)
    #expect(try rules(alias + change + object) == ["pickle.odd-state"])
    #expect(try rules(alias + Array("tR0".utf8) + object).isEmpty)
  }

  @Test func theStateOfAModuleIsADictionary() throws {
    let kind = Self.module
    let pair = Self.entry("a", Self.none) + Self.entry("b", Self.none) + [0x86]
    #expect(try rules(Self.object(kind.0, kind.1, pair)) == ["pickle.odd-state"])
    #expect(try rules(Self.object("argparse", "Namespace", pair)).isEmpty)
  }

  /// Of a long text of Python 2 whoever ignores errors reads the letters alone.
  @Test func aLongKeyOfWhichLittleIsLeft() throws {
    let name = Array("__array_interface__".utf8)
    let key = [UInt8](repeating: 0xFF, count: 5000) + name
    let body = [0x7D, 0x54, 0x9B, 0x13, 0, 0] + key + Array("}s.".utf8)
    #expect(try rules(body) == ["pickle.odd-state"])
    let other = [UInt8](repeating: 0xFF, count: 5019)
    #expect(try rules([0x7D, 0x54, 0x9B, 0x13, 0, 0] + other + Array("}s.".utf8)).isEmpty)
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
