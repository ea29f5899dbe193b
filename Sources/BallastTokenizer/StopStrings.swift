/// Watches a text that comes in parts for strings at which it is to end.
///
/// What may be the start of a stop string is held back until it is clear that it is none. The stop
/// string that is complete first ends the text, of several the longest, so that it does not matter
/// in which parts the text comes. Strings are compared byte by byte.
public struct StopStrings: Sendable {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []
  /// Whether a stop string has come; whatever follows is ignored.
  public private(set) var isStopped = false

  /// A watcher for these strings; empty ones stop nothing.
  public init(_ stops: [String]) {
    self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
      .sorted { $0.count > $1.count }
  }

  /// Takes a part of the text and gives what can be shown: nothing of a stop string, nor after it.
  public mutating func append(_ text: String) -> String {
    guard !isStopped else { return "" }
    let seen = held.count
    held += text.utf8
    for end in seen..<held.count {
      for stop in stops where held[...end].ends(with: stop) {
        isStopped = true
        return give(end + 1 - stop.count, keeping: false)
      }
    }
    return give(held.count - undecidedTail(), keeping: true)
  }

  /// Gives what was held back, as the text has ended.
  public mutating func finish() -> String {
    isStopped ? "" : give(held.count, keeping: false)
  }

  private mutating func give(_ count: Int, keeping: Bool) -> String {
    let text = String(decoding: held[..<count], as: UTF8.self)
    if keeping { held.removeFirst(count) } else { held = [] }
    return text
  }

  /// The length of the longest end of the text that a stop string starts with.
  private func undecidedTail() -> Int {
    let longest = min(held.count, (stops.first?.count ?? 1) - 1)
    for length in stride(from: longest, to: 0, by: -1) {
      let tail = held.suffix(length)
      if stops.contains(where: { $0.count > length && $0.starts(with: tail) }) { return length }
    }
    return 0
  }
}

extension ArraySlice<UInt8> {
  fileprivate func ends(with other: [UInt8]) -> Bool {
    suffix(other.count).elementsEqual(other)
  }
}
