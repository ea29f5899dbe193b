package import BallastBytes
package import BallastCheckpoint
import BallastJSON

/// A model's file of llm.c.
package enum LLMCModelFile {
  /// Opens a model: tensors under llm.c's names, and the header as metadata.
  static func open(
    _ source: SharedBytes,
    name: String?,
    _ limits: ReadingLimits
  ) throws(FormatError) -> Checkpoint {
    let header = try LLMCHeader(of: source)
    let dtype = header.dtype
    let expected: Int
    do throws(FormatError) {
      let bytes = try product(try header.elementCount(), dtype.bitWidth) / 8
      expected = try sum(LLMC.headerBytes, bytes)
    } catch {
      throw FormatError(error.fault, at: 8)
    }
    guard source.count == expected else {
      // Version 5 exists because for some days layer norms stayed float32.
      let isMixed = source.count == expected + 2 * header.normElementCount
      throw FormatError(
        isMixed && dtype == .bf16
          ? LLMCFault.normsInFloat32(version: header.version)
          : LLMCFault.wrongSize(expected: expected, found: source.count),
        at: min(source.count, expected)
      )
    }
    guard header.layers <= limits.llmcLayers else {
      let fault = LLMCFault.tooManyLayers(header.layers, limit: limits.llmcLayers)
      throw FormatError(fault, at: LLMCHeader.layersPlace)
    }
    var layout = LLMCLayout(source, file: name)
    for (name, sizes) in header.tensors { try layout.append(name, dtype, sizes) }
    return try Checkpoint(
      format: LLMC.Kind.model.format,
      files: [.init(name: name ?? "", byteCount: source.count)],
      metadata: metadata(of: header),
      tensors: layout.tensors
    )
  }

  /// The names of the header's numbers are those of llm.c's GPT2Config.
  private static func metadata(of header: LLMCHeader) -> JSONObject {
    [
      "version": .integer(header.version), "max_seq_len": .integer(header.positions),
      "vocab_size": .integer(header.vocabulary), "num_layers": .integer(header.layers),
      "num_heads": .integer(header.heads), "channels": .integer(header.width),
      "padded_vocab_size": .integer(header.paddedVocabulary),
    ]
  }

  /// Writes a model, atomically, and returns the number of bytes.
  ///
  /// `parts` are the tensors of `header` in their order, each in one or several pieces whose bytes
  /// follow one another; throws `LLMCFault.wrongParts` where they do not add up to the header's
  /// sizes. `progress` gets the number of data bytes after each piece, and may throw to give up.
  @discardableResult
  package static func write(
    _ header: LLMCHeader,
    parts: [TensorOutput],
    to path: String,
    replacing: Bool = true,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> Int {
    let expected = try product(try header.elementCount(), header.dtype.bitWidth) / 8
    let given = parts.reduce(0) { $0 &+ $1.byteCount }
    guard given == expected, parts.allSatisfy({ $0.dtype == header.dtype }) else {
      throw FormatError(LLMCFault.wrongParts(expected: expected, given: given))
    }
    let file = try AtomicFile(path: path, replacing: replacing)
    try file.write(header.bytes)
    for part in parts {
      try part.write { (piece) throws(FormatError) in
        try file.write(piece)
        try progress(file.count - LLMC.headerBytes)
      }
    }
    try file.commit()
    return file.count
  }
}
