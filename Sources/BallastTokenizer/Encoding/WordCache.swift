/// The tokens of words that were met before; most words of a text were.
///
/// Each word has one place, and takes it from the word that was there: memory and time stay
/// bounded whatever the text. Words of more than 15 bytes or 4 tokens are not kept.
struct WordCache: Sendable {
  /// A word of 1 to 15 bytes, packed; the length is the last byte.
  struct Word: Equatable {
    private let low: UInt64
    private let high: UInt64

    /// The word `text[range]`, if it is short enough.
    init?(_ range: Range<Int>, of text: Span<UInt8>) {
      guard range.count <= 15 else { return nil }
      var low: UInt64 = 0
      var high = UInt64(range.count) << 56
      for position in range {
        let index = UInt64(position - range.lowerBound)
        if index < 8 {
          low |= UInt64(text[position]) << (index * 8)
        } else {
          high |= UInt64(text[position]) << (index * 8 - 64)
        }
      }
      self.low = low
      self.high = high
    }

    fileprivate static let none = Word(low: 0, high: 0)

    private init(low: UInt64, high: UInt64) {
      self.low = low
      self.high = high
    }

    fileprivate var hash: UInt64 {
      let mixed = (low ^ high &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
      return mixed ^ mixed >> 32
    }
  }

  private struct Entry {
    var word = Word.none
    var count = 0
    var ids = SIMD4<Int32>()
  }

  private static let size = 1 << 15
  private var entries = Array(repeating: Entry(), count: size)

  /// Appends the tokens of a word and returns true, if the word is known.
  func append(_ word: Word, to ids: inout [Int32]) -> Bool {
    let entry = entries[Int(word.hash % UInt64(Self.size))]
    guard entry.word == word else { return false }
    for index in 0..<entry.count { ids.append(entry.ids[index]) }
    return true
  }

  /// Keeps the tokens of a word, unless they are too many.
  mutating func keep(_ ids: ArraySlice<Int32>, of word: Word) {
    guard ids.count <= 4 else { return }
    var entry = Entry(word: word, count: ids.count)
    for (index, id) in ids.enumerated() { entry.ids[index] = id }
    entries[Int(word.hash % UInt64(Self.size))] = entry
  }
}
