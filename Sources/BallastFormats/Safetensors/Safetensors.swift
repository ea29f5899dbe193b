package import BallastBytes
package import BallastCheckpoint
import BallastJSON

/// safetensors, as the library 0.8 has it.
///
///     ┌──────────────┬──────────────────────────────┬───────────────────────┐
///     │ u64 length n │ n bytes of JSON              │ data, without gaps    │
///     └──────────────┴──────────────────────────────┴───────────────────────┘
///     {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …,
///      "__metadata__": {"key": "text"}}
///
/// Offsets count from the end of the header. Sorted by offset the tensors start at 0, touch one
/// another, and end with the file.
package enum Safetensors {
  package static let name = "safetensors"

  /// The library's own limit for the header.
  package static let maximumHeaderBytes = 100_000_000

  /// Whether a file starts as safetensors does: a length, then a JSON object.
  package static func matches(_ source: SharedBytes) -> Bool {
    var reader = ByteReader(source.bytes)
    guard (try? reader.skip(8)) != nil else { return false }
    for _ in 0..<64 {
      guard let byte = try? reader.read(UInt8.self) else { return false }
      if byte == UInt8(ascii: "{") { return true }
      if ![0x20, 0x09, 0x0A, 0x0D].contains(byte) { return false }
    }
    return false
  }

  /// Opens a file; `file` is its name within a set of several.
  package static func open(
    _ source: SharedBytes,
    file: String? = nil,
    limits: ReadingLimits = .standard
  ) throws(FormatError) -> Checkpoint {
    do {
      return try parse(source, file: file, limits)
    } catch {
      throw error.inFile(file)
    }
  }

  private static func parse(
    _ source: SharedBytes,
    file: String?,
    _ limits: ReadingLimits
  ) throws(FormatError) -> Checkpoint {
    var reader = ByteReader(source.bytes)
    let length = try reader.read(UInt64.self)
    guard length <= maximumHeaderBytes else {
      throw FormatError(
        SafetensorsFault.headerTooLarge(length, limit: maximumHeaderBytes),
        at: 0
      )
    }
    guard length <= reader.remaining else {
      throw FormatError(SafetensorsFault.headerPastEnd(length: length), at: 0)
    }
    let headerStart = reader.offset
    let header = try JSONValue(
      parsing: try reader.readBytes(Int(length)),
      base: headerStart,
      maximumValues: limits.jsonValues,
      limitName: ReadingLimits.jsonValuesName
    )
    guard let members = header.object else {
      throw FormatError(SafetensorsFault.headerNotObject, at: headerStart)
    }
    var parsed = Header(dataStart: reader.offset)
    for (key, value) in members.members {
      if key == "__metadata__" {
        try parsed.readMetadata(value)
      } else {
        try parsed.readEntry(key, value)
      }
    }
    return try parsed.checkpoint(source, file: file)
  }
}

/// What the header says, while it is being read and checked.
private struct Header {
  struct Entry {
    let name: String
    let dtype: DType
    let shape: Shape
    let range: Range<Int>
  }

  let dataStart: Int
  var metadata = JSONObject()
  var entries: [Entry] = []
  var warnings = Warnings()

  /// Where faults of the header are said to be: at its start.
  private static let place = 8

  init(dataStart: Int) {
    self.dataStart = dataStart
  }

  mutating func readMetadata(_ value: JSONValue) throws(FormatError) {
    if value == .null { return }
    guard let object = value.object, object.members.allSatisfy({ $0.value.string != nil }) else {
      throw FormatError(SafetensorsFault.metadataNotStrings, at: Self.place)
    }
    metadata = object
  }

  mutating func readEntry(_ name: String, _ value: JSONValue) throws(FormatError) {
    func fault(_ fault: SafetensorsFault) -> FormatError { FormatError(fault, at: Self.place) }
    guard let fields = value.object else { throw fault(.entryNotObject(tensor: name)) }
    guard let typeName = fields["dtype"]?.string else {
      throw fault(.missingField(tensor: name, field: "dtype"))
    }
    guard let dtype = DType(rawValue: typeName), dtype.isInSafetensors else {
      throw fault(.unknownDType(tensor: name, typeName))
    }
    guard let sizes = Self.sizes(fields["shape"]) else { throw fault(.badShape(tensor: name)) }
    guard let offsets = Self.sizes(fields["data_offsets"]), offsets.count == 2,
      offsets[0] <= offsets[1]
    else { throw fault(.badOffsets(tensor: name)) }
    let shape: Shape
    let bits: Int
    do {
      shape = try Shape(sizes)
      bits = try product(shape.elementCount, dtype.bitWidth)
    } catch {
      throw FormatError(error.fault, at: Self.place)
    }
    let range = offsets[0]..<offsets[1]
    guard bits % 8 == 0 else { throw fault(.partialByte(tensor: name)) }
    guard bits / 8 == range.count else {
      throw fault(.wrongSize(tensor: name, expected: bits / 8, found: range.count))
    }
    for (key, _) in fields.members where !["dtype", "shape", "data_offsets"].contains(key) {
      warnings.append("unknown fields", fault(.unknownField(tensor: name, key)))
    }
    if Self.hasControlCharacters(name) {
      warnings.append("control characters in names", fault(.controlCharacters(tensor: name)))
    }
    entries.append(Entry(name: name, dtype: dtype, shape: shape, range: range))
  }

  /// Whether there is a character of the category Cc: U+0000 to U+001F, or U+007F to U+009F.
  private static func hasControlCharacters(_ name: String) -> Bool {
    var previous: UInt8 = 0
    for byte in name.utf8 {
      if byte < 0x20 || byte == 0x7F { return true }
      if previous == 0xC2, byte < 0xA0 { return true }
      previous = byte
    }
    return false
  }

  /// A list of sizes written as whole numbers: `1.0` is no size, nor is `-1`.
  private static func sizes(_ value: JSONValue?) -> [Int]? {
    guard let array = value?.array else { return nil }
    var sizes: [Int] = []
    for element in array {
      guard case .integer(let size) = element, size >= 0 else { return nil }
      sizes.append(size)
    }
    return sizes
  }

  /// Checks that the data is covered exactly once, and makes the views.
  func checkpoint(_ source: SharedBytes, file: String?) throws(FormatError) -> Checkpoint {
    let dataCount = source.count - dataStart
    var end = 0
    var tensors: [TensorView] = []
    tensors.reserveCapacity(entries.count)
    for entry in entries.sorted(by: Self.isBefore) {
      let place = try sum(dataStart, entry.range.lowerBound, at: Self.place)
      func fault(_ fault: SafetensorsFault) -> FormatError { FormatError(fault, at: place) }
      guard entry.range.lowerBound >= end else { throw fault(.overlap(tensor: entry.name)) }
      guard entry.range.lowerBound == end else { throw fault(.hole(before: entry.name)) }
      guard entry.range.upperBound <= dataCount else { throw fault(.pastEnd(tensor: entry.name)) }
      end = entry.range.upperBound
      let region = try ByteRegion(source, offset: place, count: entry.range.count)
      tensors.append(
        try TensorView(
          name: entry.name,
          dtype: entry.dtype,
          shape: entry.shape,
          storage: TensorStorage(region, file: file, fileOffset: place)
        )
      )
    }
    guard end == dataCount else {
      throw FormatError(SafetensorsFault.trailingBytes(dataCount - end), at: dataStart + end)
    }
    return try Checkpoint(
      format: Safetensors.name,
      files: [.init(name: file ?? "", byteCount: source.count)],
      metadata: metadata,
      warnings: warnings.all,
      tensors: tensors
    )
  }

  private static func isBefore(_ a: Entry, _ b: Entry) -> Bool {
    (a.range.lowerBound, a.range.upperBound) < (b.range.lowerBound, b.range.upperBound)
  }
}
