package import BallastBytes
package import BallastCheckpoint

/// The files of llm.c: models, debug states and tokens, little-endian.
///
///     ┌─────────────────────────────┬──────────────────────────────────────────┐
///     │ 256 × i32: magic, version,  │ model:  16 tensors, layers stacked       │
///     │ sizes, zeros                │ state:  x, y, logits, loss, gradients    │
///     │                             │ tokens: u16, or u32 for Llama 3          │
///     └─────────────────────────────┴──────────────────────────────────────────┘
///
/// The reference is `write_model` and `write_state` in llm.c's train_gpt2.py and
/// `write_datafile` in its dev/data/data_common.py. A header of sizes is all there is: the size
/// of the file has to be what follows from them, to the byte.
package enum LLMC {
  package static let name = "llm.c"
  static let headerBytes = 256 * MemoryLayout<Int32>.size

  /// What the first number of a file says that it is.
  enum Kind: UInt32, CaseIterable {
    case model = 20_240_326
    case state = 20_240_327
    case tokens = 20_240_520
    case tokens32 = 20_240_801

    /// The name in `Checkpoint.format`.
    var format: String {
      switch self {
      case .model: LLMC.name
      case .state: "llm.c-state"
      case .tokens, .tokens32: "llm.c-tokens"
      }
    }
  }

  /// Whether a file starts as those of llm.c do.
  package static func matches(_ source: SharedBytes) -> Bool {
    var reader = ByteReader(source.bytes)
    // A version of zero would be the upper half of safetensors' length.
    guard let magic = try? reader.read(UInt32.self), Kind(rawValue: magic) != nil,
      let version = try? reader.read(UInt32.self)
    else { return false }
    return version != 0
  }

  /// Opens a file of any of the kinds; `name` is its name within a set of several.
  package static func open(
    _ source: SharedBytes,
    name: String? = nil,
    limits: ReadingLimits = .standard
  ) throws(FormatError) -> Checkpoint {
    do throws(FormatError) {
      var reader = ByteReader(source.bytes)
      switch Kind(rawValue: try reader.read(UInt32.self)) {
      case .model: return try LLMCModelFile.open(source, name: name, limits)
      case .state: return try LLMCState.open(source, name: name)
      case .tokens: return try LLMCTokens.open(source, .u16, kind: .tokens, name: name)
      case .tokens32: return try LLMCTokens.open(source, .u32, kind: .tokens32, name: name)
      case nil: throw FormatError(LLMCFault.notLLMC, at: 0)
      }
    } catch {
      throw error.inFile(name)
    }
  }

  /// The numbers of a header, which must be there whole.
  static func header(of source: SharedBytes) throws(FormatError) -> [Int] {
    var reader = ByteReader(source.bytes)
    guard source.count >= headerBytes else {
      throw FormatError(ByteFault.truncated(needed: headerBytes - source.count), at: source.count)
    }
    var numbers: [Int] = []
    for _ in 0..<headerBytes / 4 { numbers.append(Int(try reader.read(Int32.self))) }
    return numbers
  }
}

/// Cuts a file into tensors that stand one after another.
struct LLMCLayout {
  let source: SharedBytes
  let file: String?
  private(set) var end = LLMC.headerBytes
  private(set) var tensors: [TensorView] = []

  init(_ source: SharedBytes, file: String?) {
    self.source = source
    self.file = file
  }

  /// The next tensor.
  mutating func append(_ name: String, _ dtype: DType, _ sizes: [Int]) throws(FormatError) {
    let shape = try Shape(sizes)
    _ = try product(shape.elementCount, dtype.bitWidth, at: end)
    let region = try ByteRegion(source, offset: end, count: dtype.byteCount(of: shape.elementCount))
    tensors.append(
      try TensorView(
        name: name,
        dtype: dtype,
        shape: shape,
        storage: TensorStorage(region, file: file, fileOffset: end)
      )
    )
    end = region.range.upperBound
  }
}
