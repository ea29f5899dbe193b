import BallastBytes
import BallastGPT2
import BallastTokenizer

/// One text that is being continued: what it holds so far, and how its next token is drawn.
final class Continuation {
  /// Whether nothing more is to come.
  private(set) var isComplete = false
  private var history: [Int32]
  private var drawn = 0
  private var sampler: Sampler
  private var decoder: StreamingDecoder
  private var stops: StopStrings
  private let ends: Set<Int32>
  private let ids: Bool
  /// What was not taken yet.
  private var text = ""

  /// A text after `history`; with `ids` its tokens are written in place of characters.
  init(
    of history: [Int32],
    _ tokenizer: Tokenizer,
    _ options: SamplingOptions,
    stops: [String],
    endTokens: [Int],
    ids: Bool
  ) {
    self.history = history
    self.ids = ids
    sampler = Sampler(options)
    decoder = StreamingDecoder(tokenizer)
    self.stops = StopStrings(stops)
    ends = Set(
      endTokens.compactMap { Int32(exactly: $0) } + [tokenizer.endOfText].compactMap(\.self)
    )
  }

  /// The token that was drawn last.
  var lastToken: Int32 { history.last ?? 0 }

  /// Writes what stands before the first token that is drawn.
  func begin(with prompt: String) { text += prompt }

  /// Draws a token from logits [V]; after the last one, or one that ends the text, it is complete.
  func draw(from logits: [Float], isLast: Bool) throws(FormatError) {
    let token = sampler.next(logits: logits, history: history)
    history.append(token)
    guard !ends.contains(token) else { return finish() }
    if ids {
      text += drawn == 0 ? "\(token)" : " \(token)"
    } else {
      text += stops.append(try decoder.append(token))
      if stops.isStopped {
        isComplete = true
        return
      }
    }
    drawn += 1
    if isLast { finish() }
  }

  /// What has been added since it was taken last.
  func takeText() -> String {
    defer { text = "" }
    return text
  }

  private func finish() {
    if !ids { text += stops.append(decoder.finish()) + stops.finish() }
    isComplete = true
  }
}
