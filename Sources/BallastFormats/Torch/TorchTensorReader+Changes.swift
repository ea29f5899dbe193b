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
  /// sizes and strides, or another tensor's data.
  func checkStates(_ states: [PickleValue], at path: TorchPath) throws(FormatError) {
    for state in states {
      let isPlain =
        if let entries = graph.entries(state) {
          stride(from: 0, to: entries.count, by: 2).allSatisfy {
            graph.textRange(entries[$0]) != nil
          }
        } else if case .tuple = state, let parts = graph.elements(state) {
          // Slots, or whether it requires gradients, is volatile, and its hooks.
          parts.count == 3
            || parts.count == 2 && parts.allSatisfy { $0 == .none || graph.entries($0) != nil }
        } else {
          state == .none
        }
      guard isPlain else { throw FormatError(TorchFault.changedTensor(tensor: path.dotted)) }
    }
  }

  /// Refuses arguments that were changed after the call, in lists, dictionaries and tuples of them.
  func checkUnchanged(
    _ arguments: some Sequence<PickleValue>,
    since offset: Int,
    depth: Int = 2
  ) throws(FormatError) {
    for argument in arguments {
      try graph.checkUnchanged(argument, since: offset)
      if case .tuple = argument, depth > 0, let elements = graph.elements(argument) {
        try checkUnchanged(elements, since: offset, depth: depth - 1)
      }
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
