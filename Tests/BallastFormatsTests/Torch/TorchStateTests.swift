import BallastBytes
import BallastCheckpoint
import BallastFormats
import Testing

/// What torch sets in a tensor after it has made it, and classes that make tensors themselves.
@Suite struct TorchStateTests {
  private static let storage = TorchPickle.storage("0", count: 4)
  private static let tensor = TorchPickle.tensor(storage, sizes: [4], strides: [1])
  private static let other = TorchPickle.tensor(
    TorchPickle.storage("1", count: 4),
    sizes: [4],
    strides: [1]
  )
  private static let hooks = TorchPickle.call("collections", "OrderedDict")

  private func open(_ value: [UInt8]) throws -> Checkpoint {
    let pickle = TorchPickle.dictionary(["x": value, "y": Self.other])
    return try TorchZip.open(
      try torchZip(pickle, storages: ["0": floats(4), "1": floats(4)]).source
    )
  }

  private func fault(_ value: [UInt8]) throws -> TorchFault? {
    let error = try #require(throws: FormatError.self) { try open(value) }
    #expect(error.offset != nil)
    return error.fault as? TorchFault
  }

  /// Why the tensor is left out.
  private func obstacle(_ value: [UInt8]) throws -> TorchObstacle? {
    let checkpoint = try open(value)
    #expect(checkpoint.tensors.map(\.name) == ["y"])
    guard
      case .unreadable(tensor: "x", let obstacle)? = checkpoint.warnings.first?.fault as? TorchFault
    else { return nil }
    return obstacle
  }

  /// The two functions that set what a state says as attributes.
  private static func withState(_ state: [UInt8]) -> [[UInt8]] {
    let arguments = TorchPickle.tuple(
      storage,
      TorchPickle.integer(0),
      TorchPickle.tuple(TorchPickle.integer(4)),
      TorchPickle.tuple(TorchPickle.integer(1)),
      [0x89],
      hooks
    )
    return [
      TorchPickle.call(
        "torch._utils",
        "_rebuild_parameter_with_state",
        tensor,
        [0x88],
        hooks,
        state
      ),
      TorchPickle.call(
        "torch._tensor",
        "_rebuild_from_type_v2",
        TorchPickle.global("torch._utils", "_rebuild_tensor_v2"),
        TorchPickle.global("torch", "Tensor"),
        arguments,
        state
      ),
    ]
  }

  /// An OrderedDict, which is filled after it was made.
  private static func ordered(_ entries: KeyValuePairs<String, [UInt8]>) -> [UInt8] {
    bytes(hooks, "(", entries.flatMap { TorchPickle.text($0.key) + $0.value }, "u")
  }

  @Test(arguments: ["data", "real", "imag", "grad", "names", "requires_grad", "__class__"])
  func propertiesOfTensorsAreNoAttributes(name: String) throws {
    let dictionary = TorchPickle.dictionary([(TorchPickle.text(name), Self.other)])
    let states = [
      dictionary, TorchPickle.tuple(bytes("N"), dictionary),
      bytes(Self.hooks, "(", TorchPickle.text(name), Self.other, "u"),
      TorchPickle.call("collections", "Counter", dictionary),
    ]
    for state in states {
      for value in Self.withState(state) {
        #expect(try fault(value) == .changedTensor(tensor: "x"))
      }
    }
    // Names are compared as they are meant, not as they are written.
    let escaped = bytes("}V", #"\u0064ata"#, "\n", Self.other, "s")
    for value in Self.withState(escaped) {
      #expect(try fault(value) == .changedTensor(tensor: "x"))
    }
  }

  @Test func attributesAreReadFromEveryDictionary() throws {
    let entries = TorchPickle.dictionary(["more": Self.other])
    let states = [
      entries, TorchPickle.tuple(bytes("N"), entries), TorchPickle.tuple(entries, bytes("N")),
      Self.ordered(["more": Self.other]), TorchPickle.call("collections", "OrderedDict", entries),
    ]
    for state in states {
      for value in Self.withState(state) {
        #expect(try open(value).tensors.map(\.name) == ["x", "x.more", "y"])
      }
    }
    // What cannot be followed is refused, not passed over.
    for state in [TorchPickle.integer(1), TorchPickle.call("a", "b"), TorchPickle.list([])] {
      for value in Self.withState(state) {
        #expect(try fault(value) == .changedTensor(tensor: "x"))
      }
    }
  }

  @Test func attributesThatCameLaterAreNotTheTensors() throws {
    let late = bytes("h", 9, "(", TorchPickle.text("more"), Self.other, "u")
    for state in [bytes("}q", 9), bytes(Self.hooks, "q", 9)] {
      for value in Self.withState(state) {
        #expect(try fault(TorchPickle.tuple(value, late)) == .changedAfterUse)
      }
    }
  }

  @Test func threePartsAreANoteOfGradientsOrAView() throws {
    let view = TorchPickle.tuple(
      TorchPickle.storage("1", count: 4),
      TorchPickle.integer(0),
      TorchPickle.tuple(TorchPickle.integer(4))
    )
    #expect(try fault(bytes(Self.tensor, view, "b")) == .changedTensor(tensor: "x"))
    for hooks in [bytes("N"), Self.hooks, bytes("}")] {
      let note = TorchPickle.tuple([0x88], [0x89], hooks)
      #expect(try open(bytes(Self.tensor, note, "b")).tensors.count == 2)
    }
  }

  @Test func classesThatMakeTensorsAreNamed() throws {
    let view = TorchPickle.tuple(
      Self.storage,
      TorchPickle.integer(0),
      TorchPickle.tuple(TorchPickle.integer(4)),
      TorchPickle.tuple(TorchPickle.integer(1))
    )
    for name in ["Tensor", "FloatTensor"] {
      let made = bytes(TorchPickle.global("torch", name), ")", 0x81)
      #expect(try obstacle(bytes(made, view, "b")) == .unknownFunction(name))
      for argument in [Self.storage, Self.tensor, TorchPickle.list([TorchPickle.integer(1)])] {
        let call = TorchPickle.call("torch", name, argument)
        #expect(try obstacle(call) == .unknownFunction(name))
      }
    }
    let list = TorchPickle.list([TorchPickle.integer(1)])
    #expect(try obstacle(TorchPickle.call("torch", "tensor", list)) == .unknownFunction("tensor"))
  }

  @Test func onlyTheTypeOfTheFileIsRead() throws {
    func on(_ device: String, as type: String, _ tensor: [UInt8]) -> [UInt8] {
      TorchPickle.call(
        "torch._utils",
        "_rebuild_device_tensor_from_cpu_tensor",
        tensor,
        TorchPickle.global("torch", type),
        TorchPickle.text(device),
        [0x89]
      )
    }
    let twice = on("cpu", as: "int64", on("cpu", as: "float32", Self.tensor))
    #expect(try obstacle(twice) == .converted(to: "int64"))
    let back = on("cpu", as: "float32", on("cpu", as: "float16", Self.tensor))
    #expect(try obstacle(back) == .converted(to: "float32"))
    #expect(try obstacle(on("meta", as: "float32", Self.tensor)) == .meta)
    #expect(try open(on("cpu", as: "float", Self.tensor)).tensors.count == 2)
  }

  @Test func aDequeHoldsTheLastOfItsElements() throws {
    func deque(_ maximum: [UInt8], _ appended: [UInt8] = []) -> [UInt8] {
      let elements = TorchPickle.list([Self.tensor, Self.other])
      return bytes(TorchPickle.call("collections", "deque", elements, maximum), appended)
    }
    let one = try open(deque(TorchPickle.integer(1)))
    #expect(one.tensors.map(\.name) == ["x.0", "y"])
    #expect(one.tie(of: one.tensors[1])?.name == "x.0")
    let appended = bytes("(", Self.tensor, "e")
    #expect(try open(deque(TorchPickle.integer(1), appended)).tensors.map(\.name) == ["x.0", "y"])
    #expect(try open(deque(TorchPickle.integer(2), appended)).tensors.count == 3)
    #expect(try open(deque(bytes("N"), appended)).tensors.count == 4)
    let unknown = try open(deque(TorchPickle.text("1")))
    #expect(unknown.warnings.map { $0.fault as? TorchFault } == [.unreadContents(path: "x")])
  }
}
