import BallastBytes
import BallastCheckpoint
import BallastFormats
import Testing

/// Large values that many tensors share: each is read once, or counted as often as it is read.
@Suite struct TorchSharingTests {
  private static let storage = TorchPickle.storage("0", count: 4)

  private func open(_ pickle: [UInt8], limits: TorchLimits = .standard) throws -> Checkpoint {
    try TorchZip.open(try torchZip(pickle, storages: ["0": floats(4)]).source, limits: limits)
  }

  private func fault(_ pickle: [UInt8], limits: TorchLimits) throws -> TorchFault? {
    try #require(throws: FormatError.self) { try open(pickle, limits: limits) }.fault as? TorchFault
  }

  /// Tensors whose further arguments are `shared`, in a list.
  private static func tensors(_ count: Int, _ shared: [UInt8]) -> [UInt8] {
    let tensor = TorchPickle.tensor(storage, sizes: [4], strides: [1], marks: [bytes("h", 9)])
    return bytes(shared, "q", 9, "0", TorchPickle.list(Array(repeating: tensor, count: count)))
  }

  @Test func tuplesOfTuplesAreLookedThroughOnce() throws {
    let inner = bytes(TorchPickle.tuple(Array(repeating: bytes("N"), count: 2000)), "q", 8, "0")
    let outer = TorchPickle.tuple(Array(repeating: bytes("h", 8), count: 2000))
    let tensor = TorchPickle.tensor(
      Self.storage,
      sizes: [4],
      strides: [1],
      marks: [bytes("N"), bytes("h", 9)]
    )
    let tensors = TorchPickle.list(Array(repeating: tensor, count: 1000))
    // Four thousand million steps, if they were taken.
    #expect(try open(bytes(inner, outer, "q", 9, "0", tensors)).tensors.count == 1000)
  }

  @Test func marksAndSizesAreCounted() throws {
    var limits = TorchLimits.standard
    limits.steps = 1 << 12
    let marks = TorchPickle.dictionary(
      (0..<300).map { (key: TorchPickle.text("m\($0)"), value: [0x88]) }
    )
    #expect(try open(Self.tensors(10, marks), limits: limits).tensors.count == 10)
    #expect(try fault(Self.tensors(20, marks), limits: limits) == .tooManyPaths(limit: 1 << 12))
  }

  @Test func scalesInAListAreReadOnce() throws {
    let list = TorchPickle.list((1...4).map(TorchPickle.integer))
    let parameters = TorchPickle.tuple(
      TorchPickle.global("torch", "per_channel_affine"),
      bytes("h", 9),
      TorchPickle.list((0..<4).map { _ in TorchPickle.integer(0) }),
      TorchPickle.integer(0)
    )
    let tensor = TorchPickle.call(
      "torch._utils",
      "_rebuild_qtensor",
      TorchPickle.storage("0", count: 4, type: "QInt8Storage"),
      TorchPickle.integer(0),
      TorchPickle.tuple(TorchPickle.integer(4)),
      TorchPickle.tuple(TorchPickle.integer(1)),
      parameters,
      [0x89],
      bytes("N")
    )
    func file(_ list: [UInt8]) throws -> Checkpoint {
      let pickle = bytes(list, "q", 9, "0", TorchPickle.list([tensor, tensor]))
      return try TorchZip.open(try torchZip(pickle, storages: ["0": [1, 2, 3, 4]]).source)
    }
    for tensor in try file(list).tensors { #expect(try tensor.floats() == [1, 4, 9, 16]) }
    let error = try #require(throws: FormatError.self) {
      try file(TorchPickle.list([TorchPickle.text("a")]))
    }
    #expect(
      error.fault as? TorchFault == .badArguments(tensor: "0", function: "_rebuild_qtensor")
    )
  }

  @Test func longKeysAreCounted() throws {
    var limits = TorchLimits.standard
    limits.steps = 1 << 12
    let text = bytes(TorchPickle.text(String(repeating: "k", count: 1000)), "q", 9, "0")
    let key = TorchPickle.tuple(Array(repeating: bytes("h", 9), count: 8))
    func file(_ key: [UInt8], _ count: Int) -> [UInt8] {
      bytes(
        text,
        TorchPickle.dictionary(Array(repeating: (key: key, value: bytes("]")), count: count))
      )
    }
    #expect(try fault(file(key, 100), limits: limits) == .tooManyPaths(limit: 1 << 12))
    // The same value is the same key.
    let shared = try open(file(bytes("h", 9), 1500), limits: limits)
    #expect(shared.warnings.count == 1)
  }

  @Test func aStorageAloneIsListedAFewTimes() throws {
    var limits = TorchLimits.standard
    limits.repetitions = 10
    let id = bytes(Self.storage, "0")
    #expect(
      try open(
        bytes(id, TorchPickle.list(Array(repeating: Self.storage, count: 11))),
        limits: limits
      ).tensors.count == 11
    )
    #expect(
      try fault(TorchPickle.list(Array(repeating: Self.storage, count: 12)), limits: limits)
        == .tooManyRepetitions(limit: 10)
    )
  }
}
