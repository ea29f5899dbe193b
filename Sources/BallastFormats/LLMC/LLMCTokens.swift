import BallastBytes
import BallastCheckpoint
import BallastJSON

/// A file of tokens of llm.c: documents, tokenised, one after another.
enum LLMCTokens {
  /// Opens a file of tokens: one tensor, `tokens`.
  static func open(
    _ source: SharedBytes,
    _ dtype: DType,
    kind: LLMC.Kind,
    name: String?
  ) throws(FormatError) -> Checkpoint {
    let numbers = try LLMC.header(of: source)
    let version = kind == .tokens ? 1 : 7
    guard numbers[1] == version else {
      throw FormatError(LLMCFault.unsupportedVersion(numbers[1], of: "tokens"), at: 4)
    }
    guard numbers[2] >= 0 else { throw FormatError(LLMCFault.badSize("tokens", numbers[2]), at: 8) }
    let expected = LLMC.headerBytes + dtype.byteCount(of: numbers[2])
    guard source.count == expected else {
      throw FormatError(
        LLMCFault.wrongSize(expected: expected, found: source.count),
        at: min(source.count, expected)
      )
    }
    var layout = LLMCLayout(source, file: name)
    try layout.append("tokens", dtype, [numbers[2]])
    return try Checkpoint(
      format: kind.format,
      files: [.init(name: name ?? "", byteCount: source.count)],
      metadata: ["version": .integer(version)],
      tensors: layout.tensors
    )
  }
}
