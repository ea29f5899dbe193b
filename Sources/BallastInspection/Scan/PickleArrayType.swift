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
  /// Whether elements have fields, or are arrays themselves.
  private(set) var hasParts = false
  /// Whether it was given a state, or is used: no pickler changes it then, and nobody could tell what
  /// arrays of it hold.
  var isSettled = false

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
    guard !Self.isFlexible(kind) || count != nil else { return nil }
    // Complex numbers; without a size the letter is a text, of any size that a state gives it.
    guard kind != UInt8(ascii: "c") || [8, 16, 32].contains(count) else { return nil }
    byteCount = kind == UInt8(ascii: "U") ? count.map { 4 * $0 } : count
    holdsObjects = kind == UInt8(ascii: "O")
  }

  /// Whether elements have any size: texts, bytes and structures.
  private static func isFlexible(_ kind: UInt8) -> Bool { "SUV".utf8.contains(kind) }

  /// Whether elements are texts or bytes.
  var isText: Bool { "SU".utf8.contains(kind) }

  /// Whether elements are dates or times, which have a unit.
  var hasUnit: Bool { "Mm".utf8.contains(kind) }

  /// What BUILD gives a type.
  struct State {
    /// An array in each element: its type and shape.
    var part: (type: PickleArrayType, count: Int)?
    /// The fields of a structure: their types and places.
    var fields: [(type: PickleArrayType, offset: Int)] = []
    /// How many of them have names: there may be titles for them, too.
    var nameCount = 0
    var byteCount: Int
    var alignment: Int
    var flags: Int
  }

  /// Takes a state, if it is one that NumPy writes of this type.
  mutating func take(_ state: State) -> Bool {
    let isStructure = kind == UInt8(ascii: "V")
    if Self.isFlexible(kind) {
      guard state.byteCount == byteCount, (1...64).contains(state.alignment),
        state.alignment.nonzeroBitCount == 1
      else { return false }
    } else {
      guard state.byteCount == -1 || byteCount == nil || state.byteCount == byteCount else {
        return false
      }
    }
    guard isStructure || state.part == nil && state.fields.isEmpty,
      state.part == nil || state.fields.isEmpty
    else { return false }
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
    if holds, !state.areFieldsApart { return false }
    let wanted = holds ? Self.objectFlags : 0
    let mask = holds ? Self.objectFlags : Self.referenceFlags
    guard state.flags >= 0, state.flags & mask == wanted else { return false }
    holdsObjects = holds
    hasParts = state.part != nil || !state.fields.isEmpty
    return true
  }
}

extension PickleArrayType.State {
  /// Whether no two fields share bytes: what counts objects would count one twice.
  fileprivate var areFieldsApart: Bool {
    var end = 0
    var places: Set<Int> = []
    for field in fields.sorted(by: { $0.offset < $1.offset }) {
      // A title stands for the same field as a name.
      guard places.insert(field.offset).inserted else { continue }
      guard field.offset >= end, let size = field.type.byteCount else { return false }
      end = field.offset + size
    }
    return places.count == max(nameCount, fields.isEmpty ? 0 : 1)
  }
}
