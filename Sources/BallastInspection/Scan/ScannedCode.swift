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
    return Self.torchScriptFinding(at: archive.place)
  }

  fileprivate static func torchScriptFinding(at place: String?) -> PickleScan.Finding {
    PickleScan.Finding(
      .unknown,
      rule: "code.torchscript",
      "brings TorchScript along, which can run while it is loaded",
      file: place
    )
  }

  /// Whether bytes are a model for torch's lite interpreter in a flatbuffer, by the identifier of its schema.
  static func isFlatbuffer(_ bytes: RawSpan) -> Bool {
    let identifier = Array("PTMF".utf8)
    let span = Span<UInt8>(_bytes: bytes)
    return span.count >= 8 && identifier.indices.allSatisfy { span[4 + $0] == identifier[$0] }
  }

  /// The operator in a source text that does more than compute; nil where there is none.
  ///
  /// Texts and comments count as well: where they end is for the compiler to say.
  static func dangerousOperator(in text: Span<UInt8>) -> String? {
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
      guard let name = operatorName(range, in: text) else { continue }
      if !commonOperators.contains(name) { return name }
      // A method of the model has another name and a dot right in front of it.
      let owner = string(previous.prefix(maximumOwner), of: text)
      let isDefined = owner == "def" && previous.upperBound + 1 == start
      let isMethod =
        previous.upperBound + 1 == start && text[start - 1] == UInt8(ascii: ".")
        && !namespaces.contains(owner)
      let next = (index..<text.count).first { ![0x20, 0x09].contains(text[$0]) }
      if !isDefined, !isMethod, let next, Self.mayOpenCall.contains(text[next]) { return name }
    }
    return nil
  }

  /// The same where names stand as texts between other data, such as in the bytes of a pickle, where nothing
  /// but a namespace and two colons tell an operator from other words.
  static func dangerousOperator(inBytecode bytes: Span<UInt8>) -> String? {
    let colon = UInt8(ascii: ":")
    for index in bytes.indices.dropFirst() where bytes[index] == colon && bytes[index - 1] == colon
    {
      let word = (index + 1..<bytes.count).prefix(maximumName).map { bytes[$0] }
      if let name = operators.first(where: { $0 != "load" && word.starts(with: $0.utf8) }) {
        return name
      }
    }
    return nil
  }

  /// The longest name of an operator is shorter.
  private static let maximumName = 32
  /// The longest word in front of one that matters is shorter.
  private static let maximumOwner = 8
  /// A parenthesis, or what may stand between a name and it.
  private static let mayOpenCall: [UInt8] = Array("(#\\\n\r".utf8)
  /// What operators start with: the bytes of tensors are full of short words.
  private static let initials = Set(operators.compactMap(\.utf8.first))

  private static func operatorName(_ range: Range<Int>, in text: Span<UInt8>) -> String? {
    guard range.count <= maximumName, initials.contains(text[range.lowerBound]) else { return nil }
    let name = string(range, of: text)
    return operators.contains(name) ? name : nil
  }

  private static func string(_ range: Range<Int>, of text: Span<UInt8>) -> String {
    String(decoding: range.map { text[$0] }, as: UTF8.self)
  }

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
      addOperator(ScannedCode.dangerousOperator(in: text.span), at: stream.place)
    }
  }

  /// Looks at what the lite interpreter runs.
  mutating func scanBytecode(_ stream: Stream, isDeflated: Bool) {
    guard let text = memberText(stream, isDeflated: isDeflated) else { return }
    addOperator(ScannedCode.dangerousOperator(inBytecode: text.span), at: stream.place)
  }

  /// Looks at a model of the lite interpreter, which keeps names of operators and TorchScript's sources
  /// between tensors.
  mutating func scanFlatbuffer(_ stream: Stream) {
    guard ScannedCode.isFlatbuffer(stream.region.bytes) else { return }
    effort -= stream.region.count
    result.add(ScannedCode.torchScriptFinding(at: stream.place))
    let bytes = Span<UInt8>(_bytes: stream.region.bytes)
    let name =
      ScannedCode.dangerousOperator(inBytecode: bytes) ?? ScannedCode.dangerousOperator(in: bytes)
    addOperator(name, at: stream.place)
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
