import BallastJSON

/// The settings beside the tensors: numbers, texts and truth values under dotted names.
struct TorchMetadata {
  /// The most settings, those of the file itself left out: an optimizer with a group for each of a thousand parameters has ten
  /// thousand.
  static let maximumCount = 1 << 14

  /// The most bytes of a name; what has a longer one is not listed.
  static let maximumNameBytes = 1024

  private(set) var values = JSONObject()
  /// The settings that are not listed.
  private(set) var leftOut = 0
  private let graph: PickleGraph

  init(graph: PickleGraph) {
    self.graph = graph
  }

  var count: Int { values.count }

  /// Notes a value if it is a setting; returns whether it is one.
  mutating func take(_ value: PickleValue, at path: TorchPath) -> Bool {
    let isListed =
      (values.count < Self.maximumCount || path.depth <= 1)
      && path.byteCount <= Self.maximumNameBytes
    if case .string = value, !isListed {
      leftOut += 1
      return true
    }
    guard let json = json(value) else { return false }
    guard isListed else {
      leftOut += 1
      return true
    }
    var name = path.dotted
    if values[name] != nil { name = path.subscripted }
    values[name] = json
    return true
  }

  private func json(_ value: PickleValue) -> JSONValue? {
    switch value {
    case .bool(let bool): .bool(bool)
    case .integer(let integer): .integer(integer)
    case .float(let number): number.isFinite ? .number(number) : .string(String(number))
    case .long: graph.longDescription(value).map { .string($0) }
    case .string: graph.abridgedText(value).map { .string($0) }
    case .object(let index): json(graph.objects[index])
    default: nil
    }
  }

  /// numpy's scalars, and what stands for a single value: `torch.device("cpu")`, `Path("out")`.
  private func json(_ object: PickleObject) -> JSONValue? {
    if let scalar = graph.numpyScalar(object) { return json(scalar) }
    let call = graph.call(object)
    guard object.states.isEmpty, object.items.isEmpty, object.entries.isEmpty,
      object.keywords == .none, call.arguments.count == 1, let argument = call.arguments.first
    else { return nil }
    if case .object = argument { return nil }
    return json(argument)
  }
}
