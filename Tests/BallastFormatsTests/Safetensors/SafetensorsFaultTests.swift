import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// A file for each way in which a safetensors file can be wrong.
@Suite struct SafetensorsFaultTests {
  private func failure(_ header: String, data count: Int = 0) -> Failure? {
    Failure { try openSafetensors(safetensors(header, data: count)) }
  }

  /// Faults of the header are said to be at its start.
  private func inHeader(_ fault: SafetensorsFault) -> Failure { Failure(fault, at: 8) }

  @Test func aLengthThatIsCutShort() {
    #expect(
      Failure { try openSafetensors([1, 0, 0, 0, 0]) }
        == Failure(ByteFault.truncated(needed: 3), at: 0)
    )
  }

  @Test(arguments: [100_000_001, 1 << 63, UInt64.max])
  func aHeaderAboveTheLimit(length: UInt64) {
    #expect(
      Failure { try openSafetensors(littleEndianBytes(of: length) + Array("{}".utf8)) }
        == Failure(SafetensorsFault.headerTooLarge(length, limit: 100_000_000), at: 0)
    )
  }

  @Test(arguments: [3, 100_000_000])
  func aHeaderLongerThanTheFile(length: UInt64) {
    #expect(
      Failure { try openSafetensors(littleEndianBytes(of: length) + Array("{}".utf8)) }
        == Failure(SafetensorsFault.headerPastEnd(length: length), at: 0)
    )
  }

  @Test(arguments: ["[]", "null", "1", "\"a\""])
  func aHeaderThatIsNoObject(header: String) {
    #expect(failure(header) == inHeader(.headerNotObject))
  }

  @Test(
    arguments: [
      ("", JSONFault.unexpectedEnd, 8), ("{", .unexpectedEnd, 9), ("{}x", .trailingBytes, 10),
      ("{}\0", .trailingBytes, 10), (#"{"a":1,}"#, .unexpectedByte(0x7D), 15),
      (#"{"\ud800":1}"#, .loneSurrogate, nil),
      (#"{"t":{},"t":{}}"#, .duplicateKey("t"), nil),
      (#"{"t":{"dtype":"U8","dtype":"U8"}}"#, .duplicateKey("dtype"), nil),
      (#"{"__metadata__":{},"__metadata__":{}}"#, .duplicateKey("__metadata__"), nil),
      (#"{"__metadata__":{"k":"1","k":"2"}}"#, .duplicateKey("k"), nil),
    ] as [(String, JSONFault, Int?)]
  )
  func aHeaderThatIsNoJSON(header: String, fault: JSONFault, offset: Int?) {
    let found = failure(header)
    #expect(found?.fault == AnyHashable(fault))
    if let offset { #expect(found?.offset == offset) }
  }

  @Test func aHeaderThatIsNoUTF8() {
    let bytes = safetensors(Array(#"{"a"#.utf8) + [0xFF] + Array(#"":1}"#.utf8))
    #expect(Failure { try openSafetensors(bytes) }?.fault == AnyHashable(ByteFault.invalidUTF8))
  }

  @Test(arguments: ["[]", "1", #"{"a":1}"#, #"{"a":null}"#, #"{"a":{}}"#])
  func metadataOtherThanTexts(metadata: String) {
    #expect(failure(#"{"__metadata__":\#(metadata)}"#) == inHeader(.metadataNotStrings))
  }

  @Test(arguments: ["null", "1", #"["U8",[1],[0,1]]"#])
  func anEntryThatIsNoObject(entry: String) {
    #expect(failure(#"{"t":\#(entry)}"#, data: 1) == inHeader(.entryNotObject(tensor: "t")))
  }

  private func entry(
    _ dtype: String = #""U8""#,
    _ shape: String = "[2]",
    _ offsets: String = "[0,2]"
  ) -> String {
    #"{"t":{"dtype":\#(dtype),"shape":\#(shape),"data_offsets":\#(offsets)}}"#
  }

  /// The library takes it for a floating-point number.
  @Test func aSizeOfMinusZero() {
    #expect(failure(entry("\"U8\"", "[-0]", "[0,0]")) == inHeader(.badShape(tensor: "t")))
    #expect(failure(entry("\"U8\"", "[0]", "[-0,0]")) == inHeader(.badOffsets(tensor: "t")))
  }

  @Test func fieldsThatAreMissing() {
    #expect(
      failure(#"{"t":{"shape":[2],"data_offsets":[0,2]}}"#, data: 2)
        == inHeader(.missingField(tensor: "t", field: "dtype"))
    )
    #expect(
      failure(entry("8"), data: 2) == inHeader(.missingField(tensor: "t", field: "dtype"))
    )
    #expect(
      failure(#"{"t":{"dtype":"U8","data_offsets":[0,2]}}"#, data: 2)
        == inHeader(.badShape(tensor: "t"))
    )
    #expect(
      failure(#"{"t":{"dtype":"U8","shape":[2]}}"#, data: 2) == inHeader(.badOffsets(tensor: "t"))
    )
  }

  @Test(arguments: ["u8", "F128", "", "C128", "U8 "])
  func typesThatTheLibraryDoesNotHave(dtype: String) {
    #expect(
      failure(entry("\"\(dtype)\""), data: 2) == inHeader(.unknownDType(tensor: "t", dtype))
    )
  }

  @Test(
    arguments: [
      "2", "null", #"["2"]"#, "[2.0]", "[2e0]", "[-2]", "[9223372036854775808]", "[[2]]",
      "[1e400]",
    ]
  )
  func shapesThatAreNoSizes(shape: String) {
    #expect(failure(entry(#""U8""#, shape), data: 2) == inHeader(.badShape(tensor: "t")))
  }

  @Test(
    arguments: [
      "[0]", "[0,1,2]", "[2,0]", "[-1,1]", "[0.0,2]", "2", "[]", "[0,18446744073709551616]",
    ]
  )
  func offsetsThatAreNoRange(offsets: String) {
    #expect(
      failure(entry(#""U8""#, "[2]", offsets), data: 2) == inHeader(.badOffsets(tensor: "t"))
    )
  }

  @Test func sizesThatOverflow() {
    let overflow = Failure(ByteFault.overflow, at: 8)
    #expect(failure(entry(#""U8""#, "[4294967296,4294967296]"), data: 2) == overflow)
    #expect(failure(entry(#""F32""#, "[4611686018427387904]"), data: 2) == overflow)
    #expect(failure(entry(#""U8""#, "[9223372036854775807,4,0]"), data: 2) == overflow)
  }

  @Test(
    arguments: [
      (#""U8""#, "[3]", 3), (#""U8""#, "[1]", 1), (#""F32""#, "[1]", 4), (#""U8""#, "[0]", 0),
    ]
  )
  func sizesThatAreNotThoseOfTheShape(dtype: String, shape: String, expected: Int) {
    #expect(
      failure(entry(dtype, shape), data: 2)
        == inHeader(.wrongSize(tensor: "t", expected: expected, found: 2))
    )
  }

  @Test(arguments: [(#""F4""#, "[3]"), (#""F6_E2M3""#, "[5]")])
  func sizesThatEndWithinAByte(dtype: String, shape: String) {
    #expect(failure(entry(dtype, shape), data: 2) == inHeader(.partialByte(tensor: "t")))
  }

  private func two(_ first: String, _ second: String) -> String {
    let (a, b) = (#""dtype":"U8","shape":[2]"#, "data_offsets")
    return #"{"a":{\#(a),"\#(b)":\#(first)},"b":{\#(a),"\#(b)":\#(second)}}"#
  }

  @Test func holesOverlapsAndBytesBehind() {
    let start = 8 + two("[0,2]", "[2,4]").utf8.count
    func at(_ offset: Int, _ fault: SafetensorsFault) -> Failure {
      Failure(fault, at: start + offset)
    }
    #expect(failure(two("[0,2]", "[3,5]"), data: 5) == at(3, .hole(before: "b")))
    #expect(failure(two("[1,3]", "[3,5]"), data: 5) == at(1, .hole(before: "a")))
    #expect(failure(two("[0,2]", "[1,3]"), data: 3) == at(1, .overlap(tensor: "b")))
    #expect(failure(two("[2,4]", "[2,4]"), data: 4) == at(2, .hole(before: "a")))
    #expect(failure(two("[0,2]", "[0,2]"), data: 2)?.offset == start)
    #expect(failure(two("[0,2]", "[2,4]"), data: 3) == at(2, .pastEnd(tensor: "b")))
    #expect(failure(two("[0,2]", "[2,4]"), data: 6) == at(4, .trailingBytes(2)))
    #expect(failure("{}", data: 1) == Failure(SafetensorsFault.trailingBytes(1), at: 10))
  }

  @Test func rangesAtTheEndOfSixtyThreeBits() {
    let end = Int.max
    let header = entry(#""U8""#, "[2]", "[\(end - 2),\(end)]")
    #expect(failure(header, data: 2) == Failure(ByteFault.overflow, at: 8))
  }

  @Test func anErrorNamesItsFile() throws {
    let error = try #require(throws: FormatError.self) {
      try Safetensors.open(.copying(safetensors("[]")), file: "model-1.safetensors")
    }
    #expect(error.file == "model-1.safetensors")
    #expect(
      error.description == "model-1.safetensors: the header is not a JSON object (at byte 8)"
    )
  }
}
