import BallastBytes
import BallastCheckpoint

/// What the header of a GGUF file says of its tensors, while it is being read and checked.
struct GGUFTensors {
  private struct Entry {
    let name: String
    let dtype: DType
    let shape: Shape
    /// Where the data stands, from the start of all data.
    let range: Range<Int>
    /// Where the header says so.
    let place: Int
  }

  private let alignment: Int
  private var entries: [Entry] = []
  private var names: Set<ExactString> = []

  init(alignment: Int) {
    self.alignment = alignment
  }

  /// The next multiple of the alignment.
  func aligned(_ offset: Int) throws(FormatError) -> Int {
    try sum(offset, alignment - 1) & ~(alignment - 1)
  }

  /// Reads the description of one tensor.
  @_lifetime(reader: copy reader)
  mutating func readEntry(_ reader: inout ByteReader) throws(FormatError) {
    let place = reader.offset
    let name = try readName(&reader)
    func fault(_ fault: GGUFFault, at offset: Int) -> FormatError { FormatError(fault, at: offset) }
    guard names.insert(ExactString(name)).inserted else {
      throw FormatError(CheckpointFault.duplicateName(name), at: place)
    }
    let rankPlace = reader.offset
    let rank = try reader.read(UInt32.self)
    guard rank <= GGUFLimits.dimensions else {
      throw fault(.badRank(tensor: name, rank, limit: GGUFLimits.dimensions), at: rankPlace)
    }
    var sizes: [Int] = []
    for _ in 0..<rank { sizes.append(try reader.readSize()) }
    let typePlace = reader.offset
    let dtype = try Self.dtype(try reader.read(UInt32.self), of: name, at: typePlace)
    let offsetPlace = reader.offset
    let offset = try reader.readSize()
    guard offset % alignment == 0 else {
      throw fault(.misaligned(tensor: name, alignment: alignment), at: offsetPlace)
    }
    do throws(FormatError) {
      let shape = try Shape(sizes.reversed())
      _ = try product(shape.elementCount, dtype.bitWidth)
      let row = sizes.first ?? 1
      if let block = dtype.block, row % block.elements != 0 {
        throw FormatError(
          GGUFFault.rowNotWholeBlocks(tensor: name, row: row, block: block.elements)
        )
      }
      let end = try sum(offset, dtype.byteCount(of: shape.elementCount))
      entries.append(
        Entry(name: name, dtype: dtype, shape: shape, range: offset..<end, place: place)
      )
    } catch {
      throw FormatError(error.fault, at: rankPlace)
    }
  }

  private static func dtype(
    _ number: UInt32,
    of tensor: String,
    at place: Int
  ) throws(FormatError) -> DType {
    if let dtype = GGUFTensorType.dtypes[number] { return dtype }
    if let name = GGUFTensorType.unsupported[number] {
      throw FormatError(GGUFFault.unsupportedTensorType(tensor: tensor, name), at: place)
    }
    throw FormatError(GGUFFault.unknownTensorType(tensor: tensor, number), at: place)
  }

  /// Checks that no two tensors overlap and all lie in the file, and makes the views, in the
  /// header's order; what is more than padding between them is warned of.
  func views(
    of source: SharedBytes,
    dataStart: Int,
    file: String?
  ) throws(FormatError) -> (tensors: [TensorView], warnings: [FormatError]) {
    var end = 0
    var unused = 0
    for entry in entries.sorted(by: Self.isBefore) where !entry.range.isEmpty {
      guard entry.range.lowerBound >= end else {
        throw FormatError(GGUFFault.overlap(tensor: entry.name), at: entry.place)
      }
      unused += max(0, entry.range.lowerBound - (try aligned(end)))
      end = entry.range.upperBound
    }
    var tensors: [TensorView] = []
    tensors.reserveCapacity(entries.count)
    for entry in entries {
      let start = try sum(dataStart, entry.range.lowerBound, at: entry.place)
      guard try sum(dataStart, entry.range.upperBound, at: entry.place) <= source.count else {
        throw FormatError(GGUFFault.pastEnd(tensor: entry.name), at: entry.place)
      }
      let region = try ByteRegion(source, offset: start, count: entry.range.count)
      tensors.append(
        try TensorView(
          name: entry.name,
          dtype: entry.dtype,
          shape: entry.shape,
          storage: TensorStorage(region, file: file, fileOffset: start)
        )
      )
    }
    unused += max(0, source.count - (try aligned(try sum(dataStart, end))))
    guard unused > 0 else { return (tensors, []) }
    return (tensors, [FormatError(GGUFFault.unusedBytes(unused), at: dataStart, in: file)])
  }

  private static func isBefore(_ a: Entry, _ b: Entry) -> Bool {
    (a.range.lowerBound, a.range.upperBound) < (b.range.lowerBound, b.range.upperBound)
  }
}
