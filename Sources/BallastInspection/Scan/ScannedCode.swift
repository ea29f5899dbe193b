import BallastBytes
import BallastFormats

/// Programs that come with a model, in archives beside pickles or instead of them.
///
/// What they do is not judged: default values of arguments, names of inputs and conditions are evaluated
/// while they are loaded, and can be anything.
enum ScannedCode {
  /// TorchScript, which torch.load compiles and whose methods it may run while it loads.
  case torchScript
  /// torch.package: Python's own files, which are imported.
  case package
  /// torch.export, whose graph becomes Python, and AOTInductor, which compiles sources and loads libraries.
  case export

  /// What the names of an archive's members say.
  ///
  /// Torch finds a member by a name below the archive's own folder, which may be called anything, and
  /// without regard to case; AOTInductor takes archives without such a folder, too.
  struct Traits {
    private var hasSource = false
    private var isPackage = false
    private var hasConstants = false
    private var hasBytecode = false
    /// Whether a member is there without which nothing reads it as a program of torch.export.
    private var hasFormat = false
    private var hasModels = false
    /// What AOTInductor compiles and loads, and the first torch.export.
    private var isExport = false
    /// Whether there is a version, without which torch opens no archive.
    private(set) var hasVersion = false

    init(of archive: ScannedArchive) {
      guard !archive.isTar else { return }
      for member in archive.members { look(at: archive.foldedName(of: member)) }
    }

    private mutating func look(at name: [UInt8]) {
      hasSource = hasSource || name.hasSuffix(".py")
      isPackage = isPackage || name.hasSuffix(".data/extern_modules")
      let last = name[(name.lastIndex(where: ScannedCode.isSeparator).map { $0 + 1 } ?? 0)...]
      hasConstants = hasConstants || last.elementsEqual("constants.pkl".utf8)
      hasBytecode = hasBytecode || last.elementsEqual("bytecode.pkl".utf8)
      for record in ScannedCode.records(of: name) {
        hasFormat = hasFormat || record.elementsEqual("archive_format".utf8)
        hasModels = hasModels || record.starts(with: "models/".utf8)
        hasVersion =
          hasVersion || record.elementsEqual("version".utf8)
          || record.elementsEqual(".data/version".utf8)
      }
      isExport =
        isExport || name.elementsEqual("serialized_exported_program.json".utf8)
        || ScannedCode.isCompiled(name)
    }

    /// The kind of programs in an archive; nil where there are none, or none that torch would look for.
    var kind: ScannedCode? {
      if hasSource && isPackage { return .package }
      if isExport || hasFormat && (hasModels || hasVersion) { return .export }
      guard hasVersion else { return nil }
      return hasBytecode || hasSource && hasConstants ? .torchScript : nil
    }
  }

  /// The part of a name below the first folder, which is the archive's own: torch ends it at the first slash,
  /// AOTInductor at a backslash, too.
  static func records(of name: [UInt8]) -> [ArraySlice<UInt8>] {
    [
      name.drop { $0 != UInt8(ascii: "/") }.dropFirst(),
      name.drop { !isSeparator($0) }.dropFirst(),
    ]
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\")
  }

  /// Whether AOTInductor takes a member for a part of a compiled model, in a folder of the archive's own or
  /// without one, and however many separators stand between two parts: of the constants it takes what is a
  /// program, and writes it to where the name leads.
  private static func isCompiled(_ name: [UInt8]) -> Bool {
    isCompiled(name, parts: name.split(separator: UInt8(ascii: "/")))
      || isCompiled(name, parts: name.split(whereSeparator: isSeparator))
  }

  private static func isCompiled(_ name: [UInt8], parts: [ArraySlice<UInt8>]) -> Bool {
    let isElsewhere = parts.contains { $0.elementsEqual("..".utf8) }
    for root in 0...1 {
      let record = parts.dropFirst(root)
      guard record.count > 2, let first = record.first, first.elementsEqual("data".utf8),
        let folder = record.dropFirst().first
      else { continue }
      if folder.starts(with: "aotinductor".utf8) { return true }
      guard folder.starts(with: "constants".utf8) else { continue }
      if isElsewhere || programs.contains(where: { name.hasSuffix($0) }) { return true }
    }
    return false
  }

  /// What AOTInductor compiles, links and loads.
  private static let programs = [
    ".c", ".cc", ".cpp", ".cxx", ".cu", ".cubin", ".hsaco", ".spv", ".o", ".a", ".so", ".dylib",
    ".dll", ".pyd",
  ]

  /// Whether an archive has pickles in it.
  static func hasPickles(_ archive: ScannedArchive) -> Bool {
    archive.members.contains { archive.foldedName(of: $0).hasSuffix(".pkl") }
  }

  /// Whether a member is a source.
  static func isSource(_ member: ScannedArchive.Member, of archive: ScannedArchive) -> Bool {
    archive.foldedName(of: member).hasSuffix(".py")
  }

  /// What is said of an archive whatever its sources are.
  func finding(in archive: ScannedArchive) -> PickleScan.Finding? {
    switch self {
    case .package: return nil
    case .export: return Self.exportFinding(at: archive.place)
    case .torchScript:
      let hasBytecode = archive.members.contains {
        archive.foldedName(of: $0).hasSuffix("bytecode.pkl")
      }
      return hasBytecode ? Self.torchScriptFinding(at: archive.place) : nil
    }
  }

  static func exportFinding(at place: String?) -> PickleScan.Finding {
    let message =
      "brings a program of torch.export or AOTInductor along, which runs when it is loaded"
    return PickleScan.Finding(rule: "code.export", message, file: place)
  }

  static func torchScriptFinding(at place: String?) -> PickleScan.Finding {
    let message = "brings TorchScript along, which can run while it is loaded"
    return PickleScan.Finding(rule: "code.torchscript", message, file: place)
  }

  /// Whether bytes are a model for torch's lite interpreter in a flatbuffer, by the identifier of its schema.
  static func isFlatbuffer(_ bytes: RawSpan) -> Bool {
    let identifier = Array("PTMF".utf8)
    let span = Span<UInt8>(_bytes: bytes)
    return span.count >= 8 && identifier.indices.allSatisfy { span[4 + $0] == identifier[$0] }
  }
}
