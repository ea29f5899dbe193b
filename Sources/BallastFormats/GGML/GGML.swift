package import BallastBytes
package import BallastCheckpoint
import BallastJSON

/// ggml's file of GPT-2 from before GGUF, little-endian.
///
///     ┌───────────────────────────────────────────────────────────────────────────┐
///     │ u32 "ggml", i32 vocabulary, context, width, heads, layers, file type      │
///     │ i32 tokens; for each: i32 length, bytes                                   │
///     │ for each tensor, to the end: i32 rank, name's length, type; i32 sizes,    │
///     │ innermost first; name; data, without alignment                            │
///     └───────────────────────────────────────────────────────────────────────────┘
///
/// The reference is ggml's examples/gpt-2: convert-ckpt-to-ggml.py writes the file, main.cpp reads
/// it. The file type has the version of quantisation in its thousands.
package enum GGML {
  package static let name = "ggml"
  private static let magic: UInt32 = 0x6767_6D6C
  /// GGML_QNT_VERSION, the layout of blocks that GGUF has too; earlier ones differ.
  private static let blockVersion = 2
  private static let blockVersionFactor = 1000

  /// Whether a file starts as ggml's do.
  package static func matches(_ source: SharedBytes) -> Bool {
    var reader = ByteReader(source.bytes)
    return (try? reader.read(UInt32.self)) == magic
  }

  /// Opens a file; `name` is its name within a set of several.
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

  /// The bytes of every token, by id.
  package static func vocabulary(of source: SharedBytes) throws(FormatError) -> [[UInt8]] {
    var reader = ByteReader(source.bytes)
    let sizes = try readSizes(&reader)
    var tokens: [[UInt8]] = []
    try readVocabulary(&reader, sizes) { tokens.append([UInt8](copying: $0)) }
    return tokens
  }

  /// The names of the header's numbers are those of ggml's gpt2_hparams.
  private static let sizeNames = ["n_vocab", "n_ctx", "n_embd", "n_head", "n_layer"]

  @_lifetime(reader: copy reader)
  private static func readSizes(_ reader: inout ByteReader) throws(FormatError) -> [Int] {
    guard try reader.read(UInt32.self) == magic else { throw FormatError(GGMLFault.notGGML, at: 0) }
    var sizes: [Int] = []
    for name in sizeNames {
      let place = reader.offset
      let size = Int(try reader.read(Int32.self))
      guard size > 0 else { throw FormatError(GGMLFault.badSize(name, size), at: place) }
      sizes.append(size)
    }
    let place = reader.offset
    let fileType = Int(try reader.read(Int32.self))
    guard fileType >= 0 else { throw FormatError(GGMLFault.badSize("ftype", fileType), at: place) }
    return sizes + [fileType]
  }

  @_lifetime(reader: copy reader)
  private static func readVocabulary(
    _ reader: inout ByteReader,
    _ sizes: [Int],
    _ body: (borrowing RawSpan) -> Void
  ) throws(FormatError) {
    let place = reader.offset
    let count = Int(try reader.read(Int32.self))
    guard count == sizes[0] else {
      throw FormatError(GGMLFault.otherVocabulary(count, expected: sizes[0]), at: place)
    }
    for _ in 0..<count {
      let length = Int(try reader.read(UInt32.self))
      let token = try reader.readBytes(length)
      body(token)
    }
  }

  private static func parse(
    _ source: SharedBytes,
    file: String?,
    _ limits: GGUFLimits
  ) throws(FormatError) -> Checkpoint {
    var reader = ByteReader(source.bytes)
    let sizes = try readSizes(&reader)
    try readVocabulary(&reader, sizes) { _ in }
    let version = sizes[5] / blockVersionFactor
    var tensors: [TensorView] = []
    while reader.remaining > 0 {
      guard tensors.count < limits.tensors else {
        throw FormatError(GGMLFault.tooManyTensors(limit: limits.tensors), at: reader.offset)
      }
      tensors.append(try readTensor(&reader, of: source, blockVersion: version, file: file))
    }
    var metadata = JSONObject()
    for (name, size) in zip(sizeNames, sizes) { metadata[name] = .integer(size) }
    metadata["ftype"] = .integer(sizes[5] % blockVersionFactor)
    metadata["quantization_version"] = .integer(version)
    return try Checkpoint(
      format: Self.name,
      files: [.init(name: file ?? "", byteCount: source.count)],
      metadata: metadata,
      tensors: tensors
    )
  }

  @_lifetime(reader: copy reader)
  private static func readTensor(
    _ reader: inout ByteReader,
    of source: SharedBytes,
    blockVersion: Int,
    file: String?
  ) throws(FormatError) -> TensorView {
    let place = reader.offset
    let rank = Int(try reader.read(Int32.self))
    let nameLength = Int(try reader.read(Int32.self))
    let type = try reader.read(UInt32.self)
    guard (0...GGUFLimits.dimensions).contains(rank) else {
      throw FormatError(GGMLFault.badSize("rank", rank), at: place)
    }
    guard (0...GGUFLimits.nameBytes).contains(nameLength) else {
      throw FormatError(GGMLFault.badSize("name's length", nameLength), at: place + 4)
    }
    let sizesPlace = reader.offset
    var sizes: [Int] = []
    for _ in 0..<rank { sizes.append(Int(try reader.read(Int32.self))) }
    let name = try reader.readString(nameLength)
    let dtype = try Self.dtype(type, of: name, blockVersion, at: place + 8)
    let shape: Shape
    do throws(FormatError) {
      shape = try Shape(sizes.reversed())
      _ = try product(shape.elementCount, dtype.bitWidth)
    } catch {
      throw FormatError(error.fault, at: sizesPlace)
    }
    let row = sizes.first ?? 1
    if let block = dtype.block, row % block.elements != 0 {
      let fault = GGUFFault.rowNotWholeBlocks(tensor: name, row: row, block: block.elements)
      throw FormatError(fault, at: sizesPlace)
    }
    let start = reader.offset
    let count = dtype.byteCount(of: shape.elementCount)
    try reader.skip(count)
    let region = try ByteRegion(source, offset: start, count: count)
    return try TensorView(
      name: name,
      dtype: dtype,
      shape: shape,
      storage: TensorStorage(region, file: file, fileOffset: start)
    )
  }

  private static func dtype(
    _ number: UInt32,
    of tensor: String,
    _ version: Int,
    at place: Int
  ) throws(FormatError) -> DType {
    guard let dtype = GGUFTensorType.dtypes[number] else {
      if let name = GGUFTensorType.unsupported[number] {
        let fault = GGUFFault.unsupportedTensorType(tensor: tensor, name)
        throw FormatError(fault, at: place)
      }
      throw FormatError(GGUFFault.unknownTensorType(tensor: tensor, number), at: place)
    }
    guard dtype.block == nil || version == blockVersion else {
      let fault = GGMLFault.otherBlocks(tensor: tensor, dtype.rawValue, version: version)
      throw FormatError(fault, at: place)
    }
    return dtype
  }
}
