import BallastBytes
import BallastTokenizer
import FoundationEssentials

/// A folder with the tokens of texts that were tokenised before.
package struct TokenCache: Sendable {
  /// The folder, which need not be there yet.
  package let folder: String

  /// A cache in a folder.
  package init(folder: String) {
    self.folder = folder
  }

  /// The folder for what users are not asked about: in `$XDG_CACHE_HOME`, or in `~/.cache`; nil without a home.
  ///
  /// As the specification of base directories has it, a path that is not absolute is no such folder.
  package static func standardFolder(_ environment: [String: String]) -> String? {
    let named = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/.cache" : nil }
    return (named ?? home).map { $0 + "/ballast/tokens" }
  }

  /// What was found in the cache.
  enum Entry {
    case missing
    case damaged
    case found(TokenStorage, hash: UInt64, TextFacts)
  }

  /// Where the tokens of a text are, or will be.
  func path(of key: TokenCacheKey) -> String { folder + "/" + key.fileName }

  /// Looks for the tokens of a text; whether they are undamaged shows only when they are read.
  func entry(of key: TokenCacheKey) -> Entry {
    let source: SharedBytes
    do throws(FormatError) {
      source = try SharedBytes.mapping(path: path(of: key))
    } catch {
      return .missing
    }
    guard let footer = TokenFileFooter(of: source), footer.key == key,
      let region = try? ByteRegion(
        source,
        offset: 0,
        count: source.count - TokenFileFooter.byteCount
      )
    else { return .damaged }
    return .found(
      TokenStorage(region, footer.encoding),
      hash: footer.hash,
      footer.text
    )
  }
}

extension TokenCacheKey {
  /// The key of a text: two hashes of its content that have nothing in common, and what else its tokens depend on.
  ///
  /// `progress` is called between pieces and may throw to give up.
  init(
    of source: SharedBytes,
    kind: UInt32,
    tokenizer: UInt64,
    progress: () throws(FormatError) -> Void
  ) throws(FormatError) {
    let step = SourceWindow.standardLength
    var hash = XXHash64()
    for start in stride(from: 0, to: source.count, by: step) {
      let range = start..<min(source.count, start + step)
      try source.populate(range)
      let part = source.bytes.extracting(range)
      checksum = crc32c(of: part, continuing: checksum)
      hash.update(part)
      source.giveBack(range)
      try progress()
    }
    self.hash = hash.value
    self.tokenizer = tokenizer
    self.kind = kind
    length = source.count
  }
}
