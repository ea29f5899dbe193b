import BallastBytes
import BallastFormats

/// What is known about a value of a pickle that is read but not run.
enum PickleSymbol {
  /// A value that cannot be known without running the pickle.
  case opaque
  case none
  case truth(Bool)
  case integer(Int)
  /// A floating-point number, or an integer that is not looked at.
  case number
  case text(PickleText)
  case bytes(Range<Int>)
  /// The bytes of a text that is Latin-1.
  case encoded(PickleText)
  /// Bytes that can be written to, and where they stand; nil where they come from outside of the pickle.
  case buffer(Range<Int>?)
  /// Something imported: an index into the names of the walk.
  case global(Int)
  /// What a call returned: the index of the name that was called, where it was a name; of a function
  /// that makes an object of a class, the class.
  case result(of: Int?)
  /// What a persistent id stands for: in torch's files a storage.
  case persistent
  /// A type of NumPy: an index into those of the walk.
  case arrayType(Int)
  /// An array of NumPy: an index into those of the walk.
  case array(Int)
  /// A tuple, list, set or dictionary: an index into the collections of the walk.
  case collection(Int)
}

/// An array of NumPy.
struct PickleArray {
  /// The name that was called.
  let name: Int
  /// Whether its state has a mask.
  var isMasked = false
  /// The type of its elements, once that is known: an index into those of the walk.
  var type: Int?
  /// Whether it has its content, which no pickler gives it twice.
  var isComplete: Bool
}

/// A container of a pickle, and its first elements.
struct PickleCollection {
  enum Kind: UInt8 { case tuple, list, dict, set }

  /// Enough for every call that picklers write, and for the fields of structures.
  static let keptElements = 64
  /// Enough to see what a call is about.
  static let shownElements = 6

  /// Keys and values of a dictionary, in turns.
  private(set) var elements: [PickleSymbol] = []
  /// How many elements there are, kept or not.
  private(set) var count: Int
  // Behind the two words it takes no room of its own, and there may be a million collections.
  let kind: Kind
  /// Whether there are more elements than are kept.
  private(set) var isCut = false
  /// Whether a key is one that Python's machinery asks objects for, or not known.
  var hasSpecialKeys = false
  /// What the keys would do as attributes.
  var traits: PickleAttributes.Traits = []
  /// A name by which NumPy, torch or Python asks objects for what it then uses, and anything but a text, a number
  /// or nothing: together they are a pair that makes an attribute.
  struct Pair {
    var name = false
    var part = false
  }

  /// What stands among the keys of a dictionary, and among its values or the elements.
  var keys = Pair()
  var values = Pair()
  /// Whether another container holds it.
  var isHeld = false
  /// Whether a type of NumPy keeps it, which reads it again whenever an array is used, or an optimizer as its groups: it is
  /// complete.
  var isInUse = false
  /// Whether an element is no dictionary, or no pair.
  var holdsOthers = false
  var holdsOtherThanPairs = false
  /// Whether an element is a function of those that are only called.
  var holdsFunctions = false

  init(_ kind: Kind, _ elements: some Collection<PickleSymbol> = EmptyCollection()) {
    self.kind = kind
    // A copy: an array that is made of all of another one shares its memory, which may be much more.
    self.elements.reserveCapacity(min(elements.count, Self.keptElements))
    self.elements.append(contentsOf: elements.prefix(Self.keptElements))
    count = elements.count
    isCut = count > Self.keptElements
  }

  /// Adds elements, of which so many may be kept; returns how many are.
  mutating func append(_ added: some Collection<PickleSymbol>, keeping room: Int) -> Int {
    count += added.count
    let kept = isCut ? 0 : min(added.count, Self.keptElements - elements.count, room)
    elements.append(contentsOf: added.prefix(kept))
    if kept < added.count { isCut = true }
    return kept
  }
}

/// A name that a pickle imports, and what it does with it.
package struct PickleName: Sendable {
  /// A call of the name.
  package struct Call: Sendable {
    /// The opcode that calls.
    let opcode: PickleOpcode
    /// Where that opcode stands.
    package let offset: Int
    /// The arguments as Python would write them; shortened, with … for what only a run would tell.
    package let arguments: String
  }

  /// The module and the name in it, with a dot between them.
  package let path: String
  package let verdict: PickleVerdict
  /// How it may be used, if it makes data.
  let form: PickleForm?
  /// The opcode that imports it first.
  let opcode: PickleOpcode
  /// Where that opcode stands.
  package let offset: Int
  /// The calls that are told apart by their arguments, in order and up to a number; of a name that makes
  /// data, those that no pickler writes.
  package var calls: [Call] = []
  /// How many more calls there were.
  package var omittedCalls = 0

  /// A few show what a name is used for, and that it is not the first of them alone.
  static let maximumCalls = 8

  /// The name without its module.
  var lastPart: ExactString {
    let letters = path.utf8.reversed().prefix { $0 != UInt8(ascii: ".") }
    return ExactString(String(decoding: letters.reversed(), as: UTF8.self))
  }

  /// Forgets the calls of a pickle that was loaded before.
  mutating func forgetCalls() {
    calls = []
    omittedCalls = 0
  }

  /// The path, shortened where it is longer than a name should be.
  var shownPath: String {
    let shown = path.unicodeScalars.prefix(200)
    return String(shown) + (shown.endIndex < path.unicodeScalars.endIndex ? "…" : "")
  }

  /// Whether the module is one of Python's own that do something when they are imported.
  var actsOnImport: Bool {
    let parts = path.utf8.split(separator: UInt8(ascii: "."))
    return parts.contains { $0.elementsEqual("__main__".utf8) }
      || parts.first.map { Self.actors.contains(ExactString(String(Substring($0)))) } ?? false
  }

  private static let actors: Set<ExactString> = Set(
    ["antigravity", "this", "__hello__", "__phello__", "idlelib", "turtledemo", "test"]
      .map { ExactString($0) }
  )

  /// Whether the path could be one of a module and a name in it.
  var isPlausible: Bool {
    path.utf8.allSatisfy { letter in
      switch letter {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F: true
      default: false
      }
    }
  }
}
