import BallastBytes
import BallastTestSupport
import Testing

/// The cursor keeps within its bytes, and says where in the file it stood.
@Suite struct ByteReaderTests {
  private let source: SharedBytes

  init() throws {
    source = try .copying([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x80, 0x41])
  }

  @Test func integersAreLittleEndianAndUnaligned() throws {
    var reader = ByteReader(source.bytes, base: 100)
    #expect(reader.offset == 100)
    let byte = try reader.read(UInt8.self)
    let short = try reader.read(UInt16.self)
    let word = try reader.read(Int32.self)
    let position = reader.position
    let remaining = reader.remaining
    let offset = reader.offset
    #expect(byte == 0x01)
    #expect(short == 0x0302)
    #expect(word == 0x0706_0504)
    #expect(position == 7)
    #expect(remaining == 2)
    #expect(offset == 107)
  }

  @Test func readingPastTheEndSaysHowMuchIsMissing() {
    let failed = Failure {
      var reader = ByteReader(source.bytes, base: 100)
      try reader.skip(6)
      return try reader.read(UInt64.self)
    }
    #expect(failed == Failure(ByteFault.truncated(needed: 5), at: 106))
  }

  @Test func aFailureLeavesTheCursorWhereItWas() throws {
    var reader = ByteReader(source.bytes)
    try reader.skip(8)
    do {
      _ = try reader.read(UInt16.self)
      Issue.record("two bytes out of one")
    } catch {
      let last = try reader.read(UInt8.self)
      #expect(last == 0x41)
    }
  }

  @Test(arguments: [(-1, ByteFault.overflow), (Int.min, .overflow), (10, .truncated(needed: 1))])
  func countsAreChecked(count: Int, fault: ByteFault) {
    let failed = Failure {
      var reader = ByteReader(source.bytes, base: 7)
      try reader.skip(count)
    }
    #expect(failed == Failure(fault, at: 7))
    let failedToRead = Failure {
      var reader = ByteReader(source.bytes, base: 7)
      return try reader.readBytes(count).byteCount
    }
    #expect(failedToRead == Failure(fault, at: 7))
  }

  @Test func bytesAreLentWithoutTheCursorPassingTheEnd() throws {
    var reader = ByteReader(source.bytes)
    let all = try reader.readBytes(9)
    let remaining = reader.remaining
    let none = try reader.readBytes(0)
    let last = unsafe all.unsafeLoad(fromByteOffset: 8, as: UInt8.self)
    #expect(last == 0x41)
    #expect(remaining == 0)
    #expect(none.byteCount == 0)
  }

  @Test func seekingStaysWithinTheBytes() throws {
    var reader = ByteReader(source.bytes, base: 10)
    try reader.seek(to: 9)
    let end = reader.offset
    #expect(end == 19)
    try reader.seek(to: 0)
    let start = reader.offset
    #expect(start == 10)
  }

  @Test(
    arguments: [
      (10, ByteFault.truncated(needed: 1)), (.max, .truncated(needed: .max - 9)),
      (-1, .overflow), (.min, .overflow),
    ]
  )
  func seekingElsewhereIsRefused(position: Int, fault: ByteFault) {
    let failed = Failure {
      var reader = ByteReader(source.bytes, base: 10)
      try reader.seek(to: position)
    }
    #expect(failed == Failure(fault, at: 19))
  }

  @Test func sizesMustFitIntoSixtyThreeBits() throws {
    let failed = Failure {
      var reader = ByteReader(source.bytes, base: 3)
      return try reader.readSize()
    }
    #expect(failed == Failure(ByteFault.overflow, at: 3))
    let largest = try SharedBytes.copying([UInt8](repeating: 0xFF, count: 7) + [0x7F])
    var reader = ByteReader(largest.bytes)
    let size = try reader.readSize()
    #expect(size == .max)
  }

  @Test(
    arguments: [
      ([0x68, 0xC3, 0xA9], "hé"), ([0xF0, 0x9F, 0x98, 0x80], "😀"), ([], ""),
      ([0x61, 0x00, 0x62], "a\0b"),
    ] as [([UInt8], String)]
  )
  func textIsUTF8(bytes: [UInt8], text: String) throws {
    let source = try SharedBytes.copying(bytes)
    var reader = ByteReader(source.bytes)
    let read = try reader.readString(bytes.count)
    #expect(ExactString(read) == ExactString(text))
  }

  @Test(
    arguments: [
      [0x80], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x61, 0xFF],
    ] as [[UInt8]]
  )
  func otherBytesAreNoText(bytes: [UInt8]) throws {
    let source = try SharedBytes.copying([0x20] + bytes)
    let failed = Failure {
      var reader = ByteReader(source.bytes, base: 4)
      try reader.skip(1)
      return try reader.readString(bytes.count)
    }
    #expect(failed == Failure(ByteFault.invalidUTF8, at: 5))
  }
}
