import BallastBytes
import BallastCheckpoint
import BallastFormats
import Testing

/// Keys of dictionaries: which are one to Python, and what names they give.
@Suite struct TorchKeyTests {
  private static func tensor(_ storage: String) -> [UInt8] {
    TorchPickle.tensor(TorchPickle.storage(storage, count: 2), sizes: [2], strides: [1])
  }

  /// A dictionary of the keys, whose values are [0, 1], [2, 3] and so on.
  private func open(_ keys: [[UInt8]]) throws -> Checkpoint {
    let entries = keys.enumerated().map { (key: $1, value: Self.tensor(String($0))) }
    let storages = keys.indices.map { index in
      (String(index), (0..<2).flatMap { littleEndian(Float(2 * index + $0).bitPattern) })
    }
    let pickle = TorchPickle.dictionary(entries)
    return try TorchZip.open(
      try torchZip(pickle, storages: Dictionary(uniqueKeysWithValues: storages)).source
    )
  }

  private func warnings(_ checkpoint: Checkpoint) -> [TorchFault?] {
    checkpoint.warnings.map { $0.fault as? TorchFault }
  }

  private static func double(_ value: Double) -> [UInt8] {
    bytes("G", littleEndian(value.bitPattern).reversed())
  }

  static let equalKeys: [[[UInt8]]] = [
    [TorchPickle.integer(1), [0x88]], [TorchPickle.integer(1), double(1)],
    [[0x89], double(-0.0)], [double(0.5), double(0.5)], [bytes("N"), bytes("N")],
    [TorchPickle.text("a"), bytes("U", 1, "a")], [bytes("C", 1, "a"), bytes("C", 1, "a")],
    [TorchPickle.global("torch", "float32"), TorchPickle.global("torch", "float32")],
    [
      TorchPickle.tuple(TorchPickle.integer(1), TorchPickle.text("x")),
      TorchPickle.tuple([0x88], TorchPickle.text("x")),
    ],
    [bytes(0x8A, 9, 5, [UInt8](repeating: 0, count: 8)), TorchPickle.integer(5)],
    [bytes(0x8A, 9, 0xFE, [UInt8](repeating: 0xFF, count: 8)), TorchPickle.integer(-2)],
    [double(0x1p63), bytes(0x8A, 9, power(63, 9))],
    [double(-0x1p70), bytes("L-1180591620717411303424L\n")],
    [TorchPickle.global("torch", "float"), TorchPickle.global("torch", "float32")],
    [encoded("ab", "latin1"), encoded("ab", "utf-8")],
    [encoded("ab", "iso-8859-1"), bytes("C", 2, "ab")],
  ]

  /// A power of two, in so many bytes.
  private static func power(_ exponent: Int, _ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes[exponent / 8] = 1 << UInt8(exponent % 8)
    return bytes
  }

  private static func encoded(_ text: String, _ encoding: String) -> [UInt8] {
    TorchPickle.call("_codecs", "encode", TorchPickle.text(text), TorchPickle.text(encoding))
  }

  static let equalKeysWithoutNames: [[[UInt8]]] = [
    [bytes(0x8A, 10, power(70, 10)), bytes(0x8A, 12, power(70, 12))],
    [bytes(0x8A, 10, power(70, 10)), double(0x1p70)],
    [bytes(0x8A, 10, power(70, 10)), bytes("L1180591620717411303424L\n")],
    [
      TorchPickle.text(String(repeating: "k", count: 1100)),
      TorchPickle.text(String(repeating: "k", count: 1100)),
    ],
    [
      TorchPickle.tuple(TorchPickle.tuple(TorchPickle.integer(1))),
      TorchPickle.tuple(TorchPickle.tuple([0x88])),
    ],
    [
      TorchPickle.call("torch", "Size", TorchPickle.tuple(TorchPickle.integer(1))),
      TorchPickle.tuple(TorchPickle.integer(1)),
    ],
    [
      TorchPickle.call("builtins", "complex", TorchPickle.integer(1), TorchPickle.integer(0)),
      TorchPickle.integer(1),
    ],
    [
      TorchPickle.call("builtins", "complex", double(-0.0), TorchPickle.integer(2)),
      TorchPickle.call("__builtin__", "complex", TorchPickle.integer(0), double(2)),
    ],
    [bytes("X", 3, 0, 0, 0, 0xED, 0xA0, 0x80), bytes("V", #"\ud800"#, "\n")],
  ]

  @Test(arguments: equalKeysWithoutNames)
  func keysWithoutANameThatAreOne(keys: [[UInt8]]) throws {
    let checkpoint = try open(keys)
    #expect(try checkpoint.tensors.map { try $0.floats() } == [[2, 3]])
    let name = try #require(checkpoint.tensors.first?.name)
    #expect(warnings(checkpoint) == [.inventedName(path: name), .repeatedKey(path: name)])
  }

  @Test func keysThatCannotBeComparedAreSaidToBe() throws {
    let pairs: [[[UInt8]]] = [
      [TorchPickle.call("a", "b"), TorchPickle.call("a", "b")],
      [TorchPickle.call("fractions", "Fraction", TorchPickle.text("1")), TorchPickle.integer(1)],
      [TorchPickle.global("a", "b"), TorchPickle.global("c", "d")],
      [Self.encoded("ab", "utf-16"), bytes("C", 1, "a")],
      [Self.encoded("\u{E9}", "utf-8"), Self.encoded("\u{E9}", "latin1")],
      [TorchPickle.tuple(TorchPickle.call("a", "b")), TorchPickle.text("a")],
    ]
    for keys in pairs {
      let checkpoint = try open(keys)
      #expect(checkpoint.tensors.count == 2)
      #expect(warnings(checkpoint).contains(.incomparableKeys(path: "tensor")))
      #expect(try warnings(open([keys[0]])).allSatisfy { $0 != .incomparableKeys(path: "tensor") })
    }
    // Tensors are told apart as objects.
    let tensors = try open([Self.tensor("0"), Self.tensor("0")])
    #expect(warnings(tensors) == [.inventedName(path: "?0"), .inventedName(path: "?1")])
  }

  @Test(arguments: equalKeys)
  func keysThatAreOne(keys: [[UInt8]]) throws {
    let checkpoint = try open(keys)
    #expect(checkpoint.tensors.count == 1)
    #expect(try checkpoint.tensors.first?.floats() == [2, 3])
    let name = try #require(checkpoint.tensors.first?.name)
    #expect(warnings(checkpoint) == [.repeatedKey(path: name)])
  }

  @Test(arguments: [
    ([TorchPickle.integer(1), TorchPickle.text("1")], ["1", "['1']"]),
    ([bytes("C", 1, "1"), TorchPickle.integer(1)], ["1", "[1]"]),
    (
      [TorchPickle.text("None"), bytes("N"), bytes("C", 4, "None")],
      ["None", "[None]", "[None] (2)"]
    ),
    ([TorchPickle.text("\u{E9}"), TorchPickle.text("e\u{301}")], ["\u{E9}", "e\u{301}"]),
    ([double(.nan), double(.nan)], ["nan", "[nan]"]),
    (
      [bytes("V", #"\ud83d\ude00"#, "\n"), TorchPickle.text("\u{1F600}")],
      [#"\ud83d\ude00"#, "\u{1F600}"]
    ),
    (
      [bytes("V", #"\ud83d"#, "\n"), bytes("V", #"\u005cud83d"#, "\n")],
      [#"\ud83d"#, #"['\ud83d']"#]
    ),
  ])
  func keysThatAreTwo(keys: [[UInt8]], names: [String]) throws {
    let checkpoint = try open(keys)
    #expect(checkpoint.tensors.map { ExactString($0.name) } == names.map { ExactString($0) })
    for (index, tensor) in checkpoint.tensors.enumerated() {
      #expect(try tensor.floats() == [Float(2 * index), Float(2 * index + 1)])
    }
  }

  @Test func surrogatesAreTwoKeysAndEscaped() throws {
    func surrogate(_ last: UInt8) -> [UInt8] { bytes("X", 3, 0, 0, 0, 0xED, 0xA0, Int(last)) }
    let checkpoint = try open([surrogate(0x80), surrogate(0x81)])
    #expect(checkpoint.tensors.map(\.name) == [#"\ud800"#, #"\ud801"#])
    #expect(try checkpoint.tensors[1].floats() == [2, 3])
    #expect(
      warnings(checkpoint) == [.inventedName(path: #"\ud800"#), .inventedName(path: #"\ud801"#)]
    )
  }

  @Test func namesThatAreMadeUpAreSaidToBe() throws {
    let keys = [
      TorchPickle.text(String(repeating: "k", count: 70_000)),
      TorchPickle.tuple(TorchPickle.tuple(TorchPickle.text("a")), TorchPickle.text("b")),
      bytes(0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1),
      TorchPickle.call("builtins", "frozenset", TorchPickle.list([TorchPickle.integer(1)])),
      bytes("(K", 1, 0x91), bytes("C", 1, 0xFF),
    ]
    let checkpoint = try open(keys)
    #expect(checkpoint.tensors.map(\.name) == ["?0", "?1", "?2", "?3", "?4", "\u{FFFD}"])
    #expect(
      warnings(checkpoint)
        == [.incomparableKeys(path: "tensor")]
        + checkpoint.tensors.map { .inventedName(path: $0.name) }
    )
  }
}
