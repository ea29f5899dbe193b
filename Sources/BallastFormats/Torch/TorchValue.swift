/// What stands around a state dict in a torch file: plain values of Python's.
package indirect enum TorchValue {
  /// The tensors that the writer is given.
  case stateDict
  case none
  case boolean(Bool)
  case integer(Int)
  case real(Double)
  case text(String)
  case tuple([TorchValue])
  case list([TorchValue])
  /// A dictionary, in order; the keys differ.
  case dictionary([(key: String, value: TorchValue)])
}

extension PickleWriter {
  /// A value; `stateDict` writes the one that stands for the tensors.
  mutating func put(_ value: TorchValue, stateDict: (inout PickleWriter) -> Void) {
    switch value {
    case .stateDict: stateDict(&self)
    case .none: put(.none)
    case .boolean(let value): put(value ? .newtrue : .newfalse)
    case .integer(let value): put(value)
    case .real(let value): put(value)
    case .text(let value): put(value)
    case .tuple(let values):
      putTuple(count: values.count) { pickle in
        for value in values { pickle.put(value, stateDict: stateDict) }
      }
    case .list(let values):
      putList(count: values.count) { pickle, index in
        pickle.put(values[index], stateDict: stateDict)
      }
    case .dictionary(let entries):
      putDict(count: entries.count) { pickle, index in
        pickle.put(entries[index].key)
        pickle.put(entries[index].value, stateDict: stateDict)
      }
    }
  }
}
