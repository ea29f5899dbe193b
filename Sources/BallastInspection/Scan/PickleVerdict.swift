/// What importing and calling a name from a pickle means.
package enum PickleVerdict: Hashable, Sendable {
  /// Makes data, and nothing else.
  case data
  /// Loads a torch file out of bytes; these are scanned in turn.
  case loadsBytes
  /// Can run code, or is of a library in which much can.
  case dangerous(Danger)
  /// Belongs to a package of which nothing is known.
  case unknown

  /// Why a name is dangerous.
  package enum Danger: String, Hashable, Sendable {
    case standardLibrary = "standard-library"
    case installer
    case library
    case process
    /// An attribute of an attribute, which leads from any module to any other.
    case attributePath = "attribute-path"
    /// A name that runs code wherever it was imported to.
    case borrowedName = "borrowed-name"
  }

  /// Judges a name by the policy that docs/security.md writes out.
  ///
  /// Only exact pairs of module and name are data. Everything else of Python, its installers, torch
  /// and NumPy is dangerous, because a list of what is dangerous there is never complete.
  package init(module: String, name: String) {
    if PickleNames.data.contains(module: module, name: name) {
      self = .data
      return
    }
    if module == "torch.storage", name == "_load_from_bytes" {
      self = .loadsBytes
      return
    }
    let package = module.prefix { $0 != "." }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    if PickleNames.standardLibrary.contains(String(package)) {
      self = .dangerous(.standardLibrary)
    } else if PickleNames.installers.contains(String(package)) {
      self = .dangerous(.installer)
    } else if PickleNames.libraries.contains(String(package)) {
      self = .dangerous(.library)
    } else if PickleNames.processes.contains(String(package)) {
      self = .dangerous(.process)
    } else if parts.dropLast().contains(where: { !Self.isClassName($0) }) {
      self = .dangerous(.attributePath)
    } else if let last = parts.last, PickleNames.borrowed.contains(String(last)) || last.isDunder {
      self = .dangerous(.borrowedName)
    } else {
      self = .unknown
    }
  }

  /// Whether a name follows the convention for classes; a class within a class has a dotted name.
  private static func isClassName(_ name: Substring) -> Bool {
    name.drop { $0 == "_" }.first?.isUppercase ?? false
  }
}

extension Substring {
  /// Whether Python gives the name a meaning of its own, as `__builtins__`.
  fileprivate var isDunder: Bool { hasPrefix("__") && hasSuffix("__") && count > 4 }
}

/// Pairs of a module and a name in it.
struct PickleNameList {
  private let names: [String: Set<String>]

  /// Reads lines of a module and names in it.
  init(_ text: String) {
    names = text.split(separator: "\n").reduce(into: [:]) { names, line in
      let words = line.split(separator: " ").map(String.init)
      guard let module = words.first else { return }
      names[module, default: []].formUnion(words.dropFirst())
    }
  }

  func contains(module: String, name: String) -> Bool {
    // Swift's strings are equal when they are canonically equivalent; the names here are ASCII.
    names[module]?.contains(name) ?? false
  }
}
