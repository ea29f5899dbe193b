/// What a pickle remembers, by index.
///
/// Picklers count the indices up, so most of them need no more than a place; the others are looked up.
struct SymbolMemo {
  /// Values whose indices are counted up: a checkpoint of 400 000 tensors has as many.
  static let maximumCount = 1 << 22
  /// Values whose indices are not.
  static let maximumScattered = 1 << 18
  /// Memory grows in pieces, so that it is never held twice.
  private static let piece = 1 << 12

  private var pieces: [[PickleSymbol?]] = []
  private var scattered: [Int: PickleSymbol] = [:]
  /// The number of values.
  private(set) var count = 0

  subscript(index: Int) -> PickleSymbol? {
    guard index >= 0 else { return scattered[index] }
    let (piece, place) = index.quotientAndRemainder(dividingBy: Self.piece)
    if piece < pieces.count, place < pieces[piece].count, let symbol = pieces[piece][place] {
      return symbol
    }
    return scattered[index]
  }

  /// Remembers a value; returns whether there was room for it.
  mutating func set(_ symbol: PickleSymbol, at index: Int) -> Bool {
    if scattered[index] != nil {
      scattered[index] = symbol
      return true
    }
    let (piece, place) = index.quotientAndRemainder(dividingBy: Self.piece)
    guard index >= 0, index < Self.maximumCount, piece <= pieces.count else {
      guard scattered.count < Self.maximumScattered else { return false }
      scattered[index] = symbol
      count += 1
      return true
    }
    if piece == pieces.count { pieces.append([]) }
    while pieces[piece].count <= place { pieces[piece].append(nil) }
    if pieces[piece][place] == nil { count += 1 }
    pieces[piece][place] = symbol
    return true
  }
}
