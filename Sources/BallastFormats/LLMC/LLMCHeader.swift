package import BallastBytes
package import BallastCheckpoint

/// What the header of an llm.c model says, and the tensors that follow from it.
package struct LLMCHeader: Hashable, Sendable {
  /// The version: 1 and 3 are float32, 2, 4 and 5 bfloat16; from 3 on the vocabulary is padded.
  package let version: Int
  /// The longest sequence.
  package let positions: Int
  /// The number of tokens that exist.
  package let vocabulary: Int
  package let layers: Int
  package let heads: Int
  package let width: Int
  /// The number of rows of the token embedding; those past `vocabulary` are padding.
  package let paddedVocabulary: Int

  /// The multiple to which llm.c pads the vocabulary.
  package static let padding = 128

  /// The versions that are written, by the type of the elements.
  package static let writtenVersions: [DType: Int] = [.f32: 3, .bf16: 5]

  package init(
    version: Int,
    positions: Int,
    vocabulary: Int,
    layers: Int,
    heads: Int,
    width: Int
  ) {
    self.version = version
    self.positions = positions
    self.vocabulary = vocabulary
    self.layers = layers
    self.heads = heads
    self.width = width
    let isPadded = version >= Self.firstPaddedVersion
    paddedVocabulary =
      isPadded ? (vocabulary + Self.padding - 1) / Self.padding * Self.padding : vocabulary
  }

  private static let firstPaddedVersion = 3

  /// Where the header says the number of layers.
  static let layersPlace = 16

  /// Reads the header of a model's file; throws `LLMCFault` where a size makes no sense.
  package init(of source: SharedBytes) throws(FormatError) {
    let numbers = try LLMC.header(of: source)
    guard numbers[0] == LLMC.Kind.model.rawValue else {
      throw FormatError(LLMCFault.notLLMC, at: 0)
    }
    guard (1...5).contains(numbers[1]) else {
      throw FormatError(LLMCFault.unsupportedVersion(numbers[1], of: "a model"), at: 4)
    }
    func size(_ index: Int, _ what: String) throws(FormatError) -> Int {
      guard numbers[index] > 0 else {
        throw FormatError(LLMCFault.badSize(what, numbers[index]), at: 4 * index)
      }
      return numbers[index]
    }
    version = numbers[1]
    positions = try size(2, "max_seq_len")
    vocabulary = try size(3, "vocab_size")
    layers = try size(4, "num_layers")
    heads = try size(5, "num_heads")
    width = try size(6, "channels")
    guard version >= Self.firstPaddedVersion else {
      paddedVocabulary = vocabulary
      return
    }
    paddedVocabulary = try size(7, "padded_vocab_size")
    guard paddedVocabulary >= vocabulary else {
      throw FormatError(LLMCFault.badSize("padded_vocab_size", paddedVocabulary), at: 28)
    }
  }

  /// The type of the elements.
  package var dtype: DType { version == 1 || version == 3 ? .f32 : .bf16 }

  /// The header's bytes.
  package var bytes: [UInt8] {
    let numbers = [
      Int(LLMC.Kind.model.rawValue), version, positions, vocabulary, layers, heads, width,
      paddedVocabulary,
    ]
    let written = numbers.flatMap { littleEndianBytes(of: Int32(clamping: $0)) }
    return written + [UInt8](repeating: 0, count: LLMC.headerBytes - written.count)
  }

  /// The tensors in the order of the file, under llm.c's names; weights are [out, in].
  package var tensors: [(name: String, sizes: [Int])] {
    // Sizes of 31 bits: three or four times one of them fits.
    let (L, C) = (layers, width)
    return [
      ("wte", [paddedVocabulary, C]), ("wpe", [positions, C]),
      ("ln1w", [L, C]), ("ln1b", [L, C]),
      ("qkvw", [L, 3 * C, C]), ("qkvb", [L, 3 * C]),
      ("attprojw", [L, C, C]), ("attprojb", [L, C]),
      ("ln2w", [L, C]), ("ln2b", [L, C]),
      ("fcw", [L, 4 * C, C]), ("fcb", [L, 4 * C]),
      ("fcprojw", [L, C, 4 * C]), ("fcprojb", [L, C]),
      ("lnfw", [C]), ("lnfb", [C]),
    ]
  }

  /// The number of elements of all tensors.
  package func elementCount() throws(FormatError) -> Int {
    var count = 0
    for (_, sizes) in tensors { count = try sum(count, try Shape(sizes).elementCount) }
    return count
  }

  /// The number of elements of the layer norms.
  var normElementCount: Int { (4 * layers + 2) * width }
}
