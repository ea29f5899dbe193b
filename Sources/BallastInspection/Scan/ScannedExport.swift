import BallastBytes
import BallastFormats

/// Archives of torch.export, whose JSON has sizes as expressions: SymPy evaluates them as Python.
enum ScannedExport {
  /// Whether an archive is one, by the names of its members, of this version of torch and of older ones.
  static func isExport(_ archive: ScannedArchive) -> Bool {
    guard !archive.isTar else { return false }
    return archive.members.contains { member in
      let name = archive.foldedName(of: member)
      return name.hasSuffix("archive_format") || name.hasSuffix("serialized_exported_program.json")
        || name.hasSuffix(".json")
          && name.split(separator: UInt8(ascii: "/")).dropLast().last?.elementsEqual("models".utf8)
            == true
    }
  }

  /// Whether a member is a description in JSON.
  static func isDescription(_ member: ScannedArchive.Member, of archive: ScannedArchive) -> Bool {
    archive.foldedName(of: member).hasSuffix(".json")
  }

  /// What AOTInductor's folder has that torch compiles or loads.
  static func isProgram(_ member: ScannedArchive.Member, of archive: ScannedArchive) -> Bool {
    let name = archive.foldedName(of: member)
    let isInFolder = name.split(separator: UInt8(ascii: "/")).contains {
      $0.elementsEqual("aotinductor".utf8)
    }
    return isInFolder && programs.contains { name.hasSuffix($0) }
  }

  /// Sources and libraries, and the commands for a compiler and a linker.
  private static let programs = [
    ".c", ".cc", ".cpp", ".cxx", ".cu", ".h", ".hpp", ".s", ".o", ".a", ".so", ".dylib", ".dll",
    ".pyd", ".py", "_compile_flags.json", "_linker_flags.json",
  ]

  /// What is said of an archive once.
  static func finding(at place: String?) -> PickleScan.Finding {
    PickleScan.Finding(
      .unknown,
      rule: "code.export",
      "brings a program of torch.export along, whose sizes are evaluated while it is loaded",
      file: place
    )
  }

  // MARK: - Expressions

  private static let key = "expr_str"

  /// The first expression in a description that is more than arithmetic; nil where there is none.
  ///
  /// Quotes stand around texts only, so that texts are all that has to be told apart.
  static func oddExpression(in text: [UInt8]) -> String? {
    var position = 0
    while let string = string(in: text, from: &position) {
      guard string == key else { continue }
      skipSpace(in: text, from: &position)
      guard position < text.count, text[position] == UInt8(ascii: ":") else { continue }
      position += 1
      skipSpace(in: text, from: &position)
      // SymPy looks into lists and dictionaries, too.
      guard position < text.count, text[position] == UInt8(ascii: "\"") else { return "…" }
      guard let value = Self.string(in: text, from: &position) else { return "…" }
      if !ShapeExpression.isPlain(value) { return value }
    }
    return nil
  }

  // MARK: - Names

  /// What a description has torch import by name; nil where there is none.
  ///
  /// The shapes of arguments stand there as JSON in texts, in which texts have escapes again.
  static func importedName(in text: [UInt8]) -> String? {
    guard let plain = withoutEscapes(text) else { return "…" }
    if plain.contains("__enum__") { return "an enumeration" }
    for part in plain.split(separator: "default_factory_module").dropFirst() {
      let value = part.drop { "\": ".contains($0) }.prefix { $0 != "\"" }
      if value != "builtins" { return String(value) }
    }
    return nil
  }

  /// The text with all escapes read, also those of texts in texts; nil where there is no end to them.
  private static func withoutEscapes(_ text: [UInt8]) -> String? {
    var text = text
    for _ in 0..<8 {
      guard text.contains(UInt8(ascii: "\\")) else { return String(decoding: text, as: UTF8.self) }
      var result: [UInt8] = []
      result.reserveCapacity(text.count)
      var rest = text[...]
      while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "\\") else {
          result.append(byte)
          continue
        }
        if rest.first == UInt8(ascii: "u"), rest.count >= 5,
          let value = UInt8(String(decoding: rest.dropFirst().prefix(4), as: UTF8.self), radix: 16)
        {
          result.append(value)
          rest = rest.dropFirst(5)
        } else if let next = rest.popFirst() {
          result.append(next)
        }
      }
      text = result
    }
    return nil
  }

  private static func skipSpace(in text: [UInt8], from position: inout Int) {
    while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) {
      position += 1
    }
  }

  /// The next text in quotes; nil at the end.
  private static func string(in text: [UInt8], from position: inout Int) -> String? {
    while position < text.count, text[position] != UInt8(ascii: "\"") { position += 1 }
    guard position < text.count else { return nil }
    position += 1
    let start = position
    var hasEscapes = false
    while position < text.count, text[position] != UInt8(ascii: "\"") {
      if text[position] == UInt8(ascii: "\\") {
        hasEscapes = true
        position += 1
      }
      position += 1
    }
    let end = min(position, text.count)
    position = end + 1
    let bytes = text[start..<end]
    return hasEscapes ? unescaped(bytes) : String(decoding: bytes, as: UTF8.self)
  }

  /// A text with its escapes of four digits read; others stand for no letter of the key, nor of
  /// arithmetic, and are left.
  private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
    var result: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "u"), rest.count >= 5,
        let value = UInt8(String(decoding: rest.dropFirst().prefix(4), as: UTF8.self), radix: 16)
      {
        result.append(value)
        rest = rest.dropFirst(5)
      } else {
        result.append(byte)
        if byte == UInt8(ascii: "\\"), let next = rest.popFirst() { result.append(next) }
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

extension PickleScanner {
  /// Looks at a description in an archive of torch.export.
  mutating func scanExport(_ stream: Stream, isDeflated: Bool) {
    guard let text = memberText(stream, isDeflated: isDeflated) else { return }
    if let name = ScannedExport.importedName(in: text) {
      let shown = String(name.unicodeScalars.prefix(100).map(Character.init))
      let message = "has torch.export import a module by its name: \(shown)"
      result.add(PickleScan.Finding(rule: "code.export", message, file: stream.place))
    }
    guard let expression = ScannedExport.oddExpression(in: text) else { return }
    let shown = String(expression.unicodeScalars.prefix(100).map(Character.init))
    let message =
      "has a size that torch.export evaluates, and that is more than arithmetic: \(shown)"
    result.add(PickleScan.Finding(rule: "code.export", message, file: stream.place))
  }
}
