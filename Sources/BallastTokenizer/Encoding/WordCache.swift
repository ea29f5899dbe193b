import CBallastKernels
import Glibc

/// The tokens of words that were met before; most words of a text were.
///
/// Each word has two places, which are one line of the processor's cache, and takes one of them from
/// the word that was not met for longer: memory (4 MiB) and time stay bounded whatever the text. Words
/// of more than 15 bytes or 4 tokens are not kept.
///
/// The one file of this target with unsafe pointers: an array would not begin at the start of a line
/// of the processor's cache, so that half of the words took two, and would have to be filled with
/// zeros before a text of three words is encoded.
///
/// Unchecked, since a pointer is not `Sendable`: nothing else has this one, and it cannot be copied.
struct WordCache: ~Copyable, @unchecked Sendable {
  /// A word of 1 to 15 bytes, packed: the last byte is the length.
  struct Word {
    fileprivate let low: UInt64
    fileprivate let high: UInt64
    /// Its place in the cache, below `lineCount`.
    ///
    /// Both halves of the product that it is taken from depend on all bits of the word.
    fileprivate let line: Int

    /// The most bytes of a word.
    static let maximumLength = 15

    /// The first `length` (1 to 15) of 16 bytes, of which the first is in the lowest bits.
    @inline(__always)
    init(low: UInt64, high: UInt64, length: Int) {
      // A shift by 64 leaves nothing.
      self.low = low & ~(UInt64.max << UInt64(8 * length))
      let rest = high & ~(UInt64.max &<< UInt64(8 * max(0, length - 8)))
      self.high = rest | UInt64(length) &<< 56
      let product = (self.low ^ 0xA076_1D64_78BD_642F)
        .multipliedFullWidth(by: self.high ^ 0xE703_7ED1_A0B4_28DB)
      line = Int(truncatingIfNeeded: (product.high ^ product.low) & (WordCache.lineCount - 1))
    }

    /// The number of its bytes.
    @inline(__always)
    var length: Int { Int(truncatingIfNeeded: high &>> 56) }

    /// No word.
    static let none = Word(low: 0, high: 0, length: 0)

    /// The word `text[range]`, which is not empty, if it is short enough.
    init?(_ range: Range<Int>, of text: Span<UInt8>) {
      guard range.count <= Self.maximumLength else { return nil }
      var low: UInt64 = 0
      var high: UInt64 = 0
      for position in range {
        let index = UInt64(position - range.lowerBound)
        if index < 8 {
          low |= UInt64(text[position]) << (index * 8)
        } else {
          high |= UInt64(text[position]) << (index * 8 - 64)
        }
      }
      self.init(low: low, high: high, length: range.count)
    }
  }

  /// A word with its tokens: 32 bytes.
  ///
  /// All zero is an entry of no word, since no word has the length 0.
  private struct Entry {
    var low: UInt64
    /// The word's, with the number of tokens in the four bits above the length.
    var high: UInt64
    var ids: SIMD4<Int32>

    @inline(__always)
    func isOf(_ word: Word) -> Bool {
      low == word.low && (high ^ word.high) & 0x0FFF_FFFF_FFFF_FFFF == 0
    }

    @inline(__always)
    var tokens: (ids: SIMD4<Int32>, count: Int) { (ids, Int(truncatingIfNeeded: high &>> 60)) }
  }

  private struct Line {
    var newer: Entry
    var older: Entry
  }

  /// The most tokens of a word that is kept.
  static let maximumTokens = 4
  /// A power of two.
  private static let lineCount: UInt64 = 1 << 16

  private let memory: UnsafeMutableRawPointer
  /// The lines, which lie within `memory`: `lineCount`, and `Word.line`, the only index, is below that.
  private let lines: UnsafeMutablePointer<Line>

  /// A cache that knows no word; its memory is not touched, and so not there, before it is used.
  init() {
    let lineBytes = MemoryLayout<Line>.stride
    let count = Int(Self.lineCount)
    // One line more than there are, so that all lie within when the first is moved to a multiple of 64.
    // 4 MiB that are not touched yet; an array of that size would end the process likewise.
    guard let memory = calloc(count + 1, lineBytes) else { preconditionFailure("out of memory") }
    self.memory = memory
    // Zeros are valid lines, which are integers throughout.
    lines = memory.alignedUp(toMultipleOf: lineBytes).bindMemory(to: Line.self, capacity: count)
  }

  deinit { free(memory) }

  /// Has the processor fetch the line of a word, which will be needed soon.
  @inline(__always)
  func prefetch(_ word: Word) { bk_prefetch(lines + word.line) }

  /// The tokens of a word and their number, if the word is known.
  @inline(__always)
  mutating func tokens(of word: Word) -> (ids: SIMD4<Int32>, count: Int)? {
    let line = lines + word.line
    if line.pointee.newer.isOf(word) { return line.pointee.newer.tokens }
    guard line.pointee.older.isOf(word) else { return nil }
    swap(&line.pointee.newer, &line.pointee.older)
    return line.pointee.newer.tokens
  }

  /// Keeps the tokens of a word, the first `count` (1 to 4) of these.
  mutating func keep(_ ids: SIMD4<Int32>, count: Int, of word: Word) {
    let entry = Entry(low: word.low, high: word.high | UInt64(count) << 60, ids: ids)
    let line = lines + word.line
    line.pointee.older = line.pointee.newer
    line.pointee.newer = entry
  }
}
