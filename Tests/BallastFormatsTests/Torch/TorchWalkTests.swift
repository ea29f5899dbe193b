import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import Testing

/// Names of tensors, wherever in a pickle they are.
@Suite struct TorchWalkTests: TorchWalkSuite {
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
}
