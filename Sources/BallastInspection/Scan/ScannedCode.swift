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

  /// The kind of programs in an archive; nil where there are none, or none that torch would look for.
  static func kind(of archive: ScannedArchive) -> ScannedCode? {
    guard !archive.isTar else { return nil }
    var has = Traits()
    for member in archive.members { has.look(at: archive.foldedName(of: member)) }
    if has.source && has.package { return .package }
    if has.export || has.version && (has.models || has.constantsOfExport) { return .export }
    // torch.load opens no archive without a version.
    guard has.version else { return nil }
    return has.bytecode || has.firstVersion && has.code || has.source && has.constants
      ? .torchScript : nil
  }

  /// What the names of an archive's members say.
  private struct Traits {
    var source = false
    var package = false
    var constants = false
    var bytecode = false
    /// The first TorchScript had a description in JSON, and sources of any name in a folder.
    var firstVersion = false
    var code = false
    /// What torch.export and AOTInductor load.
    var export = false
    /// What may be of those, if it is an archive of torch.
    var models = false
    var constantsOfExport = false
    var version = false

    mutating func look(at name: [UInt8]) {
      let parts = name.split { [0x2F, 0x5C].contains($0) }
      func isLast(_ text: String) -> Bool { parts.last?.elementsEqual(text.utf8) ?? false }
      source = source || name.hasSuffix(".py")
      package = package || name.hasSuffix(".data/extern_modules")
      constants = constants || isLast("constants.pkl")
      bytecode = bytecode || isLast("bytecode.pkl")
      firstVersion = firstVersion || isLast("model.json")
      export = export || isLast("archive_format") || isLast("serialized_exported_program.json")
      // The first folder is the archive's own, and has any name.
      let record = name.drop { $0 != 0x2F }.dropFirst()
      version =
        version || record.elementsEqual("version".utf8)
        || record.elementsEqual(".data/version".utf8)
      let folders = parts.dropLast()
      for (index, folder) in folders.enumerated().dropFirst() {
        code = code || folder.elementsEqual("code".utf8)
        models = models || folder.elementsEqual("models".utf8)
        guard folders[index - 1].elementsEqual("data".utf8) else { continue }
        export = export || folder.elementsEqual("aotinductor".utf8)
        guard index > 1, folder.elementsEqual("constants".utf8) else { continue }
        constantsOfExport = true
        // AOTInductor asks for no version.
        export = export || Self.programs.contains { name.hasSuffix($0) }
      }
    }

    /// What AOTInductor compiles and loads, and how.
    private static let programs = [
      ".c", ".cc", ".cpp", ".cxx", ".cu", ".cubin", ".o", ".a", ".so", ".dylib", ".dll", ".pyd",
      ".json",
    ]
  }

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
    case .export:
      let message =
        "brings a program of torch.export or AOTInductor along, which runs when it is loaded"
      return PickleScan.Finding(rule: "code.export", message, file: archive.place)
    case .torchScript:
      let names = archive.members.map { archive.foldedName(of: $0) }
      let hasOthers = names.contains { $0.hasSuffix("bytecode.pkl") || $0.hasSuffix("model.json") }
      return hasOthers ? Self.torchScriptFinding(at: archive.place) : nil
    }
  }

  fileprivate static func torchScriptFinding(at place: String?) -> PickleScan.Finding {
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

extension PickleScanner {
  /// Looks at a source in an archive.
  mutating func scanCode(_ stream: Stream, isDeflated: Bool, kind: ScannedCode) {
    switch kind {
    case .export: break
    case .package:
      let message = "brings Python code along, which torch.package runs"
      result.add(PickleScan.Finding(rule: "code.package", message, file: stream.place))
    case .torchScript:
      guard let text = memberText(stream, isDeflated: isDeflated),
        !TorchScriptDeclarations.areAll(of: text.span)
      else { return }
      result.add(ScannedCode.torchScriptFinding(at: stream.place))
    }
  }

  /// Looks whether bytes are a model of the lite interpreter.
  mutating func scanFlatbuffer(_ stream: Stream) {
    guard ScannedCode.isFlatbuffer(stream.region.bytes) else { return }
    result.add(ScannedCode.torchScriptFinding(at: stream.place))
  }

  /// The bytes of a member that is read as a text, as far as one is; nil where it cannot be.
  private mutating func memberText(_ stream: Stream, isDeflated: Bool) -> [UInt8]? {
    let limit = min(limits.memberBytes, inflationLeft)
    effort -= stream.region.count
    var text = stream.region
    if isDeflated {
      guard let prefix = try? inflatePrefix(stream.region.bytes, as: .raw, limit: limit) else {
        return nil
      }
      text = prefix.region
      inflationLeft -= text.count
    }
    if text.count >= limit {
      addTooLarge("what follows the first \(limit) bytes", limit: limit, at: stream.place)
    }
    return text.source.array(text.range.prefix(limit))
  }
}
