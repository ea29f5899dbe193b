import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastTestSupport
import BallastTokenizer
import Testing

/// Rows of embeddings for added tokens.
@Suite struct ExtendedVocabularyTests {
  private let folder: TemporaryFolder
  /// The bytes, and the end of a text.
  private static let tokens = 257

  init() throws {
    folder = try TemporaryFolder()
    var vocabulary = JSONObject()
    let bytes = (Array(33...126) + Array(161...172) + Array(174...255)).map {
      Unicode.Scalar(UInt8($0))
    }
    let others = (256..<256 + 256 - bytes.count).compactMap { Unicode.Scalar($0) }
    for (id, scalar) in (bytes + others).enumerated() {
      vocabulary[String(Character(scalar))] = .integer(id)
    }
    vocabulary["<|endoftext|>"] = .integer(Self.tokens - 1)
    _ = try folder.write(JSONValue.object(vocabulary).text().utf8, to: "vocab.json")
    _ = try folder.write("#version: 0.2\n".utf8, to: "merges.txt")
  }

  /// A model with so many rows beside the tokenizer.
  private func model(rows: Int, tiesHead: Bool) throws -> OpenedModel {
    var configuration = TinyCheckpoint.configuration
    configuration.vocabularySize = rows
    configuration.tiesHead = tiesHead
    _ = try folder.write(JSONValue.object(configuration.json()).text().utf8, to: "config.json")
    let path = folder.path + "/model.safetensors"
    _ = try TinyCheckpoint.checkpoint(TinyCheckpoint.outputs(configuration), at: path)
    return try OpenedModel(path: folder.path)
  }

  /// Two tokens for a vocabulary of the tokenizer's size, one padded beyond it, and one padded for one of them.
  @Test(arguments: [0, 1, 40], [true, false])
  func rowsAreTheMean(padding: Int, tiesHead: Bool) throws {
    let opened = try model(rows: Self.tokens + padding, tiesHead: tiesHead)
    let extended = try ExtendedVocabulary(opened, adding: ["<|user|>", "<|bot|>"])
    let rows = max(Self.tokens + padding, Self.tokens + 2)
    #expect(extended.firstID == Self.tokens)
    #expect(extended.tokenizer.encode("<|bot|>") == [Int32(Self.tokens + 1)])
    #expect(extended.configuration.vocabularySize == rows)
    let before = try opened.loadModel().parameters
    let after = try extended.loadModel()
    #expect(after.configuration.vocabularySize == rows)
    #expect(
      after.folder(extending: [:], companions: []).configuration["vocab_size"] == .integer(rows)
    )
    let known = Self.tokens
    let width = opened.configuration.width
    for parameter in before.all {
      let found = try #require(after.parameters.all.first { $0.name == parameter.name }).values
      guard parameter.name == "wte.weight" || parameter.name == "lm_head.weight" else {
        #expect(found == parameter.values)
        continue
      }
      #expect(found.count == rows * width)
      let values = parameter.values
      #expect(Array(found.prefix(known * width)) == Array(values.prefix(known * width)))
      for row in known..<Self.tokens + 2 {
        for column in 0..<width {
          let mean =
            (0..<known).map { Double(values[$0 * width + column]) }.reduce(0, +) / Double(known)
          #expect(abs(Double(found[row * width + column]) - mean) <= 1e-6 * abs(mean))
        }
      }
      // What fills the vocabulary up beyond the tokens stays.
      let rest = (Self.tokens + 2) * width
      #expect(Array(found.dropFirst(rest)) == Array(values.dropFirst(rest)))
    }
    #expect(after.parameters.all.contains { $0.name == "lm_head.weight" } != tiesHead)
  }

  /// A token that was added before, and has no row either, gets one with the others.
  @Test func earlierTokensGetRows() throws {
    _ = try folder.write("{\"<more>\": \(Self.tokens)}".utf8, to: "added_tokens.json")
    let opened = try model(rows: Self.tokens, tiesHead: true)
    let extended = try ExtendedVocabulary(opened, adding: ["<|user|>"])
    #expect(extended.firstID == Self.tokens + 1)
    let values = try extended.loadModel().parameters.tokenEmbedding.values
    let width = opened.configuration.width
    #expect(values.count == (Self.tokens + 2) * width)
    let last = Array(values.suffix(width))
    #expect(Array(values.dropFirst(Self.tokens * width).prefix(width)) == last)
    #expect(last.contains { $0 != 0 })
  }

  /// A tokenizer with more words than the model has rows is another model's.
  @Test func otherTokenizersAreRefused() throws {
    let opened = try model(rows: Self.tokens - 1, tiesHead: true)
    let error = #expect(throws: FormatError.self) {
      try ExtendedVocabulary(opened, adding: ["<|user|>"])
    }
    let fault = try #require(error?.fault as? VocabularyFault)
    guard case .beyondEmbedding(tokens: Self.tokens, rows: Self.tokens - 1) = fault else {
      Issue.record("\(fault)")
      return
    }
  }

  /// A file of GGUF carries its tokenizer: others beside it do not count, and do not go along.
  @Test func filesBesideACarriedTokenizerStay() throws {
    let gguf = folder.path + "/model.gguf"
    let tiny = try OpenedModel(path: Fixtures.path("tiny-gpt2"))
    try GGUFModel.write(tiny, as: .f32, tokenizer: tiny.tokenizerLists(), to: gguf)
    let opened = try OpenedModel(path: gguf)
    let extended = try ExtendedVocabulary(opened, adding: ["<|user|>"])
    #expect(extended.firstID == tiny.configuration.vocabularySize)
    #expect(opened.hasTokenizer && extended.companions.isEmpty && extended.files.count == 4)
  }
}
