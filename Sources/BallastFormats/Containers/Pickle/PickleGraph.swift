import BallastBytes

/// What a pickle builds, as an arena: flat arrays, in which values refer to one another by index.
///
/// Nothing here is recursive, neither building nor walking nor freeing, so nesting costs no stack.
/// Text and bytes stay in the file until they are asked for.
package struct PickleGraph: Sendable {
  /// The bytes that texts are read from.
  let source: SharedBytes
  /// Whether `source` is the file itself, so that offsets in the one are offsets in the other.
  let isInFile: Bool
  /// What the pickle stands for, once STOP has been reached.
  package internal(set) var root: PickleValue?
  package internal(set) var globals: [PickleGlobal] = []
  package internal(set) var objects: [PickleObject] = []
  /// The persistent ids: text in protocol 0, otherwise mostly tuples.
  package internal(set) var persistentIDs: [PickleValue] = []
  /// What running the pickle would do, in order; empty unless the machine was told to record it.
  package internal(set) var events: [PickleEvent] = []

  var texts: [PickleText] = []
  var longs: [PickleLong] = []
  var byteRanges: [Range<Int>] = []
  var tupleElements: [PickleValue] = []
  /// The elements of lists and sets.
  var lists: [[PickleValue]] = []
  /// Keys and values in turn; a key may come again, and then the later value counts.
  var dictionaries: [[PickleValue]] = []
  /// Where the opcode stands that last changed each of `lists` and `dictionaries`.
  var listChanges: [Int] = []
  var dictionaryChanges: [Int] = []
  /// Where what a persistent id stands for is changed first, such as an element of a storage.
  var persistentChange: Int?

  init(source: SharedBytes, isInFile: Bool) {
    self.source = source
    self.isInFile = isInFile
  }

  /// The number of values that take memory, as `PickleLimits.values` counts them.
  var valueCount: Int {
    globals.count + objects.count + persistentIDs.count + texts.count + longs.count
      + byteRanges.count + lists.count + dictionaries.count
  }

  // MARK: Plain values

  /// The longest text that is taken for a name or a key; others are data.
  package static let maximumKeyBytes = 1024

  /// The text of a string, or of Python 2's bytes; nil where it is longer than a key.
  ///
  /// Texts are decoded anew each time, so the work is bounded by how long they may be.
  package func text(_ value: PickleValue, maximumBytes: Int = maximumKeyBytes) -> String? {
    guard case .string(let index) = value, texts[index].range.count <= maximumBytes else {
      return nil
    }
    return texts[index].decoded(from: source)
  }

  /// The text of a string that serves as a key, and whether it has surrogates, for which escapes stand
  /// in it; nil where it is longer than a key.
  func keyText(_ value: PickleValue) -> (text: String, hasSurrogates: Bool)? {
    guard case .string(let index) = value, texts[index].range.count <= Self.maximumKeyBytes else {
      return nil
    }
    return texts[index].read(from: source)
  }

  /// The text if it is no longer than a key, otherwise its beginning and an ellipsis.
  package func abridgedText(_ value: PickleValue) -> String? {
    guard case .string(let index) = value else { return nil }
    return text(value) ?? texts[index].prefix(Self.maximumKeyBytes).decoded(from: source) + "…"
  }

  /// Where the text stands in the file, and how long it is.
  func textRange(_ value: PickleValue) -> Range<Int>? {
    guard case .string(let index) = value else { return nil }
    return texts[index].range
  }

  /// The number, if it is an integer of at most 64 bits or a truth value.
  package func integer(_ value: PickleValue) -> Int? {
    switch value {
    case .integer(let integer): integer
    case .bool(let bool): bool ? 1 : 0
    default: nil
    }
  }

  /// The number, if it is a floating-point number or an integer of at most 64 bits.
  func number(_ value: PickleValue) -> Double? {
    if case .float(let number) = value { return number }
    return integer(value).map { Double($0) }
  }

  /// The decimal digits of a long integer; nil where there are too many to be of use.
  package func longDescription(_ value: PickleValue) -> String? {
    guard case .long(let index) = value else { return nil }
    return longs[index].description(in: source)
  }

  /// The bytes of a bytes object or a byte array.
  package func bytes(_ value: PickleValue) -> Range<Int>? {
    switch value {
    case .bytes(let index), .byteArray(let index): byteRanges[index]
    default: nil
    }
  }

  /// The elements of a list, tuple or set.
  package func elements(_ value: PickleValue) -> ArraySlice<PickleValue>? {
    switch value {
    case .list(let index), .set(let index): lists[index][...]
    case .tuple(let slice), .frozenSet(let slice): elements(of: slice)
    default: nil
    }
  }

  /// The elements of a list or tuple, which have an order of their own; nil for all else.
  func sequence(_ value: PickleValue) -> ArraySlice<PickleValue>? {
    switch value {
    case .list, .tuple: elements(value)
    default: nil
    }
  }

  /// Where in the pickle the list, set, dictionary or object was changed last; nil for all else.
  func lastChange(_ value: PickleValue) -> Int? {
    switch value {
    case .list(let index), .set(let index): listChanges[index]
    case .dictionary(let index): dictionaryChanges[index]
    case .object(let index): objects[index].lastChange
    default: nil
    }
  }

  /// Refuses a container that was changed after a call at `offset` had taken what is in it.
  ///
  /// Throws `TorchFault.changedAfterUse`.
  func checkUnchanged(_ value: PickleValue, since offset: Int) throws(FormatError) {
    guard let change = lastChange(value), change > offset else { return }
    throw FormatError(TorchFault.changedAfterUse, at: change)
  }

  /// The keys and values of a dictionary, in turn.
  package func entries(_ value: PickleValue) -> [PickleValue]? {
    guard case .dictionary(let index) = value else { return nil }
    return dictionaries[index]
  }

  private func elements(of slice: PickleSlice) -> ArraySlice<PickleValue> {
    tupleElements[Int(slice.start)..<Int(slice.start) + Int(slice.count)]
  }
}
