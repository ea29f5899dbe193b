/// NumPy's type of an array's elements, as far as it says what bytes are taken for.
///
/// A type of objects whose flags do not say so makes pointers of bytes, and fields that reach out of an
/// element read other memory.
struct PickleArrayType {
  /// Elements are references to objects, and lists in pickles.
  private static let objectFlags = 0b01_1011
  /// What only elements with objects have.
  private static let referenceFlags = 0b111

  /// NumPy's letter: "f" for floating point, "O" for objects, "V" for structures.
  let kind: UInt8
  /// The bytes of an element; nil where its package alone would tell.
  let byteCount: Int?
  private(set) var holdsObjects: Bool

  /// A type of a package of which nothing is known.
  static let unknown = PickleArrayType(kind: 0, byteCount: nil, holdsObjects: false)

  private init(kind: UInt8, byteCount: Int?, holdsObjects: Bool) {
    self.kind = kind
    self.byteCount = byteCount
    self.holdsObjects = holdsObjects
  }

  /// Reads a code such as "f4"; nil for all that NumPy would have to interpret.
  init?(_ code: String) {
    guard let kind = code.utf8.first, "?bBhHiIlLqQpPefdgFDGSUVOMmcu".utf8.contains(kind) else {
      return nil
    }
    let digits = code.utf8.dropFirst()
    guard digits.count <= 9, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    let count = Int(String(decoding: digits, as: UTF8.self))
    self.kind = kind
    byteCount = kind == UInt8(ascii: "U") ? count.map { 4 * $0 } : count
    holdsObjects = kind == UInt8(ascii: "O")
  }

  /// What BUILD gives a type.
  struct State {
    /// An array in each element: its type and shape.
    var part: (type: PickleArrayType, count: Int)?
    /// The fields of a structure: their types and places.
    var fields: [(type: PickleArrayType, offset: Int)] = []
    var byteCount: Int
    var flags: Int
  }

  /// Takes a state, if it is one that NumPy writes of this type.
  mutating func take(_ state: State) -> Bool {
    let isStructure = kind == UInt8(ascii: "V")
    guard state.byteCount == -1 || byteCount == nil || state.byteCount == byteCount else {
      return false
    }
    guard isStructure || state.part == nil && state.fields.isEmpty else { return false }
    if let part = state.part {
      guard !part.type.holdsObjects, let size = part.type.byteCount else { return false }
      let (all, overflow) = size.multipliedReportingOverflow(by: part.count)
      guard !overflow, all == byteCount else { return false }
    }
    var holds = kind == UInt8(ascii: "O")
    for field in state.fields {
      guard let size = field.type.byteCount, let byteCount, field.offset >= 0,
        field.offset <= byteCount, size <= byteCount - field.offset
      else { return false }
      holds = holds || field.type.holdsObjects
    }
    let wanted = holds ? Self.objectFlags : 0
    let mask = holds ? Self.objectFlags : Self.referenceFlags
    guard state.flags >= 0, state.flags & mask == wanted else { return false }
    holdsObjects = holds
    return true
  }
}
