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

  /// What an optimizer knows of a parameter is asked for its length and its elements.
  @Test func theStateOfAnOptimizerHoldsDictionaries() throws {
    let known = Self.entries(["step": Self.int(1)])
    func optimizer(_ state: [UInt8]) throws -> Set<String> {
      try rules(Self.object("torch.optim.adam", "Adam", Self.entries(["state": state])))
    }
    func literal(_ value: [UInt8]) -> [UInt8] { [0x7D] + Self.int(0) + value + Self.setItem }
    func defaults(_ value: [UInt8]) -> [UInt8] {
      Self.call(Self.name("collections", "defaultdict"), Self.name("builtins", "dict"))
        + Self.int(0) + value + Self.setItem
    }
    for sound in [literal(known), defaults(known), [0x7D], Self.none] {
      #expect(try optimizer(sound) == [])
    }
    let module = Self.object("torch.nn.modules.container", "ParameterDict", Self.entries([:]))
    for odd in [literal(module), defaults(module), Self.ordered, Self.record] {
      #expect(try optimizer(odd) == ["odd-state"])
    }
    // Nor later.
    let later = defaults(known) + [0x71, 9, 0x30]
    let change = [0x30, 0x68, 9] + Self.int(1) + module + Self.setItem
    let object = Self.object("torch.optim.adam", "Adam", Self.entries(["state": [0x68, 9]]))
    #expect(try rules(later + object) == [])
    #expect(try rules(later + object + change) == ["odd-state"])
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
        "collections", "ChainMap", "maps",
        [
          list(of: ordered, entries([:])),
          list(of: name("collections", "UserDict") + [0x29, 0x81], entries([:])),
        ],
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
      (
        "torch.nn.modules.container", "ParameterDict", "_non_persistent_buffers_set",
        [call(name("builtins", "set"), list()), [0x8F], none], [record, list(), ordered]
      ),
      (
        "torch.nn.modules.container", "ParameterDict", "_keys",
        [entries(["a": none]), ordered, list()], [object, record]
      ),
      (
        "torch.nn.modules.rnn", "LSTM", "_modules",
        [entries(["a": object]), ordered + text("a") + object + setItem],
        [
          entries(["_flat_weights_names": object]),
          ordered + text("_flat_weights_names") + object + setItem,
        ]
      ),
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

  /// What the tensors of a data set are was looked at.
  @Test func aListOfTensorsStaysAsItIs() throws {
    let start = Self.name("torch.utils.data.dataset", "TensorDataset") + [0x29, 0x81]
    let state = Self.entries(["tensors": [0x5D, 0x71, 9]])
    #expect(try rules(start + state + Self.build) == [])
    let later = start + state + [0x68, 9] + Self.record + [0x61, 0x30] + Self.build
    #expect(try rules(later) == ["odd-state"])
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
    func array(_ text: String, _ kind: String = "U", isBig: Bool = false) throws -> Set<String> {
      let width = kind == "U" ? 4 : 1
      let letters = text.utf8.flatMap { byte -> [UInt8] in
        let zeros = [UInt8](repeating: 0, count: width - 1)
        return isBig ? zeros + [byte] : [byte] + zeros
      }
      let type = Self.type(
        "\(kind)\(text.utf8.count)",
        Self.typeState(letters.count, width)
      )
      return try rules(Self.noArray + Self.content([1], type, Self.bytes(letters)))
    }
    for name in ["__array_interface__", "a__array_struct__", "____torch_function__"] {
      for kind in ["U", "S", "V"] { #expect(try array(name, kind) == ["odd-state"]) }
      #expect(try array(name, isBig: true) == ["odd-state"])
    }
    for name in ["__init__", "_array_interface__", "__name__", "____"] {
      #expect(try array(name) == [])
    }
  }

  /// Bytes that can be written to are looked at as they stand, and change no more.
  @Test func aNameInABufferOfTexts() throws {
    func view(_ text: String, change: [UInt8] = []) throws -> Set<String> {
      let count = UInt8(text.utf8.count)
      let buffer: [UInt8] = [0x96, count, 0, 0, 0, 0, 0, 0, 0] + Array(text.utf8) + change
      let type = Self.type("S\(count)", Self.typeState(Int(count), 1))
      return try rules(
        Self.call(
          Self.name("numpy._core.numeric", "_frombuffer"),
          buffer,
          type,
          Self.tuple([]),
          Self.text("C")
        )
      )
    }
    #expect(try view("some words") == [])
    #expect(try view("__array_interface__") == ["odd-state"])
    #expect(try view("some words", change: Self.int(1) + [0x61]) == ["odd-state"])
  }

  /// NumPy makes texts of bytes, and pairs of structures that hold objects.
  @Test func namesInBytesAndStructures() throws {
    let name = Self.bytes(Array("__array_interface__".utf8))
    #expect(try rules(Self.tuple(name, Self.object)) == ["odd-state"])
    #expect(try rules(Self.tuple(Self.bytes([0x80, 4, 0x5F]), Self.object)) == [])
    let module = Self.object("torch.nn.modules.linear", "Identity", Self.entries([:]))
    let field = Self.entries(["a": Self.tuple(Self.objects, Self.int(0))])
    let type = Self.call(Self.name("numpy", "dtype"), Self.text("V8"), Self.no, Self.yes)
    let state = Self.tuple([
      Self.int(3), Self.text("|"), Self.none, Self.tuple(Self.text("a")), field, Self.int(8),
      Self.int(1), Self.int(27),
    ])
    let array = Self.noArray + Self.content([1], type + state + Self.build, Self.list(1))
    #expect(try rules(array) == [])
    #expect(try rules(array + [0x30] + module) == ["odd-state"])
    #expect(try rules(module + [0x30] + array) == ["odd-state"])
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
