import BallastBytes
import BallastJSON
import Testing

@Suite struct JSONWriterTests {
  @Test func layouts() {
    let value: JSONValue = ["a": [1, 2.5, "x"], "b": [:], "c": [], "d": ["e": .null]]
    #expect(value.text() == #"{"a":[1,2.5,"x"],"b":{},"c":[],"d":{"e":null}}"#)
    #expect(
      value.text(.indented) == """
        {
          "a": [
            1,
            2.5,
            "x"
          ],
          "b": {},
          "c": [],
          "d": {
            "e": null
          }
        }
        """
    )
  }

  @Test func whatIsNotSeenIsEscapedOnlyWhereItIsAskedFor() throws {
    let value: JSONValue = ["a\u{202E}": "\u{2066}b\u{FEFF}\u{E0041}é"]
    #expect(value.text() == "{\"a\u{202E}\":\"\u{2066}b\u{FEFF}\u{E0041}é\"}")
    let escaped = value.text(escapesInvisible: true)
    #expect(escaped == #"{"a\u202e":"\u2066b\ufeff\udb40\udc41é"}"#)
    #expect(try JSONValue(parsing: escaped) == value)
  }

  @Test func whatJSONCannotSay() {
    let value: JSONValue = [.number(.nan), .number(.infinity), .number(-.infinity)]
    #expect(value.text() == #"["NaN","Infinity","-Infinity"]"#)
  }

  @Test func escapesWhatMustBe() {
    let value = JSONValue.string("\"\\\n\r\t\u{0}\u{1F}\u{7F}\u{9F}\u{2028}/é😀")
    #expect(value.text() == #""\"\\\n\r\t\u0000\u001f\u007f\u009f\u2028/é😀""#)
  }

  @Test func numbersReadBackEqual() throws {
    var random = SystemRandomNumberGenerator()
    var numbers: [Double] = [
      0, -0.0, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 0.1,
      1e15, 1e16, 1e21, 1e22, 123_456_789_012_345_680, -1.5e-7,
    ]
    for _ in 0..<20_000 { numbers.append(Double(bitPattern: random.next())) }
    for number in numbers where number.isFinite {
      let back = try JSONValue(parsing: JSONValue.number(number).text())
      #expect(back.number?.bitPattern == number.bitPattern)
    }
    for _ in 0..<1000 {
      let integer = Int(truncatingIfNeeded: random.next() as UInt64)
      #expect(try JSONValue(parsing: JSONValue.integer(integer).text()) == .integer(integer))
    }
  }

  @Test func everyScalarReadsBack() throws {
    let scalars = (UInt32(0)...0x10FFFF).lazy.compactMap(Unicode.Scalar.init)
    var text = ""
    text.unicodeScalars.append(contentsOf: scalars)
    for layout in [JSONValue.Layout.compact, .indented] {
      let back = try JSONValue(parsing: JSONValue.string(text).text(layout)).string
      #expect(back.map(ExactString.init) == ExactString(text))
    }
  }

  @Test func randomValuesReadBack() throws {
    for _ in 0..<500 {
      let value = Self.random(depth: 4)
      #expect(try JSONValue(parsing: value.text()) == value)
      #expect(try JSONValue(parsing: value.text(.indented)) == value)
    }
  }

  private static func random(depth: Int) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 6)) {
    case 0: return .null
    case 1: return .bool(.random())
    case 2: return .integer(.random(in: .min ... .max))
    case 3: return .number(.random(in: -1e6...1e6))
    case 4: return .string("")
    case 5: return .string(randomText())
    case 6: return .array((0..<Int.random(in: 0..<5)).map { _ in random(depth: depth - 1) })
    default:
      var object = JSONObject()
      for _ in 0..<Int.random(in: 0..<5) { object[randomText()] = random(depth: depth - 1) }
      return .object(object)
    }
  }

  private static func randomText() -> String {
    let scalars: [Unicode.Scalar] = ["a", "\"", "\\", "\n", "\u{0}", "é", "\u{301}", "中", "😀", "/"]
    var text = ""
    for _ in 0..<Int.random(in: 0..<8) {
      text.unicodeScalars.append(scalars.randomElement() ?? "x")
    }
    return text
  }
}
