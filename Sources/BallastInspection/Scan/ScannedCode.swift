import BallastBytes
import BallastFormats

/// Programs that torch keeps in an archive beside pickles, and what is said of them.
enum ScannedCode {
  /// Models in TorchScript, which torch.load compiles and whose methods it may run while it loads.
  case torchScript
  /// torch.package: Python's own files, which are imported.
  case package

  /// Operators with which TorchScript reads or writes files, talks to others, or takes any memory for a
  /// tensor.
  private static let operators =
    [
      "from_file", "read_file", "write_file", "load_library", "rpc_sync", "rpc_async", "rpc_remote",
      "_reinterpret_tensor",
    ]
    .map { Array($0.utf8) }
  /// Those that are common words: they count where torch's name stands before them.
  private static let commonOperators = ["save", "load"].map { Array($0.utf8) }
  private static let namespaces = ["torch", "aten", "image"].map { Array($0.utf8) }
  /// Those of them that stand in bytecode under no other name.
  private static let bytecodeOperators = operators + commonOperators.prefix(1)
  private static let definitions = [Array("def".utf8)]
  /// The method that is run while a model is loaded.
  private static let loading = Array("__setstate__".utf8)

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
  /// Texts and comments count as well: where they end is for the compiler to say. A model can hide such a
  /// call, which then happens when the model is called.
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
      if let name = first(of: operators, thatIs: range, in: text) { return name }
      guard let name = first(of: commonOperators, thatIs: range, in: text) else { continue }
      if first(of: namespaces, thatIs: previous, in: text) != nil { return name }
      // A definition, or a method of the model, has its word right in front of it.
      let isBehind = previous.upperBound + 1 == start
      let isMethod = isBehind && text[start - 1] == UInt8(ascii: ".")
      let isDefined = isBehind && first(of: definitions, thatIs: previous, in: text) != nil
      let next = (index..<text.count).first { ![0x20, 0x09, 0x0C].contains(text[$0]) }
      if !isDefined, !isMethod, let next, mayOpenCall.contains(text[next]) { return name }
    }
    return nil
  }

  /// The same where names stand as texts between other data, such as in the bytes of a pickle, where nothing
  /// but a namespace and two colons tell an operator from other words.
  static func dangerousOperator(inBytecode bytes: Span<UInt8>) -> String? {
    let colon = UInt8(ascii: ":")
    for index in bytes.indices.dropFirst() where bytes[index] == colon && bytes[index - 1] == colon
    {
      guard index + 1 < bytes.count, isLetter(bytes[index + 1]) else { continue }
      for name in bytecodeOperators where starts(bytes, with: name, at: index + 1) {
        return String(decoding: name, as: UTF8.self)
      }
    }
    return nil
  }

  /// Whether a program has a method that is run while it is loaded.
  static func runsWhileLoaded(_ text: Span<UInt8>) -> Bool {
    text.indices.contains { starts(text, with: loading, at: $0) }
  }

  /// The operator that a name is, if it does more than compute.
  static func operatorName(_ name: Span<UInt8>) -> String? {
    first(of: operators, thatIs: name.indices, in: name)
      ?? first(of: commonOperators, thatIs: name.indices, in: name)
  }

  /// A parenthesis, or what may stand between a name and it.
  private static let mayOpenCall: [UInt8] = Array("(#\\\n\r".utf8)

  private static func first(
    of names: [[UInt8]],
    thatIs range: Range<Int>,
    in text: Span<UInt8>
  ) -> String? {
    for name in names where name.count == range.count {
      if starts(text, with: name, at: range.lowerBound) {
        return String(decoding: name, as: UTF8.self)
      }
    }
    return nil
  }

  private static func starts(_ text: Span<UInt8>, with name: [UInt8], at start: Int) -> Bool {
    guard start + name.count <= text.count else { return false }
    for index in name.indices where text[start + index] != name[index] { return false }
    return true
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
      guard let text = memberText(stream, isDeflated: isDeflated, cost: Self.textCost) else {
        return
      }
      addOperator(ScannedCode.dangerousOperator(in: text.span), at: stream.place)
      addLoading(text.span, at: stream.place)
    }
  }

  /// Looks at what the lite interpreter runs.
  mutating func scanBytecode(_ stream: Stream, isDeflated: Bool) {
    guard let text = memberText(stream, isDeflated: isDeflated, cost: Self.textCost) else { return }
    addOperator(ScannedCode.dangerousOperator(inBytecode: text.span), at: stream.place)
    addLoading(text.span, at: stream.place)
  }

  /// Looks at a model of the lite interpreter, which keeps names of operators and TorchScript's sources
  /// between tensors.
  mutating func scanFlatbuffer(_ stream: Stream) {
    guard ScannedCode.isFlatbuffer(stream.region.bytes) else { return }
    effort -= 2 * Self.textCost * stream.region.count
    result.add(ScannedCode.torchScriptFinding(at: stream.place))
    let bytes = Span<UInt8>(_bytes: stream.region.bytes)
    let name =
      ScannedCode.dangerousOperator(inBytecode: bytes) ?? ScannedCode.dangerousOperator(in: bytes)
    addOperator(name, at: stream.place)
    addLoading(bytes, at: stream.place)
  }

  private mutating func addOperator(_ name: String?, at place: String?) {
    guard let name else { return }
    let message = "its TorchScript calls \(name), which reaches outside of the model"
    result.add(PickleScan.Finding(rule: "code.torchscript-io", message, file: place))
  }

  private mutating func addLoading(_ text: Span<UInt8>, at place: String?) {
    guard ScannedCode.runsWhileLoaded(text) else { return }
    let message = "its TorchScript is run while it is loaded (__setstate__)"
    result.add(PickleScan.Finding(rule: "code.torchscript-load", message, file: place))
  }

  /// Looking for words takes so many times as long as reading bytes.
  private static let textCost = 8

  /// The bytes of a member that is read as a text, as far as one is; nil where it cannot be.
  ///
  /// What is read in place costs `cost` times its bytes.
  mutating func memberText(_ stream: Stream, isDeflated: Bool, cost: Int) -> [UInt8]? {
    let limit = min(limits.memberBytes, inflationLeft)
    effort -= (isDeflated ? 1 : cost) * stream.region.count
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
