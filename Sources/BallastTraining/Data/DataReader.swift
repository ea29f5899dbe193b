package import BallastBytes
package import BallastTokenizer

/// Reads files of data into sources: tokens as they are, texts through a tokenizer and a cache.
package struct DataReader {
  /// What is done with a large file.
  package enum Phase: Sendable {
    /// A text becomes tokens; what is done is counted in bytes.
    case tokenizing
    /// Tokens are looked at; they are what is counted.
    case looking
  }

  /// Texts of no more bytes are tokenised each time.
  package static let smallLength = 1 << 20
  /// The tokens of small texts that may lie in memory, over all sources, 64 MiB; others go to files.
  package static let maximumInMemory = 16 << 20

  private let tokenizer: Tokenizer?
  private let tokenizerHash: UInt64
  private let endOfText: Int32?
  private let vocabularySize: Int
  private let cache: TokenCache?
  private let temporaryFolder: String
  private let maximumInMemory: Int
  private let progress: (Phase, _ done: Int, _ total: Int) throws(FormatError) -> Void
  private var countInMemory = 0

  /// A reader for a model with a vocabulary of that size.
  ///
  /// Without a tokenizer only tokens can be read; they are documents that end with `endOfText`. Without a cache, tokens
  /// of large texts go to files in `temporaryFolder` that are gone when the process ends. `progress` gets how much of a
  /// large file is done, and may throw to give up.
  package init(
    tokenizer: Tokenizer?,
    endOfText: Int32?,
    vocabularySize: Int,
    cache: TokenCache?,
    temporaryFolder: String = UnnamedFile.standardFolder,
    maximumInMemory: Int = Self.maximumInMemory,
    progress: @escaping (Phase, _ done: Int, _ total: Int) throws(FormatError) -> Void = {
      _,
      _,
      _ in
    }
  ) {
    self.tokenizer = tokenizer
    tokenizerHash = cache == nil ? 0 : tokenizer?.contentHash ?? 0
    self.endOfText = tokenizer?.endOfText ?? endOfText
    self.vocabularySize = vocabularySize
    self.cache = cache
    self.temporaryFolder = temporaryFolder
    self.maximumInMemory = maximumInMemory
    self.progress = progress
  }

  /// Adds a file to a source, and returns what there is to remark about it.
  ///
  /// Throws `TrainingDataFault`, and what is wrong with a file of tokens or of JSON.
  package mutating func read(
    _ file: SharedBytes,
    name: String,
    into source: inout DataSource
  ) throws(FormatError) -> [FormatError] {
    let kind = try DataKind(of: file, name: name)
    if case .tokens(let storage) = kind {
      guard storage.count > 0 else { throw FormatError(TrainingDataFault.noText) }
      let tokens = try scanned(storage)
      try finish(&source)
      source.append(tokens, byteCount: nil)
      return []
    }
    guard let tokenizer else { throw FormatError(TrainingDataFault.needsTokenizer) }
    guard let endOfText = tokenizer.endOfText else {
      throw FormatError(TrainingDataFault.noEndOfText)
    }
    let text = DataText(kind: kind, file: file, tokenizer: tokenizer, endOfText: endOfText)
    guard file.count > Self.smallLength else {
      var tokens: [Int32] = []
      let facts = try text.forEachPiece { (piece, _) throws(FormatError) in tokens += piece }
      _ = try scanned(TokenStorage(tokens))
      source.append(tokens, byteCount: facts.byteCount)
      if source.pendingCount >= maximumInMemory { try finish(&source) }
      return facts.remarks
    }
    try finish(&source)
    return try readLarge(text, into: &source)
  }

  /// Makes all that was read part of a source's stream.
  package mutating func finish(_ source: inout DataSource) throws(FormatError) {
    let pending = source.takePending()
    guard !pending.isEmpty else { return }
    countInMemory += pending.count
    guard countInMemory > maximumInMemory else {
      source.append(try scanned(TokenStorage(pending)), byteCount: 0)
      return
    }
    countInMemory -= pending.count
    let (storage, _) = try writtenUnnamed(.marked) { (writer) throws(FormatError) in
      try writer.write(pending)
      return TextFacts()
    }
    source.append(try scanned(storage), byteCount: 0)
  }

  private func scanned(_ storage: TokenStorage) throws(FormatError) -> ScannedTokens {
    try ScannedTokens(storage, endOfText: endOfText, vocabularySize: vocabularySize) {
      (done) throws(FormatError) in
      if storage.count > TokenStorage.pieceCount {
        try progress(.looking, done, storage.count)
      }
    }
  }
}

extension DataReader {
  private func readLarge(
    _ text: DataText,
    into source: inout DataSource
  ) throws(FormatError) -> [FormatError] {
    guard let cache else {
      let (storage, facts) = try writtenUnnamed(text)
      source.append(try scanned(storage), byteCount: facts.byteCount)
      return facts.remarks
    }
    let key = try key(of: text)
    var remarks: [FormatError] = []
    switch cache.entry(of: key) {
    case .missing: break
    case .damaged: remarks.append(FormatError(TrainingDataFault.brokenCache))
    case .found(let storage, let hash, let facts):
      if let tokens = try undamaged(storage, hash) {
        source.append(tokens, byteCount: facts.byteCount)
        return facts.remarks
      }
      remarks.append(FormatError(TrainingDataFault.brokenCache))
    }
    let (storage, facts): (TokenStorage, TextFacts)
    if let reason = obstacle(to: cache) {
      remarks.append(FormatError(TrainingDataFault.cacheNotWritten(reason)))
      (storage, facts) = try writtenUnnamed(text)
    } else {
      do throws(FormatError) {
        (storage, facts) = try Self.written(to: cache.path(of: key), text.encoding, key) {
          (writer) throws(FormatError) in
          let facts = try write(text, to: &writer)
          // What is kept under a content's name must be of that content.
          guard try self.key(of: text) == key else {
            throw FormatError(TrainingDataFault.changedWhileRead)
          }
          return facts
        }
      } catch {
        // A disk that is full, or a folder in the place of the file.
        guard error.fault is InputOutputFault, error.file?.hasPrefix(cache.folder) == true else {
          throw error
        }
        remarks.append(FormatError(TrainingDataFault.cacheNotWritten(error.description)))
        (storage, facts) = try writtenUnnamed(text)
      }
    }
    source.append(try scanned(storage), byteCount: facts.byteCount)
    return facts.remarks + remarks
  }

  private func key(of text: DataText) throws(FormatError) -> TokenCacheKey {
    try TokenCacheKey(of: text.file, kind: text.code, tokenizer: tokenizerHash) {
      () throws(FormatError) in try progress(.tokenizing, 0, text.file.count)
    }
  }

  /// Tokens of the cache; nil where they are not those that were written.
  private func undamaged(
    _ storage: TokenStorage,
    _ hash: UInt64
  ) throws(FormatError) -> ScannedTokens? {
    do throws(FormatError) {
      let tokens = try scanned(storage)
      return tokens.hash == hash ? tokens : nil
    } catch {
      // The tokenizer may not be the model's, or the file is damaged.
      guard case .tokenOutOfRange = error.fault as? TrainingDataFault else { throw error }
      var found = XXHash64()
      try storage.forEachPiece { (piece, _) throws(FormatError) in
        found.update(piece.span.bytes)
      }
      guard found.value == hash else { return nil }
      throw error
    }
  }

  /// Why nothing can be written into a cache.
  private func obstacle(to cache: TokenCache) -> String? {
    do throws(FormatError) {
      try FileSystem.createFolders(cache.folder)
      _ = try AtomicFile(path: cache.folder + "/.ballast", replacing: true)
      return nil
    } catch {
      return error.inFile(cache.folder).description
    }
  }

  private func writtenUnnamed(
    _ text: DataText
  ) throws(FormatError) -> (storage: TokenStorage, TextFacts) {
    try writtenUnnamed(text.encoding) { (writer) throws(FormatError) in
      try write(text, to: &writer)
    }
  }

  /// Tokens in a file that nobody else may read, and that nothing names any more.
  private func writtenUnnamed(
    _ encoding: TokenStorage.Encoding,
    by write: (inout TokenFileWriter) throws(FormatError) -> TextFacts
  ) throws(FormatError) -> (storage: TokenStorage, TextFacts) {
    try UnnamedFile.make(in: temporaryFolder) { (path) throws(FormatError) in
      try Self.written(to: path, encoding, TokenCacheKey(), by: write)
    }
  }

  private func write(
    _ text: DataText,
    to writer: inout TokenFileWriter
  ) throws(FormatError) -> TextFacts {
    try text.forEachPiece { (tokens, done) throws(FormatError) in
      do throws(FormatError) {
        try writer.write(tokens)
      } catch {
        throw error.inFile(writer.path)
      }
      try progress(.tokenizing, done, text.file.count)
    }
  }

  private static func written(
    to path: String,
    _ encoding: TokenStorage.Encoding,
    _ key: TokenCacheKey,
    by write: (inout TokenFileWriter) throws(FormatError) -> TextFacts
  ) throws(FormatError) -> (storage: TokenStorage, TextFacts) {
    var writer: TokenFileWriter
    do throws(FormatError) {
      writer = try TokenFileWriter(path: path, encoding)
    } catch {
      throw error.inFile(path)
    }
    let facts = try write(&writer)
    do throws(FormatError) {
      try writer.finish(key, facts)
      let file = try SharedBytes.mapping(path: path)
      let count = file.count - TokenFileFooter.byteCount
      return (TokenStorage(try ByteRegion(file, offset: 0, count: count), encoding), facts)
    } catch {
      throw error.inFile(path)
    }
  }
}
