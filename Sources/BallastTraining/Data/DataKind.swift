package import BallastBytes
import BallastCheckpoint
import BallastFormats

/// What a file of data is, told by its bytes, and by its name where they cannot tell.
package enum DataKind: Sendable {
  /// Tokens: llm.c's files by their header, nanoGPT's, which have none, by the name `.bin`.
  case tokens(TokenStorage)
  /// One JSON object a line: by the name `.jsonl` or `.ndjson`, or by a first line with the key of a document.
  case jsonLines
  /// A table of one column, by the name `.csv`.
  case csv
  /// Anything else; whether it is text shows when it is read.
  case text

  /// Looks at a file; throws where the header of tokens is wrong, and `TrainingDataFault` where it is one of a model.
  package init(of source: SharedBytes, name: String) throws(FormatError) {
    let name = name.lowercased()
    if LLMC.matches(source) {
      self = .tokens(try Self.tokens(ofLLMC: source))
    } else if name.hasSuffix(".bin") {
      guard source.count % 2 == 0 else {
        throw FormatError(TrainingDataFault.oddByteCount, at: source.count)
      }
      self = .tokens(TokenStorage(ByteRegion(source), .uint16))
    } else if name.hasSuffix(".csv") {
      self = .csv
    } else if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") {
      self = .jsonLines
    } else {
      self = JSONLinesReader.matches(Self.firstLine(of: source)) ? .jsonLines : .text
    }
  }

  /// Whether a file that is no text by its first bytes is no data.
  package func isData(_ source: SharedBytes) -> Bool {
    guard case .text = self else { return true }
    return !Self.head(of: source, 0..<Self.probeLength).contains(0)
  }

  private static let probeLength = 1 << 16

  private static func tokens(ofLLMC source: SharedBytes) throws(FormatError) -> TokenStorage {
    let checkpoint = try LLMC.open(source)
    guard let tokens = checkpoint["tokens"], let place = tokens.fileOffset else {
      throw FormatError(TrainingDataFault.noTokens(format: checkpoint.format))
    }
    let region = try ByteRegion(source, offset: place, count: tokens.byteCount)
    return TokenStorage(region, tokens.dtype == .u16 ? .uint16 : .uint32)
  }

  /// The first line that is not blank, as far as a record may reach.
  private static func firstLine(of source: SharedBytes) -> [UInt8] {
    var start = 0
    var head = head(of: source, 0..<byteOrderMark.count)
    if head == byteOrderMark { start = head.count }
    // Most texts begin with something else than an object.
    head = Self.head(of: source, start..<start + probeLength)
    guard let first = head.firstIndex(where: { $0 > 0x20 }), head[first] == UInt8(ascii: "{")
    else { return [] }
    start += first
    if let end = head[first...].firstIndex(of: lineFeed) { return Array(head[first..<end]) }
    head = Self.head(of: source, start..<start + JSONLinesReader.maximumRecordLength)
    return Array(head.prefix { $0 != lineFeed })
  }

  private static func head(of source: SharedBytes, _ range: Range<Int>) -> [UInt8] {
    let part = source.bytes.extracting(range.clamped(to: 0..<source.count))
    return [UInt8](copying: part)
  }
}
