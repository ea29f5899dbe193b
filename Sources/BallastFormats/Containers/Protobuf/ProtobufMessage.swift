public import BallastBytes

/// The fields of one protobuf message, one after another; no schema is known here.
///
///     field = varint (number << 3 | wire type), then by wire type:
///     0 varint · 1 eight bytes · 2 varint length and bytes · 5 four bytes
struct ProtobufMessage: ~Escapable {
  /// A field's number, and its value.
  struct Field {
    let number: UInt64
    let value: Value
    /// Where the field starts in the file.
    let offset: Int
  }

  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    /// The range of the bytes within the message.
    case bytes(Range<Int>)
  }

  private let bytes: RawSpan
  private let base: Int
  private var reader: ByteReader

  /// The message in `bytes`, which stand at `base` in their file.
  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, base: Int) {
    self.bytes = bytes
    self.base = base
    reader = ByteReader(bytes, base: base)
  }

  /// The next field, or nil at the end.
  @_lifetime(self: copy self)
  mutating func next() throws(FormatError) -> Field? {
    guard reader.remaining > 0 else { return nil }
    let offset = reader.offset
    let tag = try Varint.read(&reader)
    guard tag >> 3 != 0 else { throw FormatError(ProtobufFault.badField, at: offset) }
    let value: Value
    switch tag & 7 {
    case 0: value = .varint(try Varint.read(&reader))
    case 1: value = .fixed64(try reader.read())
    case 2:
      let count = try Varint.readSize(&reader)
      let start = reader.position
      try reader.skip(count)
      value = .bytes(start..<start + count)
    case 5: value = .fixed32(try reader.read())
    default: throw FormatError(ProtobufFault.badField, at: offset)
    }
    return Field(number: tag >> 3, value: value, offset: offset)
  }

  /// The message within a field of bytes.
  @_lifetime(copy self)
  func message(_ range: Range<Int>) -> ProtobufMessage {
    ProtobufMessage(bytes.extracting(range), base: base + range.lowerBound)
  }
}

/// The ways in which a protobuf message can be wrong.
public enum ProtobufFault: FormatFault {
  case badVarint
  case badField
  case wrongType(field: UInt64)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .badVarint: "a number has more than 64 bits"
    case .badField: "a protobuf field has no number, or a type that is not read"
    case .wrongType(let field): "protobuf field \(field) has a value of another type"
    }
  }
}
