import BallastParallel
import Synchronization

/// What encoding a text needs besides the tokenizer: memory that is worth keeping between texts.
struct EncodingWorkspace: ~Copyable, Sendable {
  private var cache = WordCache()
  private var buffer = TokenBuffer()
  private var shortMerger = ShortWordMerger()
  private var merger = WordMerger()

  /// Appends the tokens of `text[range]`, which has no added tokens in it.
  mutating func encode(
    _ range: Range<Int>,
    of text: Span<UInt8>,
    with tokenizer: Tokenizer,
    into ids: inout [Int32]
  ) {
    guard tokenizer.splitsWords else {
      if !range.isEmpty { encode(word: range, of: text, with: tokenizer, into: &ids) }
      return buffer.flush(into: &ids)
    }
    var position = range.lowerBound
    while position < range.upperBound {
      position = encodeShortWords(
        from: position,
        limit: range.upperBound,
        of: text,
        with: tokenizer
      )
      if !buffer.hasRoom { buffer.flush(into: &ids) }
      guard position < range.upperBound else { break }
      let end = WordScanner.endOfWord(from: position, in: text, limit: range.upperBound)
      encode(word: position..<end, of: text, with: tokenizer, into: &ids)
      position = end
    }
    buffer.flush(into: &ids)
  }

  /// Encodes words while they are short and of ASCII, and there is room for their tokens.
  ///
  /// Returns where the first other word starts. Words are cut off some at a time before they are looked
  /// up, so that their places in the cache have arrived from memory by then.
  private mutating func encodeShortWords(
    from start: Int,
    limit: Int,
    of text: Span<UInt8>,
    with tokenizer: Tokenizer
  ) -> Int {
    let bytes = text.bytes
    var words = InlineArray<16, WordCache.Word>(repeating: .none)
    var position = start
    while buffer.hasRoom {
      var count = 0
      var next = position
      while count < words.count, next + WordScanner.windowBytes <= limit {
        let low = bytes.unsafeLoadUnaligned(fromByteOffset: next, as: UInt64.self).littleEndian
        let high = bytes.unsafeLoadUnaligned(fromByteOffset: next + 8, as: UInt64.self).littleEndian
        let length = WordScanner.lengthOfShortWord(low: low, high: high)
        guard length > 0 else { break }
        words[count] = WordCache.Word(low: low, high: high, length: length)
        cache.prefetch(words[count])
        next += length
        count += 1
      }
      for index in 0..<count {
        let word = words[index]
        encode(word, at: position, of: text, with: tokenizer)
        position += word.length
      }
      guard count == words.count else { break }
    }
    return position
  }

  /// Puts the tokens of a short word into the buffer.
  @inline(__always)
  private mutating func encode(
    _ word: WordCache.Word,
    at position: Int,
    of text: Span<UInt8>,
    with tokenizer: Tokenizer
  ) {
    if let known = cache.tokens(of: word) {
      buffer.append(known.ids, count: known.count)
    } else {
      encodeUnknown(word, at: position, of: text, with: tokenizer)
    }
  }

  @inline(never)
  private mutating func encodeUnknown(
    _ word: WordCache.Word,
    at position: Int,
    of text: Span<UInt8>,
    with tokenizer: Tokenizer
  ) {
    let count = shortMerger.encode(position..<position + word.length, of: text, with: tokenizer)
    for index in 0..<count { buffer.append(shortMerger.token(at: index)) }
    guard count <= WordCache.maximumTokens else { return }
    var ids = SIMD4<Int32>()
    for index in 0..<count { ids[index] = shortMerger.token(at: index) }
    cache.keep(ids, count: count, of: word)
  }

  /// Encodes any word.
  private mutating func encode(
    word: Range<Int>,
    of text: Span<UInt8>,
    with tokenizer: Tokenizer,
    into ids: inout [Int32]
  ) {
    if let short = WordCache.Word(word, of: text) {
      encode(short, at: word.lowerBound, of: text, with: tokenizer)
      return
    }
    buffer.flush(into: &ids)
    if word.count <= ShortWordMerger.maximumLength {
      let count = shortMerger.encode(word, of: text, with: tokenizer)
      for index in 0..<count { ids.append(shortMerger.token(at: index)) }
    } else if let id = tokenizer.wholeWordID(word, of: text) {
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
  }

  /// Gives back the memory that an uncommonly long word took.
  mutating func shrink() { merger.shrink() }
}

/// Lends a workspace to one encoder at a time; several at a time get their own.
final class WorkspacePool: Sendable {
  /// A workspace in one place, since it cannot be copied; only who took it from the pool uses it, which the
  /// compiler cannot check.
  private final class Box: @unchecked Sendable {
    var workspace = EncodingWorkspace()
  }

  private let idle = Mutex<[Box]>([])

  /// Runs `body` with a workspace that nobody else uses.
  func withWorkspace<Result>(_ body: (inout EncodingWorkspace) -> Result) -> Result {
    let box = idle.withLock { $0.popLast() } ?? Box()
    defer {
      box.workspace.shrink()
      idle.withLock { if $0.count < Parallel.threadCount { $0.append(box) } }
    }
    return body(&box.workspace)
  }
}
