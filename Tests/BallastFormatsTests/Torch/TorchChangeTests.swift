import BallastBytes
import BallastCheckpoint
import BallastFormats
import Testing

/// Pickles that change what they have used already: torch keeps what was there when it was used.
@Suite struct TorchChangeTests {
  private static let storage = TorchPickle.storage("0", count: 4)
  private static let tensor = TorchPickle.tensor(storage, sizes: [4], strides: [1])
  private static let hooks = TorchPickle.call("collections", "OrderedDict")

  private func open(_ pickle: [UInt8]) throws -> Checkpoint {
    try TorchZip.open(try torchZip(pickle, storages: ["0": floats(4)]).source)
  }

  private func fault(_ pickle: [UInt8]) throws -> TorchFault? {
    let error = try #require(throws: FormatError.self) { try open(pickle) }
    #expect(error.offset != nil)
    return error.fault as? TorchFault
  }

  private func warnings(_ checkpoint: Checkpoint) -> [TorchFault?] {
    checkpoint.warnings.map { $0.fault as? TorchFault }
  }

  /// A tuple of a tensor whose sizes and strides are the lists in memo 0 and 1, and then `change`.
  private static func listed(_ change: [UInt8]) -> [UInt8] {
    bytes(
      "(]q",
      0,
      TorchPickle.integer(2),
      "a]q",
      1,
      TorchPickle.integer(1),
      "a",
      TorchPickle.call(
        "torch._utils",
        "_rebuild_tensor_v2",
        storage,
        TorchPickle.integer(0),
        bytes("h", 0),
        bytes("h", 1),
        [0x89],
        hooks
      ),
      change,
      "t"
    )
  }

  @Test func sizesInAListAreThoseOfTheCall() throws {
    let checkpoint = try open(Self.listed([]))
    #expect(try checkpoint["2"]?.floats() == [0, 1])
    let change = bytes("h", 0, TorchPickle.integer(2), "ah", 1, TorchPickle.integer(2), "a")
    #expect(try fault(Self.listed(change)) == .changedAfterUse)
    let size = bytes(
      "(]q",
      0,
      TorchPickle.integer(2),
      "a",
      TorchPickle.call(
        "torch._utils",
        "_rebuild_tensor_v2",
        Self.storage,
        TorchPickle.integer(0),
        TorchPickle.call("torch", "Size", bytes("h", 0)),
        TorchPickle.tuple(TorchPickle.integer(1)),
        [0x89],
        Self.hooks
      ),
      "h",
      0,
      TorchPickle.integer(2),
      "at"
    )
    #expect(try fault(size) == .changedAfterUse)
  }

  @Test func dictionariesOfDictionariesHaveWhatWasInThem() throws {
    func ordered(_ change: [UInt8]) -> [UInt8] {
      bytes(
        "(}q",
        0,
        "(",
        TorchPickle.text("a"),
        Self.tensor,
        "u",
        TorchPickle.call("collections", "OrderedDict", bytes("h", 0)),
        change,
        "t"
      )
    }
    #expect(try open(ordered([])).tensors.map(\.name) == ["0.a", "1.a"])
    let more = bytes("h", 0, "(", TorchPickle.text("b"), Self.tensor, "u")
    #expect(try fault(ordered(more)) == .changedAfterUse)
    // Python 2's list of pairs, of which a pair is changed later.
    func paired(_ change: [UInt8]) -> [UInt8] {
      bytes(
        "(]q",
        0,
        "(",
        TorchPickle.text("a"),
        Self.tensor,
        "e0",
        TorchPickle.call("collections", "OrderedDict", TorchPickle.list([bytes("h", 0)])),
        change,
        "t"
      )
    }
    #expect(try open(paired([])).tensors.map(\.name) == ["0.a"])
    #expect(try fault(paired(bytes("h", 0, Self.tensor, "a"))) == .changedAfterUse)
    let deque = bytes(
      "(]q",
      0,
      "0",
      TorchPickle.call("collections", "deque", bytes("h", 0)),
      "h",
      0,
      Self.tensor,
      "at"
    )
    #expect(try fault(deque) == .changedAfterUse)
  }

  @Test func whatADictionaryIsMadeFromIsNotLostInSilence() throws {
    for argument in [
      TorchPickle.list([TorchPickle.list([TorchPickle.text("a")])]),
      TorchPickle.call("collections", "OrderedDict"),
    ] {
      let odd = TorchPickle.call("collections", "OrderedDict", argument)
      let checkpoint = try open(TorchPickle.dictionary(["x": odd, "y": Self.tensor]))
      #expect(checkpoint.tensors.map(\.name) == ["y"])
      #expect(warnings(checkpoint) == [.unreadContents(path: "x")])
      #expect(checkpoint.warnings.first?.offset != nil)
    }
    let counted = TorchPickle.call(
      "collections",
      "Counter",
      TorchPickle.list([TorchPickle.tuple(bytes("K", 1), Self.tensor)])
    )
    #expect(
      try warnings(open(TorchPickle.dictionary(["x": counted]))) == [.unreadContents(path: "x")]
    )
    // `__new__` leaves the arguments of a dictionary alone.
    let new = bytes(
      TorchPickle.global("collections", "OrderedDict"),
      TorchPickle.tuple(TorchPickle.dictionary(["a": Self.tensor])),
      0x81
    )
    #expect(try open(new).tensors.isEmpty)
  }

  @Test func statesThatReplaceATensorAreRefused() throws {
    let (zero, one) = (TorchPickle.integer(0), TorchPickle.integer(1))
    let view = [Self.storage, zero, TorchPickle.tuple(one), TorchPickle.tuple(one)]
    for state in [
      TorchPickle.tuple(view), TorchPickle.list(view),
      TorchPickle.tuple(Self.tensor, bytes("NNNN")),
      TorchPickle.dictionary([(key: zero, value: Self.tensor)]),
    ] {
      let changed = bytes(Self.tensor, state, "b")
      #expect(
        try fault(TorchPickle.dictionary(["x": changed])) == .changedTensor(tensor: "x")
      )
      let inner = TorchPickle.call(
        "torch._utils",
        "_rebuild_parameter",
        changed,
        [0x88],
        Self.hooks
      )
      #expect(try fault(TorchPickle.dictionary(["x": inner])) == .changedTensor(tensor: "x"))
    }
    let attributes = TorchPickle.dictionary(["note": TorchPickle.text("a")])
    for state in [attributes, TorchPickle.tuple(bytes("N"), attributes), bytes("N")] {
      let checkpoint = try open(TorchPickle.dictionary(["x": bytes(Self.tensor, state, "b")]))
      #expect(checkpoint.tensors.map(\.name) == ["x"])
    }
  }

  @Test func elementsThatAreSetAreNotLost() throws {
    for changed in [Self.tensor, Self.storage] {
      let pickle = bytes(
        "(",
        changed,
        TorchPickle.integer(0),
        "G",
        0x3F,
        0xF8,
        0,
        0,
        0,
        0,
        0,
        0,
        "s",
        Self.tensor,
        "t"
      )
      #expect(try fault(pickle) == .changedElements)
    }
    let state = bytes("(", Self.storage, TorchPickle.dictionary(["dtype": bytes("N")]), "b", "t")
    #expect(try fault(state) == .changedElements)
  }

  @Test func marksCountByTheirPresence() throws {
    func marked(_ marks: [UInt8]) -> [UInt8] {
      TorchPickle.dictionary([
        "z": TorchPickle.tensor(
          TorchPickle.storage("0", count: 2, type: "ComplexFloatStorage"),
          sizes: [2],
          strides: [1],
          marks: [marks]
        )
      ])
    }
    for value in [[0x88], [0x89], bytes("N")] as [[UInt8]] {
      let checkpoint = try open(marked(TorchPickle.dictionary(["conj": value])))
      let expected: [Float] = [0, -1, 2, -3]
      #expect(
        try checkpoint["z"]?.contents()
          == expected.flatMap { littleEndian($0.bitPattern) }
      )
    }
    for marks in [TorchPickle.dictionary([(TorchPickle.integer(1), [0x88])]), Self.hooks] {
      guard case .badArguments? = try fault(marked(marks)) else {
        Issue.record("odd marks were taken")
        return
      }
    }
  }
}
