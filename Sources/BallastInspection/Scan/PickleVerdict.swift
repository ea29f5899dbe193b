import BallastBytes

/// What importing and calling a name from a pickle means.
package enum PickleVerdict: Hashable, Sendable {
  /// Makes data, and nothing else, if it is used as `PickleForm` says.
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
    /// A module that is a path, which Python 2 imports from anywhere, or a folder with a hyphen, such as site-packages and
    /// lib-dynload, through which Python's library has a second name.
    case modulePath = "module-path"
    /// A name that is no path of identifiers: an expression, which torch's loader of TorchScript evaluates.
    case expression
  }

  /// Judges a name by the policy that docs/security.md writes out.
  ///
  /// Only exact pairs of module and name are data. Everything else of Python, its installers, torch
  /// and NumPy is dangerous, because a list of what is dangerous there is never complete.
  package init(module: String, name: String) {
    if PickleForm.all[ExactString("\(module)\n\(name)")] != nil {
      self = module == "torch.storage" && name == "_load_from_bytes" ? .loadsBytes : .data
      return
    }
    if Self.isTorchScript(module: module, name: name) {
      self = .dangerous(.library)
      return
    }
    // Letters may have accents, which make one character with a dot before them: bytes are compared.
    let dot = UInt8(ascii: ".")
    let package = ExactString(String(Substring(module.utf8.prefix { $0 != dot })))
    let parts = name.utf8.split(separator: dot, omittingEmptySubsequences: false)
    if PickleNames.standardLibrary.contains(package)
      || package.string.utf8.starts(with: "_sysconfigdata".utf8)
    {
      self = .dangerous(.standardLibrary)
    } else if PickleNames.installers.contains(package) {
      self = .dangerous(.installer)
    } else if PickleNames.libraries.contains(package) {
      self = .dangerous(.library)
    } else if PickleNames.processes.contains(package) || Self.isBrought(module) {
      self = .dangerous(.process)
    } else if Self.isFolder(module, in: package) {
      self = .dangerous(.modulePath)
    } else if !Self.isPath(module, or: "-") || !Self.isPath(name) {
      self = .dangerous(.expression)
    } else if parts.count > Self.maximumParts
      || parts.dropLast().contains(where: { !Self.isClassName($0) })
    {
      self = .dangerous(.attributePath)
    } else if parts.contains(where: Self.isBorrowed)
      || Self.programs.contains(package.string) && Self.isBorrowedOfPrograms(name)
    {
      self = .dangerous(.borrowedName)
    } else {
      self = .unknown
    }
  }

  /// Whether a name is what torch's own unpickler makes objects of torch's classes from, which set
  /// themselves up from what the pickle holds; one of them runs another pickle.
  ///
  /// It takes any expression of TorchScript that stands for a class, so that of all but plain names there
  /// is no telling. A pickle of a checkpoint has none of them: models with packed weights are TorchScript.
  private static func isTorchScript(module: String, name: String) -> Bool {
    let path = Array(module.utf8) + Array(".".utf8) + Array(name.utf8)
    let root = Array("__torch__".utf8)
    guard path.indices.contains(where: { path[$0...].starts(with: root) }) else { return false }
    let isPlain = path.allSatisfy { letter in
      switch letter {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F: true
      default: false
      }
    }
    let parts = path.split(separator: UInt8(ascii: ".")).prefix(3)
    return !isPlain
      || parts.elementsEqual(["__torch__", "torch", "classes"]) {
        $0.elementsEqual($1.utf8)
      }
  }

  /// Whether a name may be a path of Python's identifiers: letters, digits, underscores, dots, anything that is not
  /// ASCII, and the angle brackets of functions' own classes.
  ///
  /// Modules may have a hyphen: those of transformers' remote code are called like their repositories. TorchScript reads
  /// it as a subtraction, which is no class.
  private static func isPath(_ name: String, or other: Unicode.Scalar? = nil) -> Bool {
    name.utf8.allSatisfy { letter in
      switch letter {
      case UInt8(ascii: other ?? "_"): true
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F, 0x3C, 0x3E, 0x80...: true
      default: false
      }
    }
  }

  /// Whether a module is within one that a package brings along.
  private static func isBrought(_ module: String) -> Bool {
    PickleNames.processModules.contains {
      module.utf8.elementsEqual($0.utf8) || module.utf8.starts(with: "\($0).".utf8)
    }
  }

  /// Classes within classes are not so deep.
  private static let maximumParts = 16

  /// Of Unix and of Windows.
  private static let pathSeparators: [UInt8] = Array("/\\".utf8)

  /// Whether a module is a path, or leads through folders that are no packages.
  private static func isFolder(_ module: String, in package: ExactString) -> Bool {
    module.utf8.contains { pathSeparators.contains($0) }
      || package.string.utf8.contains(UInt8(ascii: "-"))
      || PickleNames.rootFolders.contains(package)
      || leadsToPackages(module)
  }

  /// Whether a module is within a folder of installed packages, or within that of Python's library on Windows.
  private static func leadsToPackages(_ module: String) -> Bool {
    let parts = module.utf8.split(separator: UInt8(ascii: "."))
    return parts.contains { part in
      PickleNames.packageFolders.contains { part.elementsEqual($0.utf8) }
    }
      || zip(parts, parts.dropFirst()).contains {
        let name = ExactString(String(Substring($1)))
        return ($0.elementsEqual("Lib".utf8) || $0.elementsEqual("DLLs".utf8))
          && (PickleNames.standardLibrary.contains(name) || PickleNames.installers.contains(name))
      }
  }

  /// What a module is called that was started as a program.
  private static let programs = ["__main__", "__mp_main__"]

  private static func isBorrowedOfPrograms(_ name: String) -> Bool {
    name.utf8.split(separator: UInt8(ascii: ".")).contains {
      PickleNames.borrowedOfPrograms.contains(ExactString(String(Substring($0))))
    }
  }

  /// Whether a name runs code wherever it is found, or Python gives it a meaning of its own.
  private static func isBorrowed(_ name: Substring.UTF8View) -> Bool {
    PickleNames.borrowed.contains(ExactString(String(Substring(name))))
      || PickleNames.borrowedStarts.contains { name.starts(with: $0.utf8) }
      || name.split(separator: UInt8(ascii: "_")).contains { word in
        PickleNames.borrowedWords.contains { word.elementsEqual($0.utf8) }
      }
      || name.starts(with: "__".utf8) && name.suffix(2).elementsEqual("__".utf8) && name.count > 4
  }

  /// Whether a name follows the convention for classes; a class within a class has a dotted name.
  private static func isClassName(_ name: Substring.UTF8View) -> Bool {
    guard let first = name.drop(while: { $0 == UInt8(ascii: "_") }).first else { return false }
    if first < 0x80 { return (0x41...0x5A).contains(first) }
    return Substring(name).drop { $0 == "_" }.first?.isUppercase ?? false
  }
}
