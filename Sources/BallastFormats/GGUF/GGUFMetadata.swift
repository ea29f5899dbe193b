import BallastBytes
import BallastJSON

/// The metadata of a GGUF file, as it is being read: a count of keys, types and values.
///
/// Values become JSON. Integers stay integers where `Int` holds them; float32 becomes the shortest
/// decimal that reads back as the same float32, so that 1e-5 is 1e-5.
struct GGUFMetadata {
  private(set) var values = JSONObject()
  /// The keys' own types, where a rule depends on them.
  private(set) var alignment = GGUF.defaultAlignment
  private let limits: GGUFLimits
  private var elementsLeft: Int

  init(_ limits: GGUFLimits) {
    self.limits = limits
    elementsLeft = limits.arrayElements
  }

  /// Reads one key with its value.
  @_lifetime(reader: copy reader)
  mutating func readMember(_ reader: inout ByteReader) throws(FormatError) {
    let place = reader.offset
    let key = try readName(&reader)
    guard !key.isEmpty else { throw FormatError(GGUFFault.emptyKey, at: place) }
    guard values[key] == nil else { throw FormatError(GGUFFault.duplicateKey(key), at: place) }
    let kind = try readKind(&reader, key: key)
    let valuePlace = reader.offset
    let value = try readValue(&reader, kind, key: key)
    values[key] = value
    if key == GGUF.alignmentKey {
      guard kind == .u32, let bytes = value.integer, bytes >= 8, bytes & (bytes - 1) == 0 else {
        throw FormatError(GGUFFault.badAlignment, at: valuePlace)
      }
      alignment = bytes
    }
  }

  @_lifetime(reader: copy reader)
  private func readKind(
    _ reader: inout ByteReader,
    key: String
  ) throws(FormatError) -> GGUFValue.Kind {
    let place = reader.offset
    let number = try reader.read(UInt32.self)
    guard let kind = GGUFValue.Kind(rawValue: number) else {
      throw FormatError(GGUFFault.unknownValueType(key: key, number), at: place)
    }
    return kind
  }

  @_lifetime(reader: copy reader)
  private mutating func readValue(
    _ reader: inout ByteReader,
    _ kind: GGUFValue.Kind,
    key: String
  ) throws(FormatError) -> JSONValue {
    switch kind {
    case .u8: return .integer(Int(try reader.read(UInt8.self)))
    case .i8: return .integer(Int(try reader.read(Int8.self)))
    case .u16: return .integer(Int(try reader.read(UInt16.self)))
    case .i16: return .integer(Int(try reader.read(Int16.self)))
    case .u32: return .integer(Int(try reader.read(UInt32.self)))
    case .i32: return .integer(Int(try reader.read(Int32.self)))
    case .i64: return .integer(Int(try reader.read(Int64.self)))
    case .u64:
      let value = try reader.read(UInt64.self)
      return Int(exactly: value).map { .integer($0) } ?? .number(Double(value))
    case .f32:
      let value = Float(bitPattern: try reader.read(UInt32.self))
      return .number(Double(value.description) ?? Double(value))
    case .f64: return .number(Double(bitPattern: try reader.read(UInt64.self)))
    case .bool:
      let place = reader.offset
      let byte = try reader.read(UInt8.self)
      guard byte <= 1 else { throw FormatError(GGUFFault.badBool(key: key, byte), at: place) }
      return .bool(byte == 1)
    case .string: return .string(try readText(&reader, limit: limits.textBytes))
    case .array: return try readArray(&reader, key: key)
    }
  }

  /// An array that is not read to its end yet.
  private struct OpenArray {
    let kind: GGUFValue.Kind
    var left: Int
    var values: [JSONValue] = []

    init(kind: GGUFValue.Kind, count: Int) {
      self.kind = kind
      left = count
      values.reserveCapacity(count)
    }
  }

  /// Reads arrays, and arrays within them, in one loop: a file does not decide how deep the stack is.
  @_lifetime(reader: copy reader)
  private mutating func readArray(
    _ reader: inout ByteReader,
    key: String
  ) throws(FormatError) -> JSONValue {
    var open = [try readArrayHeader(&reader, key: key)]
    while var array = open.popLast() {
      if array.left == 0 {
        guard var outer = open.popLast() else { return .array(array.values) }
        outer.values.append(.array(array.values))
        open.append(outer)
        continue
      }
      array.left -= 1
      guard array.kind == .array else {
        array.values.append(try readValue(&reader, array.kind, key: key))
        open.append(array)
        continue
      }
      open.append(array)
      guard open.count < GGUFLimits.nesting else {
        let fault = GGUFFault.nestedTooDeeply(key: key, limit: GGUFLimits.nesting)
        throw FormatError(fault, at: reader.offset)
      }
      open.append(try readArrayHeader(&reader, key: key))
    }
    return .array([])
  }

  @_lifetime(reader: copy reader)
  private mutating func readArrayHeader(
    _ reader: inout ByteReader,
    key: String
  ) throws(FormatError) -> OpenArray {
    let kind = try readKind(&reader, key: key)
    let place = reader.offset
    let count = try reader.read(UInt64.self)
    guard count <= elementsLeft else {
      let limit = limits.arrayElements
      throw FormatError(GGUFFault.tooMany(.arrayElements, count: count, limit: limit), at: place)
    }
    // Every element takes a byte at least: what cannot be there is not made room for.
    guard count <= reader.remaining else {
      throw FormatError(ByteFault.truncated(needed: Int(count) - reader.remaining), at: place)
    }
    elementsLeft -= Int(count)
    return OpenArray(kind: kind, count: Int(count))
  }
}

/// Reads the name of a key or tensor: its length in bytes, and UTF-8.
@_lifetime(reader: copy reader)
func readName(_ reader: inout ByteReader) throws(FormatError) -> String {
  let place = reader.offset
  let length = try reader.read(UInt64.self)
  guard length <= GGUFLimits.nameBytes else {
    throw FormatError(GGUFFault.nameTooLong(length, limit: GGUFLimits.nameBytes), at: place)
  }
  return try reader.readString(Int(length))
}

/// Reads a text: its length in bytes, and UTF-8.
@_lifetime(reader: copy reader)
func readText(_ reader: inout ByteReader, limit: Int) throws(FormatError) -> String {
  let place = reader.offset
  let length = try reader.read(UInt64.self)
  guard length <= limit else {
    throw FormatError(GGUFFault.textTooLong(length, limit: limit), at: place)
  }
  return try reader.readString(Int(length))
}
