import Testing

/// What Python, torch and NumPy ask objects for while a file is loaded: an attribute would answer in the place of
/// what their classes do.
@Suite struct LoadedObjectTests: PickleSuite {
  private static func object(_ module: String, _ name: String, _ state: [UInt8]) -> [UInt8] {
    Self.name(module, name) + [0x29, 0x81] + state + build
  }

  /// A dictionary with entries.
  private static func entries(_ entries: KeyValuePairs<String, [UInt8]>) -> [UInt8] {
    [0x7D] + entries.flatMap { text($0.key) + $0.value + setItem }
  }

  private static func list(of elements: [UInt8]...) -> [UInt8] {
    [0x5D, 0x28] + elements.joined() + [0x65]
  }

  private static let record = name("types", "SimpleNamespace") + [0x29, 0x52]
  private static let ordered = call(name("collections", "OrderedDict"))
  private static let unknown = name("harmless", "Thing") + [0x29, 0x52]
  private static let tensor = call(name("torch.nn.parameter", "UninitializedParameter"), yes)

  // MARK: - Optimizers

  private func groups(_ elements: [UInt8]) throws -> Set<String> {
    let state = Self.entries(["param_groups": [0x5D, 0x28] + elements + [0x65]])
    return try rules(Self.object("torch.optim.sgd", "SGD", state))
  }

  @Test func theGroupsOfAnOptimizerAreDictionaries() throws {
    let group = Self.entries(["lr": Self.none])
    let many = (0..<200).flatMap { _ in group }
    for sound in [group, many, Self.ordered, []] { #expect(try groups(sound) == []) }
    #expect(try groups(Self.unknown) == ["unknown-package"])
    for odd in [Self.record, Self.list(), Self.tuple(), many + Self.record, Self.record + many] {
      #expect(try groups(odd) == ["odd-state"])
    }
  }

  /// What the list holds was looked at.
  @Test func theListOfGroupsStaysAsItIs() throws {
    let state = Self.entries(["param_groups": [0x5D, 0x71, 9]])
    let start = Self.name("torch.optim.sgd", "SGD") + [0x29, 0x81] + state
    #expect(try rules(start + [0x68, 9] + [0x7D, 0x61, 0x30] + Self.build) == ["odd-state"])
    #expect(try rules(start + Self.build) == [])
  }

  // MARK: - What has a length, and elements

  static let parts:
    [(module: String, name: String, key: String, sound: [[UInt8]], odd: [[UInt8]])] = [
      (
        "torch.utils.data.dataset", "TensorDataset", "tensors",
        [tuple(tensor, tensor), list(of: tensor), tuple()],
        [record, tuple(tensor, record), list(of: object), tuple(name("builtins", "dict"))]
      ),
      (
        "torch.utils.data.dataset", "Subset", "indices",
        [
          list(of: int(1)), call(name("builtins", "range"), int(0), int(2), int(1)),
          noArray + content([1], letters, bytes([1])),
        ],
        [object, name("builtins", "dict"), ordered]
      ),
      (
        "torch.utils.data.dataset", "ConcatDataset", "cumulative_sizes", [list(of: int(1))],
        [object, tuple(int(1))]
      ),
      (
        "torch.utils.data.dataset", "ConcatDataset", "datasets", [list(of: object)],
        [object, ordered]
      ),
      ("collections", "UserList", "data", [list()], [object, tuple(), name("builtins", "dict")]),
      ("collections", "UserDict", "data", [entries(["a": object]), ordered], [object, tuple()]),
      (
        "collections", "ChainMap", "maps", [list(of: ordered, entries([:]))],
        [object, list(of: object), list(of: tuple())]
      ),
      (
        "torch.nn.modules.rnn", "LSTM", "_flat_weights_names", [list(of: text("a")), none],
        [object, ordered]
      ),
      (
        "torch.nn.modules.rnn", "GRU", "_all_weights", [list(of: list(of: text("a")))],
        [object, tuple()]
      ),
      ("argparse", "Namespace", "_get_kwarg", [object], []),
      ("argparse", "Namespace", "_get_kwargs", [], [object, none]),
      ("argparse", "Namespace", "data", [object, none], []),
      ("argparse", "Namespace", "tensors", [object], []),
      ("uuid", "UUID", "is_safe", [int(0), none], [object, list(), tuple()]),
    ]

  @Test(arguments: parts.indices)
  func aPartIsOfItsKind(index: Int) throws {
    let part = Self.parts[index]
    for value in part.sound {
      let object = Self.object(part.module, part.name, Self.entries([part.key: value]))
      #expect(try rules(object) == [], "\(part.name) \(value)")
    }
    for value in part.odd {
      let object = Self.object(part.module, part.name, Self.entries([part.key: value]))
      #expect(try rules(object) == ["odd-state"], "\(part.name) \(value)")
    }
  }

  @Test func aDictionaryIsMadeOfPairs() throws {
    let pair = Self.tuple(Self.text("a"), Self.int(1))
    let python2 = Self.list(of: Self.text("b"), Self.object)
    func made(_ elements: [UInt8]...) throws -> Set<String> {
      let list = [0x5D, 0x28] + elements.joined() + [0x65]
      return try rules(Self.call(Self.name("collections", "OrderedDict"), list))
    }
    #expect(try made() == [] && made(pair, python2) == [])
    let subset = Self.object("torch.utils.data.dataset", "Subset", Self.entries([:]))
    for odd in [subset, Self.text("ab"), Self.ordered, Self.tuple(Self.int(1))] {
      #expect(try made(pair, odd) == ["odd-call"])
    }
  }

  // MARK: - Types, texts and numbers of NumPy

  /// What torch would call in the place of a function, in the objects of other modules.
  @Test func aTypeOfNumPyInAContainer() throws {
    let type = Self.entries(["a": Self.name("numpy", "void")])
    for object in [
      Self.object("collections", "UserDict", Self.entries(["data": type])),
      Self.object("collections", "ChainMap", Self.entries(["maps": Self.list(of: type)])),
    ] {
      let module = Self.object("torch.nn.modules.linear", "Linear", Self.entries(["note": object]))
      #expect(try rules(module) == ["odd-state"])
      #expect(try rules(object) == [])
    }
  }

  /// Elements of an array are texts that no opcode shows.
  @Test func aNameInAnArrayOfTexts() throws {
    func array(_ text: String, isBig: Bool = false) throws -> Set<String> {
      let letters = text.utf8.flatMap { byte -> [UInt8] in
        isBig ? [0, 0, 0, byte] : [byte, 0, 0, 0]
      }
      let type = Self.type("U\(text.utf8.count)", Self.typeState(letters.count, 4))
      let content = Self.content([1], type, Self.bytes(letters))
      return try rules(Self.noArray + content)
    }
    for name in ["__array_interface__", "a__array_struct__", "__torch_function__"] {
      #expect(try array(name) == ["odd-state"])
      #expect(try array(name, isBig: true) == ["odd-state"])
    }
    for name in ["__init__", "_array_interface__", "__name__"] { #expect(try array(name) == []) }
  }

  /// NumPy fills a generator's words with whatever an array can be made of.
  @Test func theWordsOfAGenerator() throws {
    func generator(_ words: [UInt8]) throws -> Set<String> {
      let maker = Self.call(
        Self.name("numpy.random._pickle", "__bit_generator_ctor"),
        Self.name("numpy.random._sfc64", "SFC64")
      )
      let state = Self.entries(["state": Self.entries(["state": words]), "has_uint32": Self.int(0)])
      return try rules(maker + state + Self.build)
    }
    let array = Self.noArray + Self.content([2], Self.letters, Self.bytes([1, 2]))
    for sound in [array, Self.int(1), Self.tuple(Self.int(1)), Self.list(of: Self.int(1))] {
      #expect(try generator(sound) == [])
    }
    let objects = Self.noArray + Self.content([1], Self.objects, Self.list(1))
    let module = Self.object("torch.nn.modules.linear", "Identity", Self.entries([:]))
    for odd in [module, Self.object, objects, Self.noArray, Self.list(of: module)] {
      #expect(try generator(odd) == ["odd-state"])
    }
  }
}
