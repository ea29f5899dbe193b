import BallastBytes
import BallastFormats

/// The states of NumPy's arrays and types.
extension PickleWalk {
  /// Of bytes up to this size an array makes a copy; over others it lies.
  private static let copiedBytes = 1000
  private static let units: Set<String> = [
    "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "generic",
  ]

  // MARK: - Arrays

  mutating func build(arrayAt index: Int, from state: PickleSymbol) {
    guard !arrays[index].isComplete, let parts = tuple(state),
      arrays[index].isMasked ? isMaskedArray(parts) : isArray(parts)
    else { return note(.oddState) }
    arrays[index].isComplete = true
    if case .arrayType(let type) = parts[2] {
      arrays[index].type = type
      inspectTexts(parts[4], of: type)
      if arrayTypes[type].holdsObjects, arrayTypes[type].hasParts { keepRecords() }
    }
    for content in parts.dropFirst(4).prefix(2)
    where byteCount(content) > Self.copiedBytes && !lend(content) { note(.oddState) }
  }

  /// An element of a masked array is no larger, unless the array holds one.
  private static let largestElement = 1 << 20

  /// What an array has, the bytes of its mask, and what stands for elements that are masked.
  private func isMaskedArray(_ parts: [PickleSymbol]) -> Bool {
    guard parts.count == 7, isArray(Array(parts.prefix(5))), isBytes(parts[5]),
      case .arrayType(let type) = parts[2]
    else { return false }
    // What stands for an element may have to be made, as large as one.
    guard arrayTypes[type].byteCount ?? 0 <= max(Self.largestElement, byteCount(parts[4])) else {
      return false
    }
    switch parts[6] {
    // NumPy makes one; of structures it has written one.
    case .none: return !arrayTypes[type].hasParts
    case .array(let index):
      guard let own = arrays[index].type, arrays[index].isComplete, !arrays[index].isMasked else {
        return false
      }
      // It becomes one of the array's type: of objects Python asks for numbers, texts and dates.
      let (from, to) = (arrayTypes[own], arrayTypes[type])
      return own == type || !from.holdsObjects && (!to.holdsObjects || from.isText && !to.hasParts)
    default: return false
    }
  }

  /// The version, the shape, the type, the order, and bytes or a list.
  private func isArray(_ parts: [PickleSymbol]) -> Bool {
    guard parts.count == 5, case .integer = parts[0], isIntegers(parts[1]), isTruth(parts[3])
    else { return false }
    if case .arrayType(let index) = parts[2] {
      guard arrayTypes[index].holdsObjects else { return isBytes(parts[4]) }
    } else {
      guard isUnknown(parts[2]) else { return false }
      if isBytes(parts[4]) { return true }
    }
    // NumPy takes as many objects out of the list as the shape says.
    guard case .collection(let list) = parts[4], collections[list].kind == .list,
      let count = product(of: parts[1])
    else { return false }
    return collections[list].count == count
  }

  /// How many elements there are of a shape; nil where that is no number.
  private func product(of shape: PickleSymbol) -> Int? {
    guard let lengths = tuple(shape) else { return nil }
    var count = 1
    for length in lengths {
      guard case .integer(let length) = length, length >= 0 else { return nil }
      let product = count.multipliedReportingOverflow(by: length)
      guard !product.overflow else { return nil }
      count = product.partialValue
    }
    return count
  }

  /// The bytes in the file; some may be escapes.
  private func byteCount(_ symbol: PickleSymbol) -> Int {
    switch symbol {
    case .bytes(let range): range.count
    case .encoded(let text), .text(let text): text.range.count
    default: 0
    }
  }

  // MARK: - Types

  mutating func build(arrayTypeAt index: Int, from state: PickleSymbol) {
    guard !arrayTypes[index].isSettled else { return note(.oddState) }
    arrayTypes[index].isSettled = true
    for part in tuple(state) ?? [] {
      if case .collection(let part) = part { collections[part].isInUse = true }
    }
    guard let state = arrayTypeState(state, of: arrayTypes[index]), arrayTypes[index].take(state)
    else { return note(.oddState) }
  }

  /// Version, order of bytes, an array in each element, names, fields, size, alignment and flags; with
  /// dates their unit.
  private func arrayTypeState(
    _ state: PickleSymbol,
    of type: PickleArrayType
  ) -> PickleArrayType.State? {
    guard let parts = tuple(state), (8...9).contains(parts.count),
      case .integer(let version) = parts[0], (3...4).contains(version), isText(parts[1]),
      case .integer(let byteCount) = parts[5], case .integer(let alignment) = parts[6],
      case .integer(let flags) = parts[7]
    else { return nil }
    let last = parts.count == 9 ? parts[8] : .none
    guard type.hasUnit ? isUnit(last) && version == 4 : isMetadata(last) else { return nil }
    var result = PickleArrayType.State(byteCount: byteCount, alignment: alignment, flags: flags)
    if case .none = parts[2] {
    } else {
      guard let pair = tuple(parts[2]), pair.count == 2, case .arrayType(let type) = pair[0],
        let count = product(of: pair[1])
      else { return nil }
      result.part = (arrayTypes[type], count)
    }
    switch (parts[3], parts[4]) {
    case (.none, .none): break
    case (_, .collection(let fields)):
      guard let names = tuple(parts[3]), let fields = self.fields(fields, named: names) else {
        return nil
      }
      result.fields = fields
      result.nameCount = names.count
    default: return nil
    }
    return result
  }

  /// The fields of a structure, if each name has one.
  private func fields(
    _ index: Int,
    named names: [PickleSymbol]
  ) -> [(type: PickleArrayType, offset: Int)]? {
    guard collections[index].kind == .dict, !collections[index].isCut else { return nil }
    let entries = collections[index].elements
    var fields: [(type: PickleArrayType, offset: Int)] = []
    var keys: Set<ExactString> = []
    for index in stride(from: 0, to: entries.count - 1, by: 2) {
      guard let key = shortText(entries[index]), keys.insert(ExactString(key)).inserted,
        let field = tuple(entries[index + 1]), (2...3).contains(field.count),
        case .arrayType(let type) = field[0], case .integer(let offset) = field[1],
        field.dropFirst(2).allSatisfy({ isAtom($0) })
      else { return nil }
      fields.append((arrayTypes[type], offset))
    }
    var rest = keys
    let areNamed = names.allSatisfy { name in
      shortText(name).map { rest.remove(ExactString($0)) != nil } ?? false
    }
    return areNamed ? fields : nil
  }

  private func isMetadata(_ symbol: PickleSymbol) -> Bool {
    isNone(symbol) || kind(of: symbol) == .dict
  }

  /// The unit of dates: metadata, and a tuple of its name, how many there are of it, and two ones.
  private func isUnit(_ symbol: PickleSymbol) -> Bool {
    guard let pair = tuple(symbol), pair.count == 2, isMetadata(pair[0]),
      let unit = tuple(pair[1]), unit.count == 4, let name = unitName(unit[0]),
      Self.units.contains(name), case .integer(let count) = unit[1],
      (1...Int(Int32.max)).contains(count)
    else { return false }
    return unit.dropFirst(2).allSatisfy { if case .integer(1) = $0 { true } else { false } }
  }

  private func unitName(_ symbol: PickleSymbol) -> String? {
    switch symbol {
    case .bytes(let range): shortText(.text(PickleText(range: range, encoding: .bytes)))
    case .encoded(let text): shortText(.text(text))
    default: shortText(symbol)
    }
  }
}
