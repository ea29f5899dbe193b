package import BallastBytes

extension TokenizerLists {
  /// The most pairs of tokens that are looked up while merges are found.
  ///
  /// GPT-2's 50,257 tokens take a million; a file of nothing but long tokens takes billions.
  static let maximumSteps = 100_000_000

  /// The lists of a vocabulary that has nothing but each token's bytes, by id.
  ///
  /// In a byte-level BPE that numbers tokens in the order of its merges, as GPT-2 does, these are
  /// enough: encoding a token with the merges before it leaves the two parts that its own merge
  /// joins. What does not come down to two parts, as `<|endoftext|>`, was added to the vocabulary.
  /// Throws `TokenizerFault.tooManySteps`.
  package init(rankedTokens: [[UInt8]], endOfText: Int?) throws(FormatError) {
    var search = MergeSearch(limit: Self.maximumSteps)
    var tokens: [Token?] = []
    var merges: [String] = []
    var seen: Set<[UInt8]> = []
    for (id, bytes) in rankedTokens.enumerated() {
      guard !bytes.isEmpty, seen.insert(bytes).inserted else {
        tokens.append(nil)
        continue
      }
      let text = Self.text(bytes)
      if bytes.count == 1 {
        search.insert(byte: bytes[0], id: id)
        tokens.append(Token(text, .text))
      } else if let (left, right) = try search.insert(bytes, id: id) {
        merges.append(Self.text(bytes[..<left]) + " " + Self.text(bytes[(bytes.count - right)...]))
        tokens.append(Token(text, .text))
      } else if let added = String(validating: bytes) {
        tokens.append(Token(added, id == endOfText ? .control : .added))
      } else {
        tokens.append(Token(text, .text))
      }
    }
    self.init(tokens: tokens, merges: merges)
    self.endOfText = endOfText.flatMap { tokens.indices.contains($0) ? tokens[$0]?.text : nil }
  }

  /// Bytes in the alphabet of vocabularies.
  private static func text(_ bytes: some Sequence<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(ByteAlphabet.characters[Int(byte)]) }
    return String(text)
  }
}

/// Finds the merge that makes each token, given those of the tokens before it.
private struct MergeSearch {
  private struct Pair: Hashable {
    let left: Int
    let right: Int
  }

  private struct Part {
    var id: Int
    var length: Int
  }

  private var bytes = [Int?](repeating: nil, count: 256)
  private var merges: [Pair: Int] = [:]
  private var steps = 0
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  mutating func insert(byte: UInt8, id: Int) {
    bytes[Int(byte)] = id
  }

  /// Learns the merge that makes a token; returns the lengths of its parts, or nil without one.
  mutating func insert(
    _ token: [UInt8],
    id: Int
  ) throws(FormatError) -> (left: Int, right: Int)? {
    var parts: [Part] = []
    for byte in token {
      guard let part = bytes[Int(byte)] else { return nil }
      parts.append(Part(id: part, length: 1))
    }
    while parts.count > 2 {
      steps += parts.count
      guard steps <= limit else { throw FormatError(TokenizerFault.tooManySteps(limit: limit)) }
      var best: (place: Int, id: Int)?
      for place in 0..<parts.count - 1 {
        guard let merged = merges[Pair(left: parts[place].id, right: parts[place + 1].id)],
          merged < best?.id ?? .max
        else { continue }
        best = (place, merged)
      }
      guard let best else { return nil }
      parts[best.place].id = best.id
      parts[best.place].length += parts[best.place + 1].length
      parts.remove(at: best.place + 1)
    }
    merges[Pair(left: parts[0].id, right: parts[1].id)] = id
    return (parts[0].length, parts[1].length)
  }
}

extension String {
  /// The text of UTF-8, or nil where the bytes are none.
  fileprivate init?(validating bytes: [UInt8]) {
    guard let text = try? String(validating: bytes.span.bytesOfBytes, at: 0) else { return nil }
    self = text
  }
}
