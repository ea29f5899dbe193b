import BallastBytes
import BallastFormats

/// What is known about a value of a pickle that is read but not run.
enum PickleSymbol {
  /// A value that is of no interest, or that cannot be known without running the pickle.
  case opaque
  case none
  case truth(Bool)
  case integer(Int)
  case text(PickleText)
  case bytes(Range<Int>)
  /// Something imported: an index into the names of the walk.
  case global(Int)
  /// What a call returned: the index of the name that was called, where it was a name.
  case result(of: Int?)
  /// A tuple, list, set or dictionary: an index into the collections of the walk.
  case collection(Int)
}

/// The first elements of a collection, for showing them.
struct PickleCollection {
  /// Enough to see what a call is about.
  static let shownElements = 6

  let opening: String
  let closing: String
  private(set) var elements: [PickleSymbol] = []
  private(set) var isCut = false

  init(_ opening: String, _ closing: String, _ elements: some Sequence<PickleSymbol> = []) {
    self.opening = opening
    self.closing = closing
    for element in elements {
      append(element)
      if isCut { break }
    }
  }

  mutating func append(_ element: PickleSymbol) {
    guard elements.count < Self.shownElements else {
      isCut = true
      return
    }
    elements.append(element)
  }
}

/// A name that a pickle imports, and what it does with it.
package struct PickleName: Sendable {
  /// A call of the name.
  package struct Call: Sendable {
    /// The opcode that calls, as pickletools names it.
    package let opcode: String
    /// Where that opcode stands.
    package let offset: Int
    /// The arguments as Python would write them; shortened, with … for what only a run would tell.
    package let arguments: String
  }

  /// The module and the name in it, with a dot between them.
  package let path: String
  package let verdict: PickleVerdict
  /// The opcode that imports it first.
  package let opcode: String
  /// Where that opcode stands.
  package let offset: Int
  /// How often it is imported.
  package var count = 1
  /// The first call, where there is one.
  package var call: Call?

  /// The path, shortened where it is longer than a name should be.
  var shownPath: String {
    let shown = path.unicodeScalars.prefix(200)
    return String(shown) + (shown.endIndex < path.unicodeScalars.endIndex ? "…" : "")
  }

  /// Whether the module is one of Python's own that do something when they are imported.
  var actsOnImport: Bool {
    let parts = path.split(separator: ".")
    return parts.contains("__main__") || parts.first.map { Self.actors.contains($0) } ?? false
  }

  private static let actors: Set<Substring> = [
    "antigravity", "this", "__hello__", "__phello__", "idlelib", "turtledemo", "test",
  ]

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
