import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import Testing

/// Names of tensors and settings, wherever in a pickle they are.
@Suite struct TorchWalkTests {
  private static let tensor = TorchPickle.tensor(
    TorchPickle.storage("0", count: 6),
    sizes: [6],
    strides: [1]
  )
  private static let memoized = bytes(tensor, "r", littleEndian(UInt32(1000)))
  private static let again = bytes("j", littleEndian(UInt32(1000)))

  private func open(_ pickle: [UInt8], limits: TorchLimits = .standard) throws -> Checkpoint {
    let source = try torchZip(pickle, storages: ["0": floats(6)]).source
    return try TorchZip.open(source, file: nil, limits: limits)
  }

  private func names(_ pickle: [UInt8]) throws -> [String] { try open(pickle).tensors.map(\.name) }

  private func warnings(_ checkpoint: Checkpoint) -> [TorchFault?] {
    checkpoint.warnings.map { $0.fault as? TorchFault }
  }

  @Test func namesAreKeysIndicesAndAttributes() throws {
    let pickle = TorchPickle.dictionary([
      "a.weight": Self.memoized,
      "model": TorchPickle.dictionary(["h.0.w": Self.again]),
      "list": TorchPickle.list([Self.again, TorchPickle.tuple(bytes("N"), Self.again)]),
      "state": TorchPickle.dictionary([
        (TorchPickle.integer(7), TorchPickle.dictionary(["exp_avg": Self.again]))
      ]),
      "args": bytes(
        TorchPickle.global("argparse", "Namespace"),
        ")",
        0x81,
        TorchPickle.dictionary(["w": Self.again]),
        "b"
      ),
      "ordered": bytes(
        TorchPickle.call("collections", "OrderedDict"),
        TorchPickle.text("w"),
        Self.again,
        "s",
        TorchPickle.dictionary(["_metadata": TorchPickle.dictionary(["version": [0x88]])]),
        "b"
      ),
      "deque": bytes(TorchPickle.call("collections", "deque"), "(", Self.again, "e"),
      "tuple": TorchPickle.call("a", "Named", Self.again, bytes("N")),
    ])
    let checkpoint = try open(pickle)
    #expect(
      checkpoint.tensors.map(\.name) == [
        "a.weight", "model.h.0.w", "list.0", "list.1.1", "state.7.exp_avg", "args.w", "ordered.w",
        "deque.0", "tuple.0",
      ]
    )
    #expect(checkpoint.metadata.count == 0)
    for tensor in checkpoint.tensors.dropFirst() {
      #expect(checkpoint.tie(of: tensor)?.name == "a.weight")
    }
  }

  @Test func aLoneTensorHasAName() throws {
    #expect(try names(Self.tensor) == ["tensor"])
    #expect(try names(TorchPickle.list([Self.memoized, Self.again])) == ["0", "1"])
    #expect(try names(bytes("N")) == [])
  }

  @Test func keysOfEveryKindHaveATextOfTheirOwn() throws {
    let keys = [
      bytes("N"), [0x88], TorchPickle.integer(-3), bytes("G", 0x3F, 0xF8, 0, 0, 0, 0, 0, 0),
      TorchPickle.tuple(TorchPickle.integer(1), TorchPickle.text("x")), bytes("C", 2, "ab"),
      TorchPickle.global("torch", "float32"), TorchPickle.text("naïve\n"),
    ]
    let entries = keys.enumerated().map { (key: $1, value: $0 == 0 ? Self.memoized : Self.again) }
    #expect(
      try names(TorchPickle.dictionary(entries)) == [
        "None", "True", "-3", "1.5", "(1, x)", "ab", "float32", "naïve\n",
      ]
    )
  }

  @Test func namesThatCollideAreToldApart() throws {
    let pickle = TorchPickle.dictionary([
      (TorchPickle.text("a.b"), Self.memoized),
      (TorchPickle.text("a"), TorchPickle.dictionary(["b": Self.again])),
      (TorchPickle.text("1"), Self.again), (TorchPickle.integer(1), Self.again),
    ])
    let checkpoint = try open(pickle)
    #expect(checkpoint.tensors.map(\.name) == ["a.b", "['a']['b']", "1", "[1]"])
    #expect(
      warnings(checkpoint) == [
        .ambiguousName("a.b", renamed: "['a']['b']"), .ambiguousName("1", renamed: "[1]"),
      ]
    )
  }

  @Test func theLastValueOfAKeyCounts() throws {
    let pickle = TorchPickle.dictionary([
      (TorchPickle.text("a"), TorchPickle.integer(1)), (TorchPickle.text("b"), Self.tensor),
      (TorchPickle.text("a"), TorchPickle.integer(2)),
    ])
    let checkpoint = try open(pickle)
    #expect(checkpoint.metadata["a"] == 2)
    #expect(warnings(checkpoint) == [.repeatedKey(path: "a")])
  }

  @Test func modulesNameTheirTensorsAsStateDictsDo() throws {
    func module(_ attributes: KeyValuePairs<String, [UInt8]>) -> [UInt8] {
      bytes(
        TorchPickle.global("torch.nn", "Module"),
        ")",
        0x81,
        TorchPickle.dictionary(attributes),
        "b"
      )
    }
    let linear = module([
      "training": [0x88], "_parameters": TorchPickle.dictionary(["weight": Self.memoized]),
      "_buffers": TorchPickle.dictionary([:]), "_modules": TorchPickle.dictionary([:]),
    ])
    let ordered = bytes(
      TorchPickle.call("collections", "OrderedDict"),
      TorchPickle.text("fc"),
      linear,
      "s"
    )
    let pickle = module([
      "_parameters": TorchPickle.dictionary(["bias": bytes("N")]),
      "_buffers": TorchPickle.dictionary(["mask": Self.again]), "_modules": ordered,
      "extra": TorchPickle.list([Self.again]),
    ])
    // `mask` reads the memo, so the module that stores it must come first.
    let whole = TorchPickle.dictionary(["warm": linear, "net": pickle])
    let checkpoint = try open(whole)
    #expect(
      checkpoint.tensors.map(\.name) == ["warm.weight", "net.mask", "net.fc.weight", "net.extra.0"]
    )
    #expect(checkpoint.metadata["net.fc.training"] == true)
  }

  private func scalar(_ code: String, _ data: [UInt8]) -> [UInt8] {
    TorchPickle.call(
      "numpy._core.multiarray",
      "scalar",
      bytes(
        TorchPickle.call("numpy", "dtype", TorchPickle.text(code), [0x89], [0x88]),
        TorchPickle.tuple(TorchPickle.integer(3), TorchPickle.text("<")),
        "b"
      ),
      bytes("C", data.count, data)
    )
  }

  /// Widths that no scalar has, one of which overflows when it is multiplied: no number, no trap.
  @Test(arguments: ["f-4611686018427387904", "i0", "i9", "f9223372036854775807"])
  func scalarsOfNoType(code: String) throws {
    let pickle = TorchPickle.dictionary(["odd": scalar(code, [1]), "w": Self.tensor])
    let checkpoint = try open(pickle)
    #expect(checkpoint.tensors.count == 1 && checkpoint.metadata["odd"] == nil)
  }

  @Test func settingsAreGathered() throws {
    let pickle = TorchPickle.dictionary([
      "iter_num": TorchPickle.integer(600_000), "done": [0x88], "name": TorchPickle.text("gpt"),
      "lr": bytes("G", 0x3F, 0xF8, 0, 0, 0, 0, 0, 0), "nothing": bytes("N"),
      "model_args": TorchPickle.dictionary(["n_layer": TorchPickle.integer(12)]),
      "betas": TorchPickle.tuple(TorchPickle.integer(1), TorchPickle.integer(2)),
      "loss32": scalar("f4", littleEndian(Float(1.5).bitPattern)),
      "loss64": scalar("f8", littleEndian(Double(-2.5).bitPattern)),
      "loss16": scalar("f2", littleEndian(Float16(0.5).bitPattern)),
      "step": scalar("i4", littleEndian(Int32(-7))), "wide": scalar("u8", littleEndian(UInt64.max)),
      "flag": scalar("b1", [1]),
      "device": TorchPickle.call("torch", "device", TorchPickle.text("cpu")),
      "infinite": bytes("G", 0x7F, 0xF0, 0, 0, 0, 0, 0, 0),
      "bytes": TorchPickle.call(
        "_codecs",
        "encode",
        TorchPickle.text("a"),
        TorchPickle.text("latin1")
      ),
      "long": bytes("L100000000000000000000L\n"), "w": Self.tensor,
      "losses": TorchPickle.list((0..<100).map(TorchPickle.integer)),
    ])
    let metadata = try open(pickle).metadata
    let expected: JSONObject = [
      "iter_num": 600_000, "done": true, "name": "gpt", "lr": 1.5, "model_args.n_layer": 12,
      "betas.0": 1, "betas.1": 2, "loss32": 1.5, "loss64": -2.5, "loss16": 0.5, "step": -7,
      "wide": 18_446_744_073_709_551_616.0, "flag": true, "device": "cpu", "infinite": "inf",
      "long": "100000000000000000000",
    ]
    #expect(metadata == expected)
  }

  @Test func settingsAreFewAndShort() throws {
    let long = String(repeating: "é", count: 5000)
    let many = TorchPickle.dictionary(
      (0..<900).map { (TorchPickle.text("k\($0)"), TorchPickle.text(long)) }
    )
    var members = (0..<20).map { (TorchPickle.text("m\($0)"), many) }
    members += [(TorchPickle.text("epoch"), bytes("K", 3)), (TorchPickle.text("w"), Self.tensor)]
    let checkpoint = try open(TorchPickle.dictionary(members))
    // Those of the file itself are listed, however many there are besides.
    #expect(checkpoint.metadata.count == 16_385 && checkpoint.metadata["epoch"]?.integer == 3)
    let leftOut = checkpoint.warnings.map { $0.fault as? TorchFault }
    #expect(leftOut == [.unlistedSettings(18_000 - 16_384)])
    #expect(checkpoint.metadata["m0.k0"]?.string?.count == 513)
    #expect(checkpoint.tensors.count == 1)
  }

  @Test func aVocabularyIsNotASetting() throws {
    let words = TorchPickle.dictionary(
      (0..<2000).map { (TorchPickle.text("w\($0)"), TorchPickle.integer($0)) }
        + [(TorchPickle.text("embedding"), Self.tensor)]
    )
    let checkpoint = try open(words)
    #expect(checkpoint.metadata.count == 0)
    #expect(checkpoint.tensors.map(\.name) == ["embedding"])
  }

  @Test func longKeysAndTextsAreNotRepeatedForEachTensor() throws {
    // One key of 64 KiB above many tensors would make gigabytes of names.
    let key = TorchPickle.text(String(repeating: "k", count: 1 << 16))
    let inner = TorchPickle.dictionary(["w": Self.tensor])
    let checkpoint = try open(TorchPickle.dictionary([(key, inner)]))
    #expect(checkpoint.tensors.map(\.name) == ["?0.w"])
  }

  // MARK: Hostile shapes

  @Test func containersMayHoldThemselves() throws {
    let pickle = bytes(
      "]q",
      0,
      "(",
      Self.tensor,
      "h",
      0,
      "}q",
      1,
      "X",
      1,
      0,
      0,
      0,
      "k",
      "h",
      0,
      "se"
    )
    #expect(try names(pickle) == ["0"])
  }

  @Test func laughsThatHoldNothingAreWalkedOnce() throws {
    // Sixty levels of ten: more paths than atoms, and no tensor at their end.
    var pickle = bytes("]q", 0, "0")
    for level in 0..<60 {
      pickle += bytes("](", (0..<10).flatMap { _ in bytes("h", level) }, "eq", level + 1, "0")
    }
    pickle += bytes("](h", 60, Self.tensor, "e")
    #expect(try names(pickle) == ["1"])
  }

  @Test func laughsThatHoldATensorAreRefused() throws {
    var pickle = bytes(TorchPickle.list([Self.tensor]), "q", 0, "0")
    for level in 0..<60 {
      pickle += bytes("](", (0..<10).flatMap { _ in bytes("h", level) }, "eq", level + 1, "0")
    }
    var limits = TorchLimits()
    let repeated = try #require(throws: FormatError.self) { try open(pickle + bytes("h", 60)) }
    #expect(repeated.fault as? TorchFault == .tooManyRepetitions(limit: 1 << 15))
    limits.tensors = 1000
    let error = try #require(throws: FormatError.self) {
      try open(pickle + bytes("h", 60), limits: limits)
    }
    #expect(error.fault as? TorchFault == .tooManyTensors(limit: 1000))
    limits.tensors = 1 << 18
    limits.nameBytes = 1 << 20
    let named = try #require(throws: FormatError.self) {
      try open(pickle + bytes("h", 60), limits: limits)
    }
    #expect(named.fault as? TorchFault == .namesTooLong(limit: 1 << 20))
  }

  @Test func knotsAreRefused() throws {
    // Thirty lists, each holding all of them: paths without end, and a tensor in one.
    let count = 30
    var pickle = bytes("(", (0..<count).flatMap { bytes("]q", $0) }, "t0")
    for list in 0..<count {
      pickle += bytes("h", list, "(", (0..<count).flatMap { bytes("h", $0) }, "e0")
    }
    pickle += bytes("h", 0, Self.tensor, "a")
    var limits = TorchLimits()
    limits.steps = 1 << 18
    let error = try #require(throws: FormatError.self) { try open(pickle, limits: limits) }
    #expect(error.fault as? TorchFault == .tooManyPaths(limit: 1 << 18))
  }

  @Test func whatLiesTooDeepIsLeftOutAloud() throws {
    let depth = 600
    let nested =
      [UInt8](repeating: UInt8(ascii: "]"), count: depth) + Self.tensor
      + [UInt8](repeating: UInt8(ascii: "a"), count: depth)
    let checkpoint = try open(TorchPickle.list([nested, Self.tensor]))
    #expect(checkpoint.tensors.map(\.name) == ["1"])
    guard case .nestedTooDeep(_, limit: 512)? = checkpoint.warnings.first?.fault as? TorchFault
    else {
      Issue.record("nothing was said")
      return
    }
    var limits = TorchLimits()
    limits.depth = 1000
    #expect(try open(TorchPickle.list([nested]), limits: limits).tensors.count == 1)
  }

  @Test func aMillionLevelsDoNotOverflow() throws {
    let depth = 1_000_000
    let nested =
      [UInt8](repeating: UInt8(ascii: "]"), count: depth)
      + [UInt8](repeating: UInt8(ascii: "a"), count: depth - 1)
    let checkpoint = try open(TorchPickle.list([Self.tensor, nested]))
    #expect(checkpoint.tensors.map(\.name) == ["0"])
  }
}
