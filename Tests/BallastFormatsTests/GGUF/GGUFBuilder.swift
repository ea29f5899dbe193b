import BallastBytes
import BallastCheckpoint
import BallastFormats

/// The bytes of a GGUF file, written down piece by piece, right or wrong.
struct GGUFBuilder {
  var version: UInt32 = 3
  var members: [[UInt8]] = []
  var tensors: [[UInt8]] = []
  var tensorCount: UInt64?
  var memberCount: UInt64?
  var data: [UInt8] = []

  mutating func addMember(_ key: String, _ kind: GGUFValue.Kind, _ value: [UInt8]) {
    members.append(text(key) + littleEndianBytes(of: kind.rawValue) + value)
  }

  /// A tensor of ggml's type `type`, its sizes innermost first.
  mutating func addTensor(
    _ name: String,
    _ sizes: [UInt64],
    type: UInt32 = 24,
    offset: UInt64 = 0
  ) {
    tensors.append(
      text(name) + littleEndianBytes(of: UInt32(sizes.count))
        + sizes.flatMap { littleEndianBytes(of: $0) } + littleEndianBytes(of: type)
        + littleEndianBytes(of: offset)
    )
  }

  var header: [UInt8] {
    Array("GGUF".utf8) + littleEndianBytes(of: version)
      + littleEndianBytes(of: tensorCount ?? UInt64(tensors.count))
      + littleEndianBytes(of: memberCount ?? UInt64(members.count))
      + members.joined() + tensors.joined()
  }

  /// The file, its data at a multiple of 32.
  var bytes: [UInt8] {
    let header = header
    return header + [UInt8](repeating: 0, count: (32 - header.count % 32) % 32) + data
  }
}

/// A text as GGUF has it.
func text(_ string: String) -> [UInt8] {
  littleEndianBytes(of: UInt64(string.utf8.count)) + Array(string.utf8)
}

/// The start of an array: the type of its elements, and how many there are.
func arrayHeader(_ kind: GGUFValue.Kind, _ count: UInt64) -> [UInt8] {
  littleEndianBytes(of: kind.rawValue) + littleEndianBytes(of: count)
}

/// Opens the bytes of a GGUF file.
func openGGUF(_ bytes: [UInt8]) throws -> Checkpoint {
  try GGUF.open(.copying(bytes))
}
