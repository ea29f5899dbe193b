/// A value of a pickle: itself where it is small, otherwise its place in a `PickleGraph`.
///
/// Copying one copies a few bytes and never what it stands for, so that values may share, nest and
/// refer to themselves to any extent.
package enum PickleValue: Hashable, Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  /// An integer of more than 64 bits.
  case long(Int)
  case float(Double)
  case string(Int)
  case bytes(Int)
  case byteArray(Int)
  case list(Int)
  case tuple(PickleSlice)
  case dictionary(Int)
  case set(Int)
  case frozenSet(PickleSlice)
  /// A class or function, by its name.
  case global(Int)
  /// A class or function, by its code in Python's extension registry.
  case extensionCode(Int)
  /// What a persistent id stands for, such as a tensor's storage.
  case persistent(Int)
  /// What a call would return, if it were made.
  case object(Int)

  /// Whether only running the pickle would tell what this is.
  package var isOpaque: Bool {
    switch self {
    case .global, .extensionCode, .persistent, .object: true
    default: false
    }
  }
}

/// The elements of a tuple, as a range of all the tuples' elements.
package struct PickleSlice: Hashable, Sendable {
  let start: UInt32
  let count: UInt32
}

/// The name of a class or function that a pickle refers to.
package struct PickleGlobal: Sendable {
  /// The module, as the pickle spells it.
  package let module: String
  /// The module, as Python 3 and today's numpy call it.
  package let currentModule: String
  /// The name within the module; protocol 4 allows dots in it.
  package let name: String
  /// Where the opcode stands.
  package let offset: Int
  /// Whether the names are themselves results of calls, and so unknown here.
  package let isComputed: Bool

  init(module: String, name: String, offset: Int, isComputed: Bool) {
    self.module = module
    currentModule = Self.renamedModules[module] ?? module
    self.name = name
    self.offset = offset
    self.isComputed = isComputed
  }

  private static let renamedModules = [
    "__builtin__": "builtins", "copy_reg": "copyreg", "exceptions": "builtins",
    "numpy.core.multiarray": "numpy._core.multiarray", "numpy.core.numeric": "numpy._core.numeric",
  ]
}

/// A call that a pickle asks for, and what it does with the result; none of it is carried out.
package struct PickleObject: Sendable {
  /// How the call is asked for.
  package enum Kind: Sendable {
    /// `callable(*arguments)`
    case call
    /// `callable.__new__(callable, *arguments, **keywords)`
    case new
    /// An instance in the manner of protocol 0: `callable(*arguments)`, or without a call to
    /// `__init__` where there are no arguments.
    case instance
  }

  package let kind: Kind
  package let callable: PickleValue
  /// A tuple, or an opaque value that stands for one.
  package let arguments: PickleValue
  /// A dictionary or none.
  package let keywords: PickleValue
  /// Where the opcode stands.
  package let offset: Int
  /// What BUILD hands to the object, in order.
  package internal(set) var states: [PickleValue] = []
  /// What is appended or added to the object.
  package internal(set) var items: [PickleValue] = []
  /// What is set in the object: keys and values in turn.
  package internal(set) var entries: [PickleValue] = []
  /// Where the opcode stands that last changed it: the call itself where none did.
  package internal(set) var lastChange: Int

  init(
    kind: Kind,
    callable: PickleValue,
    arguments: PickleValue,
    keywords: PickleValue,
    offset: Int
  ) {
    self.kind = kind
    self.callable = callable
    self.arguments = arguments
    self.keywords = keywords
    self.offset = offset
    lastChange = offset
  }
}

/// Something that running the pickle would do beyond building plain data.
package struct PickleEvent: Sendable {
  /// Where the opcode stands.
  package let offset: Int
  /// The opcode: one of those for globals, calls, persistent ids, or a change of an opaque value.
  package let opcode: PickleOpcode
  /// The global, the object, or what is changed.
  package let value: PickleValue
}
