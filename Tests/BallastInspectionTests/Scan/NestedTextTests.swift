import BallastBytes
import BallastInspection
import Testing

/// Pickles and archives in the texts of other pickles, in each way that a text can be written.
@Suite struct NestedTextTests: ScanSuite {
  /// How the characters of a text, each a byte, are written in a pickle.
  enum Form: CaseIterable {
    case escapes, python2, unicodeEscapes, latin
  }

  private func pickle(of bytes: [UInt8], as form: Form) -> [UInt8] {
    switch form {
    case .escapes: Array("(S'".utf8) + bytes.flatMap { Array(Self.escape($0).utf8) } + end
    case .python2: Array("(S'".utf8) + bytes.flatMap(Self.represented) + end
    case .unicodeEscapes:
      [0x28, 0x56] + bytes.flatMap { Array("\\u00\(Self.hex($0))".utf8) } + end2
    case .latin: binary(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })))
    }
  }

  private var end: [UInt8] { Array("'\nl.".utf8) }
  private var end2: [UInt8] { Array("\nl.".utf8) }

  private func binary(_ text: String) -> [UInt8] {
    [0x28, 0x58] + littleEndian(text.utf8.count, 4) + Array(text.utf8) + Array("l.".utf8)
  }

  private static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.utf8.count == 1 ? "0" + digits : digits
  }

  private static func escape(_ byte: UInt8) -> String { "\\x" + hex(byte) }

  /// As Python 2 writes it: what can be shown stands as it is.
  private static func represented(_ byte: UInt8) -> [UInt8] {
    switch byte {
    case UInt8(ascii: "\n"): Array("\\n".utf8)
    case UInt8(ascii: "'"), UInt8(ascii: "\\"): [UInt8(ascii: "\\"), byte]
    case 0x20..<0x7F: [byte]
    default: Array(escape(byte).utf8)
    }
  }

  private func isFound(in bytes: [UInt8]) throws -> Bool {
    try scan(bytes).findings.contains { $0.name == "os.system" }
  }

  @Test(arguments: Form.allCases, [1, 10, 64, 300, 4000])
  func aPayloadFarBehindTheStart(form: Form, opcodes: Int) throws {
    let start = [[UInt8]](repeating: Array("I1\n0".utf8), count: opcodes).flatMap(\.self)
    #expect(try isFound(in: pickle(of: start + Self.payload, as: form)))
  }

  @Test(arguments: Form.allCases, [50, 63, 64, 65, 253, 255, 256, 1020, 1024, 8190, 8192, 70000])
  func aPayloadBehindALongLine(form: Form, length: Int) throws {
    let line = Array("V\(String(repeating: "x", count: length))\n0".utf8)
    #expect(try isFound(in: pickle(of: line + Self.payload, as: form)))
    let nonsense = Array("V\(String(repeating: "x", count: length))\n!".utf8)
    #expect(try !isFound(in: pickle(of: nonsense + Self.payload, as: form)))
  }

  @Test(arguments: Form.allCases)
  func archives(form: Form) throws {
    // What is no letter of an opcode, too.
    for name in ["data.pkl", "~x", "\u{7F}"] {
      #expect(try isFound(in: pickle(of: tar(name, Self.payload), as: form)), "\(name)")
    }
    #expect(try isFound(in: pickle(of: zip([("a", Self.payload)]), as: form)))
    #expect(try scan(pickle(of: tar("data.pkl", [1, 2]), as: form)).findings.isEmpty)
  }

  @Test func textsThatAreNotLatin1() throws {
    let start = "S'\u{263A}'\n0"
    let payload = String(decoding: Self.payload, as: UTF8.self)
    #expect(try isFound(in: binary(start + payload)))
    let escaped = "(V" + (start + payload).split(separator: "\n").joined(separator: "\\u000a")
    let bytes = escaped.unicodeScalars.flatMap { scalar in
      scalar.isASCII ? [UInt8(scalar.value)] : Array("\\u263a".utf8)
    }
    #expect(try isFound(in: bytes + end2))
  }

  /// UTF-8 and Latin-1 make other bytes of the same text: either may be the payload.
  @Test func bytesOfEitherEncoding() throws {
    // A short text of one letter, which takes one byte or two.
    for length in 1...2 as ClosedRange<UInt8> {
      let text = [0x55, length, 0xC3, 0xA9, 0x30] + Self.payload
      #expect(try isFound(in: binary(String(decoding: text, as: UTF8.self))), "\(length)")
    }
  }

  @Test func ordinaryTextsAreNothing() throws {
    let texts = [
      "Copyright (c) caf\u{E9}\nclass Model\n", "(see \u{E9}t\u{E9})\n",
      "import os\nos.system('x')\n\u{E9}",
      "cat\nsat\non the m\u{E9}t\n", String(repeating: "V\u{E9}ctor\n", count: 1000),
    ]
    for text in texts {
      for form in Form.allCases {
        let bytes = text.unicodeScalars.map { UInt8($0.value) }
        #expect(try scan(pickle(of: bytes, as: form)).findings.isEmpty, "\(text)")
      }
    }
  }
}
