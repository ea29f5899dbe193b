import BallastBytes
import BallastJSON

extension TokenizerDescription {
  /// A vocabulary and its merges, from the file each.
  init(
    vocabulary: JSONValue,
    file vocabularyFile: String,
    merges: SharedBytes,
    file mergesFile: String
  ) throws(FormatError) {
    do {
      self.init(vocabulary: try Self.tokens(of: vocabulary), merges: [])
    } catch {
      throw error.inFile(vocabularyFile)
    }
    do {
      self.merges = try MergeList.parse(merges.bytes)
    } catch {
      throw error.inFile(mergesFile)
    }
    self.vocabularyFile = vocabularyFile
    self.mergesFile = mergesFile
  }

  /// The vocabulary that a list of merges implies.
  ///
  /// GPT-2 numbers the bytes first, then what the merges make, then `<|endoftext|>`.
  init(mergesAlone merges: SharedBytes, file: String?) throws(FormatError) {
    let list: [Merge]
    do {
      list = try MergeList.parse(merges.bytes)
    } catch {
      throw error.inFile(file)
    }
    let tokens =
      ByteAlphabet.order.map { String(ByteAlphabet.characters[Int($0)]) }
      + list.map { $0.left + $0.right } + [Self.endOfTextName]
    self.init(
      vocabulary: tokens.enumerated().map { (token: $0.element, id: Int32($0.offset)) },
      merges: list
    )
    vocabularyFile = file
    mergesFile = file
  }

  /// The tokens of a JSON object whose values are ids.
  static func tokens(of vocabulary: JSONValue) throws(FormatError) -> [(token: String, id: Int32)] {
    guard let object = vocabulary.object else {
      throw FormatError(TokenizerFault.badValue("the vocabulary"))
    }
    var tokens: [(token: String, id: Int32)] = []
    tokens.reserveCapacity(object.count)
    for (token, id) in object.members {
      tokens.append((token, try Self.id(id, of: token)))
    }
    return tokens
  }

  /// An id as a file has it.
  static func id(_ value: JSONValue?, of token: String) throws(FormatError) -> Int32 {
    guard let id = value?.integer, id >= 0, id <= maximumID else {
      throw FormatError(TokenizerFault.badID(token: token))
    }
    return Int32(id)
  }
}
