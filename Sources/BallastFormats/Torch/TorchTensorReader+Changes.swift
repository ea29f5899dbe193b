import BallastBytes

/// What a pickle does to tensors after it has made them, and to what it made them from.
extension TorchTensorReader {
  /// Refuses a pickle that changes storages, or elements of tensors, which others may share.
  func checkChanges() throws(FormatError) {
    if let offset = graph.persistentChange {
      throw FormatError(TorchFault.changedElements, at: offset)
    }
    for object in graph.objects where !(object.entries.isEmpty && object.items.isEmpty) {
      guard function(of: graph.call(object)) == nil else {
        throw FormatError(TorchFault.changedElements, at: object.offset)
      }
    }
  }

  /// Refuses states that are more than attributes: `Tensor.__setstate__` takes a storage, an offset,
  /// sizes and strides, or another tensor's data, and `data` set as an attribute is no attribute.
  ///
  /// Throws `TorchFault.changedTensor`.
  func checkStates(_ states: [PickleValue], at path: TorchPath) throws(FormatError) {
    for state in states where state != .none {
      if let entries = try containers.attributes(of: state) {
        try steps.take(valuesBeyondUsual: entries.count / 2)
        if stride(from: 0, to: entries.count, by: 2).allSatisfy({ isAttribute(entries[$0]) }) {
          continue
        }
      } else if isNoteOfGradients(state) {
        continue
      }
      throw FormatError(TorchFault.changedTensor(tensor: path.dotted))
    }
  }

  /// Whether a key is the name of something that torch's own tensors do not have.
  private func isAttribute(_ key: PickleValue) -> Bool {
    guard let length = graph.textRange(key)?.count else { return false }
    guard length <= Self.maximumPropertyBytes, let name = graph.text(key) else { return true }
    return !Self.properties.contains(name)
  }

  /// No name of a property takes more, however it is escaped.
  private static let maximumPropertyBytes = 10 * "_post_accumulate_grad_hooks".utf8.count

  /// What can be set in a `torch.Tensor` and changes it, or what belongs to it.
  private static let properties: Set<String> = [
    "data", "real", "imag", "grad", "_grad", "grad_dtype", "grad_fn", "_grad_fn", "requires_grad",
    "names", "volatile", "_backward_hooks", "_post_accumulate_grad_hooks", "_python_dispatch",
    "_cdata", "__class__", "__dict__",
  ]

  /// Whether a state says that a tensor requires gradients, is volatile, and has hooks.
  private func isNoteOfGradients(_ state: PickleValue) -> Bool {
    guard case .tuple = state, let parts = graph.elements(state).map(Array.init), parts.count == 3,
      case .bool = parts[0], case .bool = parts[1]
    else { return false }
    switch parts[2] {
    case .none, .dictionary: return true
    case .object(let index):
      return graph.isGlobal(graph.objects[index].callable, "collections", "OrderedDict")
    default: return false
    }
  }

  /// The data of a Variable of 2016, which was made empty and given (data, gradient, hooks, requires_grad,
  /// is volatile); nil where a state is another one.
  func variableData(_ states: [PickleValue]) -> PickleValue? {
    guard states.count == 1, case .tuple = states[0], let parts = graph.elements(states[0]),
      parts.count == 5
    else { return nil }
    return parts.first
  }
}
