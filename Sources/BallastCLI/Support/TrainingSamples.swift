import BallastBytes
import BallastGPT2
import BallastTokenizer

/// Texts that a model is asked for while it is trained, from prompts that stay the same.
struct TrainingSamples {
  let prompts: [String]
  /// Tokens of each text, at most.
  let tokens: Int
  let tokenizer: Tokenizer
  let seed: UInt64

  /// What the model makes of each prompt, which is a part of the text.
  func draw(from model: GPT2Model) throws(FormatError) -> [(prompt: String, text: String)] {
    var texts: [(String, String)] = []
    for prompt in prompts { texts.append((prompt, try draw(from: model, prompt: prompt))) }
    return texts
  }

  private func draw(from model: GPT2Model, prompt: String) throws(FormatError) -> String {
    var history = tokenizer.encode(prompt, specialTokens: .asText)
    if history.isEmpty { history = [tokenizer.endOfText ?? 0] }
    var options = SamplingOptions()
    options.topK = 40
    options.temperature = 0.8
    options.seed = seed
    let text = Continuation(
      of: history,
      tokenizer,
      options,
      stops: [],
      endTokens: model.configuration.endTokens,
      ids: false
    )
    text.begin(with: prompt)
    let generator = try GPT2Generator(model)
    var logits = try generator.append(history)
    for index in 0..<tokens {
      try text.draw(from: logits, isLast: index + 1 == tokens)
      if text.isComplete { break }
      logits = try generator.append([text.lastToken])
    }
    return text.takeText()
  }
}
