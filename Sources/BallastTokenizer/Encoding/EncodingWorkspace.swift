import Synchronization

/// What encoding a text needs besides the tokenizer: memory that is worth keeping between texts.
struct EncodingWorkspace: Sendable {
  var cache = WordCache()
  var merger = WordMerger()

  /// Appends the tokens of `text[range]`, which has no added tokens in it.
  mutating func encode(
    _ range: Range<Int>,
    of text: Span<UInt8>,
    with tokenizer: Tokenizer,
    into ids: inout [Int32]
  ) {
    var position = range.lowerBound
    while position < range.upperBound {
      let end =
        tokenizer.splitsWords
        ? WordScanner.endOfWord(from: position, in: text, limit: range.upperBound)
        : range.upperBound
      encode(word: position..<end, of: text, with: tokenizer, into: &ids)
      position = end
    }
  }

  private mutating func encode(
    word: Range<Int>,
    of text: Span<UInt8>,
    with tokenizer: Tokenizer,
    into ids: inout [Int32]
  ) {
    let key = WordCache.Word(word, of: text)
    if let key, cache.append(key, to: &ids) { return }
    let start = ids.count
    if let id = tokenizer.wholeWordID(word, of: text) {
      ids.append(id)
    } else {
      merger.encode(
        word,
        of: text,
        byteIDs: tokenizer.byteIDs,
        merges: tokenizer.merges,
        into: &ids
      )
    }
    if let key { cache.keep(ids[start...], of: key) }
  }
}

/// Lends a workspace to one encoder at a time; others make their own.
final class WorkspacePool: Sendable {
  private let idle = Mutex<EncodingWorkspace?>(nil)

  /// Runs `body` with a workspace that nobody else uses.
  func withWorkspace<Result>(_ body: (inout EncodingWorkspace) -> Result) -> Result {
    var workspace = idle.withLock { $0.take() } ?? EncodingWorkspace()
    defer {
      workspace.merger.shrink()
      idle.withLock { [workspace] in $0 = workspace }
    }
    return body(&workspace)
  }
}
