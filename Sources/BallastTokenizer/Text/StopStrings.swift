/// Ends a text before the first stop string in it, while the text is still being written.
///
/// The stop string that is complete first counts; of several that end at the same place, the
/// longest. Text that may yet become a stop string is held back, so that what is returned does not
/// depend on how the text was cut into pieces. Strings are compared by their bytes.
public struct StopStrings: Sendable {
  /// A stop string with the automaton of Knuth, Morris and Pratt.
  private struct Pattern {
    let bytes: [UInt8]
    /// For each length of a matched start, the longest shorter start that is also its end.
    private let fallbacks: [Int]
    /// How many bytes at the end of the text are a start of this string.
    private(set) var matched = 0

    init(_ string: String) {
      bytes = Array(string.utf8)
      var fallbacks = Array(repeating: 0, count: bytes.count + 1)
      for length in bytes.indices.dropFirst() {
        var candidate = fallbacks[length]
        while candidate > 0, bytes[candidate] != bytes[length] { candidate = fallbacks[candidate] }
        fallbacks[length + 1] = bytes[candidate] == bytes[length] ? candidate + 1 : 0
      }
      self.fallbacks = fallbacks
    }

    var isComplete: Bool { matched == bytes.count }

    mutating func append(_ byte: UInt8) {
      while matched > 0, bytes[matched] != byte { matched = fallbacks[matched] }
      if bytes[matched] == byte { matched += 1 }
    }
  }

  private var patterns: [Pattern]
  private var held: [UInt8] = []

  /// Whether a stop string was found; nothing is returned after that.
  public private(set) var isStopped = false

  /// Watches for these strings; empty ones are never found.
  public init(_ strings: [String]) {
    patterns = strings.filter { !$0.isEmpty }.map(Pattern.init)
  }

  /// Takes the next piece of the text and returns what is certain not to belong to a stop string.
  public mutating func append(_ text: String) -> String {
    guard !isStopped else { return "" }
    for byte in text.utf8 {
      held.append(byte)
      for index in patterns.indices { patterns[index].append(byte) }
      guard patterns.contains(where: \.isComplete) else { continue }
      isStopped = true
      let length = patterns.filter(\.isComplete).map(\.bytes.count).max() ?? 0
      defer { held = [] }
      return String(decoding: held.dropLast(length), as: UTF8.self)
    }
    let uncertain = patterns.map(\.matched).max() ?? 0
    let certain = held.count - uncertain
    defer { held.removeFirst(certain) }
    return String(decoding: held[..<certain], as: UTF8.self)
  }

  /// The text that was held back, once no more comes.
  public mutating func finish() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }
}
