package import BallastBytes
package import BallastCheckpoint

/// GGUF, ggml's file format, versions 2 and 3, little-endian.
///
///     ┌────────┬─────────────┬────────────────┬─────────────────┐
///     │ "GGUF" │ u32 version │ u64 tensors    │ u64 metadata    │
///     ├────────┴─────────────┴────────────────┴─────────────────┤
///     │ metadata: text key, u32 type, value                     │
///     │ tensors:  text name, u32 rank, u64 sizes, u32 type,     │
///     │           u64 offset                                    │
///     ├─────────────────────────────────────────────────────────┤
///     │ data, padded to a multiple of general.alignment (or 32) │
///     └─────────────────────────────────────────────────────────┘
///
/// A text is a u64 length and UTF-8; an array value a u32 type, a u64 count and the elements.
/// Sizes stand innermost first; offsets count from the start of the data. The specification is
/// ggml's docs/gguf.md.
package enum GGUF {
  package static let name = "gguf"
  static let magic = Array("GGUF".utf8)
  static let defaultAlignment = 32
  static let alignmentKey = "general.alignment"

  /// Whether a file starts as GGUF does.
  package static func matches(_ source: SharedBytes) -> Bool {
    var reader = ByteReader(source.bytes)
    guard let start = try? reader.readBytes(magic.count) else { return false }
    return [UInt8](copying: start) == magic
  }

  /// Opens a file; `name` is its name within a set of several.
  ///
  /// The metadata is the checkpoint's, under its keys; sizes are turned round to be row-major.
  package static func open(
    _ source: SharedBytes,
    name: String? = nil,
    limits: GGUFLimits = .standard
  ) throws(FormatError) -> Checkpoint {
    do {
      return try parse(source, file: name, limits)
    } catch {
      throw error.inFile(name)
    }
  }

  private static func parse(
    _ source: SharedBytes,
    file: String?,
    _ limits: GGUFLimits
  ) throws(FormatError) -> Checkpoint {
    guard matches(source) else { throw FormatError(GGUFFault.notGGUF, at: 0) }
    var reader = ByteReader(source.bytes)
    try reader.skip(magic.count)
    try checkVersion(try reader.read(UInt32.self))
    let tensorCount = try readCount(&reader, of: .tensors, limit: limits.tensors)
    let keyCount = try readCount(&reader, of: .keys, limit: limits.keys)
    var metadata = GGUFMetadata(limits)
    for _ in 0..<keyCount { try metadata.readMember(&reader) }
    var tensors = GGUFTensors(alignment: metadata.alignment)
    for _ in 0..<tensorCount { try tensors.readEntry(&reader) }
    let dataStart = tensorCount == 0 ? reader.offset : try tensors.aligned(reader.offset)
    let (views, warnings) = try tensors.views(of: source, dataStart: dataStart, file: file)
    return try Checkpoint(
      format: Self.name,
      files: [.init(name: file ?? "", byteCount: source.count)],
      metadata: metadata.values,
      warnings: warnings,
      tensors: views
    )
  }

  private static func checkVersion(_ version: UInt32) throws(FormatError) {
    guard version & 0xFFFF != 0 else { throw FormatError(GGUFFault.bigEndian, at: magic.count) }
    guard version == 2 || version == 3 else {
      throw FormatError(GGUFFault.unsupportedVersion(version), at: magic.count)
    }
  }

  @_lifetime(reader: copy reader)
  private static func readCount(
    _ reader: inout ByteReader,
    of what: GGUFFault.Counted,
    limit: Int
  ) throws(FormatError) -> Int {
    let place = reader.offset
    let count = try reader.read(UInt64.self)
    guard count <= limit else {
      throw FormatError(GGUFFault.tooMany(what, count: count, limit: limit), at: place)
    }
    return Int(count)
  }
}
