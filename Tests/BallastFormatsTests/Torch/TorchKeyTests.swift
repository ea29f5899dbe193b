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
  ]

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
    #expect(warnings(checkpoint) == checkpoint.tensors.map { .inventedName(path: $0.name) })
  }
}
