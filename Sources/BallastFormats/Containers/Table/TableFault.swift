public import BallastBytes

/// The ways in which a table can be wrong.
public enum TableFault: FormatFault {
  case notTable
  case badHandle
  case wrongChecksum
  case compressed(UInt8)
  case badRestarts
  case sharedPastKey
  case keyTooLong
  case keysNotAscending
  case blocksNotAscending

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .notTable: "the file does not end as a table does"
    case .badHandle: "a block reaches past the blocks' end"
    case .wrongChecksum: "a block does not have its CRC-32C"
    case .compressed(Table.snappy): "a block is compressed with Snappy, which is not read"
    case .compressed(let kind): "a block has the unknown compression \(kind)"
    case .badRestarts: "a block has no room for its restarts"
    case .sharedPastKey: "an entry shares more bytes than the key before it has"
    case .keyTooLong: "a key is longer than \(Table.maximumKeyBytes) bytes"
    case .keysNotAscending: "the keys are not in ascending order"
    case .blocksNotAscending: "a block starts before the end of the one before"
    }
  }

  /// What a user might do about it.
  public var hint: String? {
    if case .compressed = self {
      "TensorFlow's Saver writes checkpoints without compression"
    } else {
      nil
    }
  }
}
