import BallastBytes
import BallastTestSupport
import Testing

/// The small values that everything else is made of.
@Suite struct ByteValueTests {
  @Test func sizesAreAddedAndMultipliedWithinBounds() throws {
    #expect(try sum(.max - 1, 1) == .max)
    #expect(try product(1 << 31, 1 << 31) == 1 << 62)
    #expect(Failure { try sum(.max, 1, at: 9) } == Failure(ByteFault.overflow, at: 9))
    #expect(Failure { try product(1 << 32, 1 << 31) } == Failure(ByteFault.overflow))
    #expect(Failure { try product(.max, 2, at: 9) } == Failure(ByteFault.overflow, at: 9))
  }

  @Test func exactStringsCompareBytes() {
    let composed = "caf\u{E9}"
    let decomposed = "cafe\u{301}"
    #expect(composed == decomposed)
    #expect(ExactString(composed) != ExactString(decomposed))
    #expect(ExactString(composed) == ExactString("café"))
    #expect(Set([composed, decomposed, composed].map(ExactString.init)).count == 2)
    #expect(ExactString("a") != ExactString("a\0"))
  }

  @Test func integersAsBytes() {
    #expect(littleEndianBytes(of: UInt32(0x0102_0304)) == [4, 3, 2, 1])
    #expect(littleEndianBytes(of: Int16(-2)) == [0xFE, 0xFF])
    #expect(littleEndianBytes(of: UInt64.max).count == 8)
  }

  @Test func errorsAreOneLine() {
    let error = FormatError(ByteFault.truncated(needed: 3), at: 12)
    #expect(error.description == "the file ends 3 bytes too early (at byte 12)")
    let inFile = error.inFile("a.bin").inFile("b.bin")
    #expect(inFile.description == "a.bin: the file ends 3 bytes too early (at byte 12)")
    #expect(error.inFile(nil).file == nil)
    #expect(
      FormatError(InputOutputFault.noSuchFile).description
        == "cannot open: No such file or directory"
    )
  }

  @Test func aLogGrowsLineByLineAndStartsEmpty() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("old".utf8), to: "log")
    let log = try AppendingFile(path: path, replacing: true)
    try log.write("one\n")
    #expect(try SharedBytes.contents(path: path) == Array("one\n".utf8))
    try log.write("two\n")
    #expect(try SharedBytes.contents(path: path) == Array("one\ntwo\n".utf8))
    #expect(
      Failure { try AppendingFile(path: folder.path + "/missing/log", replacing: true) }
        == Failure(InputOutputFault(.create, code: 2))
    )
  }
}
