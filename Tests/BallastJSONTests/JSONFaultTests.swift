import BallastBytes
import BallastJSON
import Testing

/// One text for each way in which JSON can be wrong, and the byte at which it is noticed.
@Suite struct JSONFaultTests {
  @Test(arguments: [#"[1, [2]]"#, #"{"a": {"b": 0, "c": 0}}"#, "[[], [], []]"])
  func valuesOfEveryDepthCount(text: String) throws {
    let bytes = Array(text.utf8)
    _ = try JSONValue(parsing: bytes.span.bytes, maximumValues: 4)
    let error = #expect(throws: FormatError.self) {
      try JSONValue(parsing: bytes.span.bytes, maximumValues: 3)
    }
    #expect(error?.fault as? JSONFault == .tooManyValues(limit: 3))
  }

  private static let cases: [(text: String, fault: JSONFault, offset: Int)] = [
    ("", .unexpectedEnd, 0),
    ("  ", .unexpectedEnd, 2),
    ("[1,", .unexpectedEnd, 3),
    ("{\"a\"", .unexpectedEnd, 4),
    ("\"abc", .unexpectedEnd, 4),
    ("\"\\", .unexpectedEnd, 2),
    ("\"\\u12", .unexpectedEnd, 5),
    ("tru", .unexpectedEnd, 3),
    ("nil", .unexpectedByte(UInt8(ascii: "i")), 1),
    ("[1 2]", .unexpectedByte(UInt8(ascii: "2")), 3),
    ("[1,]", .unexpectedByte(UInt8(ascii: "]")), 3),
    ("{\"a\" 1}", .unexpectedByte(UInt8(ascii: "1")), 5),
    ("{\"a\":1,}", .unexpectedByte(UInt8(ascii: "}")), 7),
    ("{a:1}", .unexpectedByte(UInt8(ascii: "a")), 1),
    ("\u{FEFF}1", .unexpectedByte(0xEF), 0),
    ("NaN", .unexpectedByte(UInt8(ascii: "N")), 0),
    ("'a'", .unexpectedByte(UInt8(ascii: "'")), 0),
    ("// a", .unexpectedByte(UInt8(ascii: "/")), 0),
    ("1 2", .trailingBytes, 2),
    ("{}}", .trailingBytes, 2),
    ("1\u{0}", .trailingBytes, 1),
    ("01", .badNumber, 0),
    ("[-]", .badNumber, 1),
    ("-01", .badNumber, 0),
    ("1.", .badNumber, 0),
    ("1.e3", .badNumber, 0),
    ("[1e]", .badNumber, 1),
    ("1e+", .badNumber, 0),
    ("\"\\x41\"", .badEscape, 1),
    ("\"\\u12G4\"", .badEscape, 5),
    ("\"\\'\"", .badEscape, 1),
    ("\"a\nb\"", .controlCharacter, 2),
    ("\"\u{0}\"", .controlCharacter, 1),
    ("\"a\\uD800\"", .loneSurrogate, 2),
    ("\"\\uDC00\"", .loneSurrogate, 1),
    ("\"\\uD83D\\n\"", .loneSurrogate, 1),
    ("\"\\uD83D\\u0041\"", .loneSurrogate, 1),
    ("\"\\uDE00\\uD83D\"", .loneSurrogate, 1),
    ("{\"a\":1,\"a\":2}", .duplicateKey("a"), 7),
    ("{\"a\":1,\"\\u0061\":2}", .duplicateKey("a"), 7),
    ("[{\"b\":{\"\":1,\"\":1}}]", .duplicateKey(""), 12),
  ]

  @Test(arguments: cases)
  func refuses(text: String, fault: JSONFault, offset: Int) throws {
    let error = try #require(throws: FormatError.self) { try JSONValue(parsing: text) }
    #expect(error.fault as? JSONFault == fault)
    #expect(error.offset == offset)
  }

  @Test func refusesDeepNesting() throws {
    let limit = 128
    let deepest = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
    #expect(throws: Never.self) { try JSONValue(parsing: deepest) }
    for opening in ["[", "{\"a\":"] {
      let text = String(repeating: opening, count: 100_000)
      let error = try #require(throws: FormatError.self) { try JSONValue(parsing: text) }
      #expect(error.fault as? JSONFault == .tooDeep(limit: limit))
      #expect(error.offset == opening.utf8.count * (limit + 1))
    }
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      [0x22, 0xC0, 0x80, 0x22],
    ] as [[UInt8]]
  )
  func refusesInvalidUTF8(bytes: [UInt8]) throws {
    let error = try #require(throws: FormatError.self) {
      try JSONValue(parsing: RawSpan(_elements: bytes.span), base: 100)
    }
    #expect(error.fault as? ByteFault == .invalidUTF8)
    #expect(error.offset == 101)
  }

  @Test func offsetsCountFromTheBase() throws {
    let bytes = Array("[1,x]".utf8)
    let error = try #require(throws: FormatError.self) {
      try JSONValue(parsing: RawSpan(_elements: bytes.span), base: 8)
    }
    #expect(error.offset == 11)
    #expect(error.description == "JSON has an unexpected 'x' (at byte 11)")
  }

  /// Every prefix of a document is refused, and no changed byte makes the parser trap.
  @Test func survivesDamage() throws {
    let text = #"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00\n"],"b":{"c":null,"d":true},"é":false}"#
    let bytes = Array(text.utf8)
    for count in bytes.indices {
      let prefix = Array(bytes[..<count])
      #expect(throws: FormatError.self) { try JSONValue(parsing: RawSpan(_elements: prefix.span)) }
    }
    var accepted = 0
    for index in bytes.indices {
      for byte in UInt8.min...UInt8.max {
        var damaged = bytes
        damaged[index] = byte
        if let value = try? JSONValue(parsing: RawSpan(_elements: damaged.span)) {
          accepted += 1
          #expect(try JSONValue(parsing: value.text()) == value)
        }
      }
    }
    #expect(accepted > bytes.count)
  }
}
