import BallastBytes
import BallastJSON
import Testing

@Suite struct JSONValueTests {
  @Test func readsEveryKindOfValue() throws {
    let value = try JSONValue(
      parsing:
        " {\"a\" : [ null , true,false ] ,\r\n\t\"b\":{}, \"c\":[],\"d\":\"x\",\"e\":-1,\"f\":1e2} "
    )
    #expect(
      value == [
        "a": [.null, true, false], "b": [:], "c": [], "d": "x", "e": -1, "f": 100.0,
      ]
    )
    #expect(value["a"]?.array?.count == 3)
    #expect(value["a"]?.array?[1].bool == true)
    #expect(value["d"]?.string == "x")
    #expect(value["d"]?.integer == nil)
    #expect(value["f"]?.integer == 100)
    #expect(value["e"]?.number == -1)
    #expect(value["missing"] == nil)
    #expect(JSONValue.null["a"] == nil)
  }

  @Test func keepsTheOrderOfKeys() throws {
    let text = #"{"z":1,"a":2,"10":3,"9":4,"é":5}"#
    let value = try JSONValue(parsing: text)
    #expect(value.object?.members.map(\.key) == ["z", "a", "10", "9", "é"])
    #expect(value.text() == text)
    var object = try #require(value.object)
    object["a"] = nil
    object["z"] = "replaced"
    object["a"] = 7
    object["new"] = 8
    #expect(object.members.map(\.key) == ["z", "10", "9", "é", "a", "new"])
    #expect(object.count == 6)
    #expect(object["z"]?.string == "replaced")
    object["never there"] = nil
    #expect(object.count == 6)
  }

  /// Swift holds "é" in one scalar and in two for equal; JSON does not.
  @Test func keysAreExact() throws {
    let value = try JSONValue(parsing: #"{"\u00e9":1,"e\u0301":2}"#)
    #expect(value.object?.count == 2)
    #expect(value["\u{E9}"] == 1)
    #expect(value["e\u{301}"] == 2)
  }

  @Test func readsEscapes() throws {
    let value = try JSONValue(parsing: #""\"\\\/\b\f\n\r\t\u0041\u00E9\u20ac\uD83D\uDE00\u0000é""#)
    let expected = "\"\\/\u{8}\u{C}\n\r\tA\u{E9}\u{20AC}\u{1F600}\u{0}\u{E9}"
    #expect(value.string?.unicodeScalars.elementsEqual(expected.unicodeScalars) == true)
  }

  @Test(
    arguments: [
      ("0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min),
    ] as [(String, Int)]
  )
  func readsIntegers(text: String, expected: Int) throws {
    #expect(try JSONValue(parsing: text) == .integer(expected))
  }

  /// Where sizes are read, `-0` is none; where a number is, it is zero.
  @Test func aZeroWithASignIsNoInteger() throws {
    let zero = try JSONValue(parsing: "-0")
    #expect(zero.number?.sign == .minus && zero.integer == 0)
    guard case .number = zero else {
      Issue.record("\(zero)")
      return
    }
  }

  @Test(
    arguments: [
      ("9223372036854775808", 9_223_372_036_854_775_808), ("1.0", 1), ("-2.5E-3", -0.0025),
      ("1e400", .infinity), ("5e-324", .leastNonzeroMagnitude), ("0.1", 0.1),
    ] as [(String, Double)]
  )
  func readsNumbers(text: String, expected: Double) throws {
    #expect(try JSONValue(parsing: text) == .number(expected))
  }

  @Test func onlyWholeNumbersAreIntegers() {
    #expect(JSONValue.number(12).integer == 12)
    #expect(JSONValue.number(12.5).integer == nil)
    #expect(JSONValue.number(1e300).integer == nil)
    #expect(JSONValue.number(.nan).integer == nil)
  }
}
