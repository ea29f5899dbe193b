import BallastBytes
import BallastFormats

/// Programs that torch keeps in an archive beside pickles, and what is said of them.
enum ScannedCode {
  /// Models in TorchScript, which torch.load compiles and whose methods it may run while it loads.
  case torchScript
  /// torch.package: Python's own files, which are imported.
  case package

  /// Operators with which TorchScript reads or writes files or talks to others.
  private static let operators: Set<String> = [
    "from_file", "read_file", "write_file", "save", "load", "load_library", "rpc_sync", "rpc_async",
    "rpc_remote",
  ]
  /// The words of those that are common: they count where torch's name stands before them.
  private static let commonOperators: Set<String> = ["save", "load"]
  private static let namespaces: Set<String> = ["torch", "aten", "image"]

  /// The kind of programs in an archive; nil where there are none, or none that torch would look for.
  static func kind(of archive: ScannedArchive) -> ScannedCode? {
    guard !archive.isTar else { return nil }
    var hasSource = false
    var isPackage = false
    var isTorchScript = false
    for member in archive.members {
      let name = archive.foldedName(of: member)
      hasSource = hasSource || name.hasSuffix(".py")
      isPackage = isPackage || name.hasSuffix(".data/extern_modules")
      // The first versions had a description in JSON.
      isTorchScript =
        isTorchScript || name.hasSuffix("constants.pkl") || name.hasSuffix("model.json")
    }
    guard hasSource else { return nil }
    return isPackage ? .package : isTorchScript ? .torchScript : nil
  }

  /// Whether an archive has pickles in it, or the libraries of AOTInductor.
  static func isModel(_ archive: ScannedArchive) -> Bool {
    archive.members.contains { member in
      let name = archive.foldedName(of: member)
      return name.hasSuffix(".pkl")
        || name.split(separator: UInt8(ascii: "/")).contains {
          $0.elementsEqual("aotinductor".utf8)
        }
    }
  }

  /// Whether a member is such a program.
  static func isSource(_ member: ScannedArchive.Member, of archive: ScannedArchive) -> Bool {
    archive.foldedName(of: member).hasSuffix(".py")
  }

  /// Whether a member is what the lite interpreter runs, in which operators are texts of a pickle.
  static func isBytecode(_ member: ScannedArchive.Member, of archive: ScannedArchive) -> Bool {
    !archive.isTar && archive.foldedName(of: member).hasSuffix("bytecode.pkl")
  }

  /// What is said of an archive once.
  func finding(in archive: ScannedArchive) -> PickleScan.Finding? {
    guard case .torchScript = self else { return nil }
    return PickleScan.Finding(
      .unknown,
      rule: "code.torchscript",
      "brings TorchScript along, which can run while it is loaded",
      file: archive.place
    )
  }

  /// The operator in a source text that does more than compute; nil where there is none.
  ///
  /// Texts and comments count as well: where they end is for the compiler to say.
  static func dangerousOperator(in text: [UInt8]) -> String? {
    var previous = 0..<0
    var index = 0
    while index < text.count {
      guard isLetter(text[index]) else {
        index += 1
        continue
      }
      let start = index
      while index < text.count, isLetter(text[index]) { index += 1 }
      let range = start..<index
      defer { previous = range }
      guard range.count <= 32 else { continue }
      let word = String(decoding: text[range], as: UTF8.self)
      guard operators.contains(word) else { continue }
      if !commonOperators.contains(word) { return word }
      // A method of the model has another name and a dot right in front of it.
      let owner = String(decoding: text[previous], as: UTF8.self)
      let isDefined = owner == "def" && previous.upperBound + 1 == start
      let isMethod =
        previous.upperBound + 1 == start && text[start - 1] == UInt8(ascii: ".")
        && !namespaces.contains(owner)
      let next = text[index...].first { ![0x20, 0x09].contains($0) }
      if !isDefined, !isMethod, let next, Self.mayOpenCall.contains(next) { return word }
    }
    return nil
  }

  /// The same in the bytes of a pickle, where nothing but a namespace and two colons tell an operator from
  /// other words.
  static func dangerousOperator(inBytecode bytes: [UInt8]) -> String? {
    let colon = UInt8(ascii: ":")
    for index in bytes.indices.dropFirst() where bytes[index] == colon && bytes[index - 1] == colon
    {
      let word = bytes[(index + 1)...].prefix(32)
      if let name = operators.first(where: { $0 != "load" && word.starts(with: $0.utf8) }) {
        return name
      }
    }
    return nil
  }

  /// A parenthesis, or what may stand between a name and it.
  private static let mayOpenCall: [UInt8] = Array("(#\\\n\r".utf8)

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
    default: false
    }
  }
}

extension PickleScanner {
  /// Looks at a program in an archive.
  mutating func scanCode(_ stream: Stream, isDeflated: Bool, kind: ScannedCode) {
    switch kind {
    case .package:
      let message = "brings Python code along, which torch.package runs"
      result.add(PickleScan.Finding(rule: "code.package", message, file: stream.place))
    case .torchScript:
      guard let text = memberText(stream, isDeflated: isDeflated) else { return }
      addOperator(ScannedCode.dangerousOperator(in: text), at: stream.place)
    }
  }

  /// Looks at what the lite interpreter runs.
  mutating func scanBytecode(_ stream: Stream, isDeflated: Bool) {
    guard let text = memberText(stream, isDeflated: isDeflated) else { return }
    addOperator(ScannedCode.dangerousOperator(inBytecode: text), at: stream.place)
  }

  private mutating func addOperator(_ name: String?, at place: String?) {
    guard let name else { return }
    let message = "its TorchScript calls \(name), which reaches outside of the model"
    result.add(PickleScan.Finding(rule: "code.torchscript-io", message, file: place))
  }

  /// The bytes of a member that is read as a text, as far as one is; nil where it cannot be.
  mutating func memberText(_ stream: Stream, isDeflated: Bool) -> [UInt8]? {
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
