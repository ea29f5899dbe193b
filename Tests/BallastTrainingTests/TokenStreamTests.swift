import BallastBytes
import BallastGPT2
import BallastModelIO
import BallastTestSupport
import BallastTraining
import Testing

/// Documents in memory and in files, with prompts and without.
@Suite struct TokenStreamTests {
  private func file(_ tokens: [Int32], _ encoding: TokenStorage.Encoding) throws -> TokenStorage {
    // Bytes before the tokens, so that places in the file are not those in the region.
    var bytes: [UInt8] = [1, 2, 3, 4]
    for token in tokens {
      bytes +=
        encoding == .uint16 ? littleEndianBytes(of: UInt16(token)) : littleEndianBytes(of: token)
    }
    let source = try SharedBytes.copying(bytes)
    return TokenStorage(try ByteRegion(source, offset: 4, count: bytes.count - 4), encoding)
  }

  private func all(_ stream: TokenStream) -> [Int32] {
    var tokens: [Int32] = []
    stream.append(0..<stream.count, to: &tokens)
    return tokens
  }

  @Test(arguments: [TokenStorage.Encoding.uint16, .uint32, .marked, nil])
  func documentsEndWithTheirToken(encoding: TokenStorage.Encoding?) throws {
    let tokens: [Int32] = [9, 9, 1, 2, 9, 3, 9, 9, 4, 5]
    let storage = try encoding.map { try file(tokens, $0) } ?? TokenStorage(tokens)
    let scanned = try ScannedTokens(storage, endOfText: 9, vocabularySize: 10)
    #expect(scanned.ends == [5, 8, 10])
    let stream = TokenStream(scanned)
    #expect(all(stream) == tokens && stream.places == [0..<5, 5..<8, 8..<10])
    // The same wherever they lie.
    let memory = try ScannedTokens(TokenStorage(tokens), endOfText: 9, vocabularySize: 10)
    #expect(memory.hash == scanned.hash)
    #expect(try ScannedTokens(storage, endOfText: nil, vocabularySize: 10).ends == [10])
  }

  @Test func tokensOutsideOfTheVocabularyHaveAPlace() throws {
    func error(_ tokens: [Int32], _ encoding: TokenStorage.Encoding) throws -> FormatError? {
      let storage = try file(tokens, encoding)
      return failure { try ScannedTokens(storage, endOfText: 9, vocabularySize: 10) }
    }
    let narrow = try error([1, 2, 10], .uint16)
    #expect(narrow?.offset == 8)
    #expect(narrow?.fault as? TrainingDataFault == .tokenOutOfRange(10, vocabularySize: 10))
    // What would be a mark elsewhere.
    let wide = try error([1, ~3], .uint32)
    #expect(wide?.offset == 8)
    #expect(
      wide?.fault as? TrainingDataFault
        == .tokenOutOfRange(Int(UInt32(bitPattern: ~3)), vocabularySize: 10)
    )
    #expect(try error([1, ~3], .marked) == nil)
    let marked = try error([1, ~10], .marked)
    #expect(marked?.fault as? TrainingDataFault == .tokenOutOfRange(10, vocabularySize: 10))
    let end = failure { try ScannedTokens(TokenStorage([1]), endOfText: 1, vocabularySize: 1) }
    #expect(end?.fault as? TrainingDataFault == .tokenOutOfRange(1, vocabularySize: 1))
  }

  /// Of very many documents neighbours are taken together; each boundary is one of a document still.
  @Test func theListOfDocumentsIsBounded() throws {
    let tokens = (0..<3000).map { Int32($0 % 3 == 2 ? 9 : 1) }
    let scanned = try ScannedTokens(
      TokenStorage(tokens),
      endOfText: 9,
      vocabularySize: 10,
      maximumDocuments: 16
    )
    #expect((8...17).contains(scanned.ends.count))
    #expect(scanned.ends.allSatisfy { $0 % 3 == 0 } && scanned.ends.last == 3000)
    #expect(all(TokenStream(scanned)) == tokens)
  }

  /// A stream of documents of 3 tokens in files and in memory.
  private func documents(_ count: Int) throws -> TokenStream {
    var stream = TokenStream()
    for part in 0..<2 {
      let first = part * count / 2
      var tokens: [Int32] = []
      for document in first..<(part + 1) * count / 2 {
        tokens += [Int32(document), Int32(document), 99]
      }
      let storage = part == 0 ? try file(tokens, .uint16) : TokenStorage(tokens)
      stream.append(try ScannedTokens(storage, endOfText: 99, vocabularySize: 100))
    }
    return stream
  }

  @Test func documentsAreHeldOutBySeed() throws {
    let stream = try documents(40)
    let (training, validation) = try #require(stream.split(validation: 0.1, seed: 1))
    #expect(validation.documentCount == 4 && training.documentCount == 36)
    let kept = Set(all(training)).subtracting([99])
    let held = Set(all(validation)).subtracting([99])
    #expect(kept.union(held).count == 40 && kept.isDisjoint(with: held))
    #expect(all(training).count == 3 * 36)
    let again = try #require(stream.split(validation: 0.1, seed: 1))
    #expect(all(again.validation) == all(validation))
    #expect(again.validation.hash == validation.hash)
    #expect(validation.hash != training.hash && training.hash != stream.hash)
    let other = try #require(stream.split(validation: 0.1, seed: 2))
    #expect(all(other.validation) != all(validation))
    // One document at least, and one is left.
    #expect(try #require(stream.split(validation: 0.001, seed: 1)).validation.documentCount == 1)
    #expect(try #require(stream.split(validation: 0.999, seed: 1)).training.documentCount == 1)
  }

  @Test func aSingleDocumentIsSplitByItsTail() throws {
    let tokens = (0..<20).map { Int32($0) }
    let stream = TokenStream(
      try ScannedTokens(TokenStorage(tokens), endOfText: nil, vocabularySize: 20)
    )
    let (training, validation) = try #require(stream.split(validation: 0.25, seed: 1))
    #expect(all(training) == Array(tokens[..<15]) && all(validation) == Array(tokens[15...]))
    #expect(stream.split(validation: 0.05, seed: 1) == nil)
    #expect(TokenStream().split(validation: 0.5, seed: 1) == nil)
  }

  /// Any range of a stream of several storages is what lies there.
  @Test func anyRangeIsRead() throws {
    var stream = try documents(6)
    stream.append(try documents(4))
    let tokens = all(stream)
    #expect(tokens.count == 30)
    for start in 0..<30 {
      for end in start...30 {
        var part: [Int32] = []
        stream.append(start..<end, to: &part)
        #expect(part == Array(tokens[start..<end]))
      }
    }
  }

  /// Tokens of prompts are inputs, and no targets.
  @Test func promptsAreNotLearned() throws {
    let tokens: [Int32] = [~1, ~2, 3, 9, ~4, 5, 6, 9]
    let rows = try TokenRows(
      TokenStream(try ScannedTokens(TokenStorage(tokens), endOfText: 9, vocabularySize: 10)),
      context: 4
    )
    let batch = rows.batch(0..<2)
    #expect(batch.inputs == [1, 2, 3, 9, 4, 5, 6, 4])
    #expect(batch.targets == [-100, 3, 9, -100, 5, 6, 9, -100])
    #expect(batch.counted == 5 && rows.targetCount == 5 && rows.count == 2)
    let prompts = failure {
      try TokenRows(
        TokenStream(
          try ScannedTokens(TokenStorage([1, ~2, ~3]), endOfText: 9, vocabularySize: 10)
        ),
        context: 4
      )
    }
    #expect(prompts?.fault as? TrainingDataFault == .promptsAlone)
  }

  /// A row without a target that counts adds nothing, and what is computed of the others stays finite.
  @Test func aRowWithoutTargetsDoesNoHarm() throws {
    let model = try OpenedModel(path: Fixtures.path("tiny-gpt2")).loadModel(copying: true)
    let activations = try Activations(
      model.configuration,
      batch: 2,
      length: 4,
      keeping: .everything
    )
    func run(_ targets: [Int32], counted: Int) throws -> (loss: Double, gradients: [[Float]]) {
      let gradients = try GPT2Parameters.zeros(model.configuration)
      let loss = model.lossAndGradients(
        [1, 2, 3, 4, 5, 6, 7, 8],
        targets: targets,
        scale: 1 / Float(max(1, counted)),
        activations: activations,
        gradients: gradients,
        accumulates: false
      )
      return (loss, gradients.all.map(\.values))
    }
    let ignored = [Int32](repeating: TokenRows.ignored, count: 4)
    let none = try run(ignored + ignored, counted: 0)
    #expect(none.loss == 0 && none.gradients.allSatisfy { $0.allSatisfy { $0 == 0 } })
    let first = try run([2, 3, 4, 5] + ignored, counted: 4)
    #expect(first.loss > 0 && first.loss.isFinite)
    #expect(first.gradients.allSatisfy { $0.allSatisfy(\.isFinite) })
    let both = try run([2, 3, 4, 5, 6, 7, 8, 9], counted: 4)
    let second = try run(ignored + [6, 7, 8, 9], counted: 4)
    #expect(abs(both.loss - first.loss - second.loss) < 1e-4)
  }
}
