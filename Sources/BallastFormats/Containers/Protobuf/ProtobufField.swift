import BallastBytes

/// The bytes of one field of a protobuf message; a message is its fields, one after another.
package enum ProtobufField {
  /// A number; zero is left out, as protobuf has it.
  package static func number(_ field: UInt, _ value: Int) -> [UInt8] {
    value == 0 ? [] : key(field, 0) + Varint.bytes(of: UInt(bitPattern: value))
  }

  /// A message, a string, or bytes; also empty ones.
  package static func bytes(_ field: UInt, _ value: [UInt8]) -> [UInt8] {
    key(field, 2) + Varint.bytes(of: UInt(value.count)) + value
  }

  /// Four bytes.
  package static func fixed(_ field: UInt, _ value: UInt32) -> [UInt8] {
    key(field, 5) + littleEndianBytes(of: value)
  }

  /// Eight bytes.
  package static func fixed(_ field: UInt, _ value: UInt64) -> [UInt8] {
    key(field, 1) + littleEndianBytes(of: value)
  }

  private static func key(_ field: UInt, _ wireType: UInt) -> [UInt8] {
    Varint.bytes(of: field << 3 | wireType)
  }
}
