import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// One test for each way in which a GGUF file can be wrong.
@Suite struct GGUFFaultTests {
  private func expect(
    _ fault: some FormatFault,
    at offset: Int?,
    _ location: SourceLocation = #_sourceLocation,
    _ build: (inout GGUFBuilder) -> Void
  ) {
    var builder = GGUFBuilder()
    build(&builder)
    let failure = Failure { try openGGUF(builder.bytes) }
    #expect(failure == Failure(fault, at: offset), sourceLocation: location)
  }

  @Test func versions() {
    expect(GGUFFault.unsupportedVersion(1), at: 4) { $0.version = 1 }
    expect(GGUFFault.unsupportedVersion(4), at: 4) { $0.version = 4 }
    expect(GGUFFault.bigEndian, at: 4) { $0.version = UInt32(3).byteSwapped }
    #expect(Failure { try openGGUF([1, 2, 3, 4]) } == Failure(GGUFFault.notGGUF, at: 0))
  }

  @Test func aBraceForACountIsNotTakenForSafetensors() throws {
    var builder = GGUFBuilder()
    for index in 0..<UInt64(UInt8(ascii: "{")) {
      builder.addTensor("\(index)", [1], offset: index * 32)
    }
    builder.data = [UInt8](repeating: 1, count: 123 * 32)
    let source = try SharedBytes.copying(builder.bytes)
    #expect(Safetensors.matches(source))
    let format = try #require(CheckpointFormat.recognize(source))
    #expect(format.name == GGUF.name)
    #expect(try format.open(source).tensors.count == 123)
  }

  @Test func versionTwoIsReadAlike() throws {
    var builder = GGUFBuilder(version: 2)
    builder.addTensor("t", [2, 1, 3])
    builder.data = [1, 2, 3, 4, 5, 6]
    let tensor = try #require(try openGGUF(builder.bytes)["t"])
    #expect(tensor.shape.dimensions == [3, 1, 2])
    #expect(try tensor.floats() == [1, 2, 3, 4, 5, 6])
    #expect(tensor.fileOffset == builder.bytes.count - 6)
  }

  @Test(arguments: [UInt64.max, UInt64(Int64.max), 1 << 40]) func countsThatAreTooLarge(
    count: UInt64
  ) {
    let tensors = GGUFFault.tooMany(.tensors, count: count, limit: GGUFLimits.standard.tensors)
    expect(tensors, at: 8) { $0.tensorCount = count }
    let keys = GGUFFault.tooMany(.keys, count: count, limit: GGUFLimits.standard.keys)
    expect(keys, at: 16) { $0.memberCount = count }
    let limit = GGUFLimits.standard.arrayElements
    let elements = GGUFFault.tooMany(.arrayElements, count: count, limit: limit)
    expect(elements, at: 24 + 9 + 4 + 4) { $0.addMember("a", .array, arrayHeader(.u8, count)) }
    let text = GGUFFault.textTooLong(count, limit: GGUFLimits.standard.textBytes)
    expect(text, at: 24 + 9 + 4) { $0.addMember("a", .string, littleEndianBytes(of: count)) }
    let name = GGUFFault.nameTooLong(count, limit: GGUFLimits.nameBytes)
    expect(name, at: 24) { $0.members.append(littleEndianBytes(of: count)) }
  }

  @Test func countsThatTheFileCannotHold() {
    var builder = GGUFBuilder()
    builder.addMember("a", .array, arrayHeader(.u8, 1 << 20))
    let missing = 1 << 20 - (builder.bytes.count - builder.header.count)
    let fault = ByteFault.truncated(needed: missing)
    #expect(Failure { try openGGUF(builder.bytes) } == Failure(fault, at: 41))
  }

  @Test func elementsOfAllArraysAreCountedTogether() {
    let half = UInt64(GGUFLimits.standard.arrayElements / 2 + 1)
    var builder = GGUFBuilder()
    let bytes = [UInt8](repeating: 7, count: Int(half))
    builder.addMember("a", .array, arrayHeader(.u8, half) + bytes)
    let place = builder.header.count + 9 + 4 + 4
    builder.addMember("b", .array, arrayHeader(.u8, half) + bytes)
    let limit = GGUFLimits.standard.arrayElements
    let fault = GGUFFault.tooMany(.arrayElements, count: half, limit: limit)
    #expect(Failure { try openGGUF(builder.bytes) } == Failure(fault, at: place))
  }

  @Test func keysAndValues() {
    expect(GGUFFault.emptyKey, at: 24) { $0.addMember("", .u8, [1]) }
    expect(GGUFFault.duplicateKey("a"), at: 24 + 14) {
      $0.addMember("a", .u8, [1])
      $0.addMember("a", .bool, [1])
    }
    expect(GGUFFault.unknownValueType(key: "a", 13), at: 24 + 9) {
      $0.members.append(text("a") + littleEndianBytes(of: UInt32(13)))
    }
    expect(GGUFFault.unknownValueType(key: "a", 99), at: 24 + 13) {
      $0.addMember("a", .array, littleEndianBytes(of: UInt32(99)))
    }
    expect(GGUFFault.badBool(key: "a", 2), at: 24 + 13) { $0.addMember("a", .bool, [2]) }
    expect(ByteFault.invalidUTF8, at: 24 + 13 + 8) {
      $0.addMember("a", .string, littleEndianBytes(of: UInt64(1)) + [0xFF])
    }
  }

  @Test func nestingIsLimited() throws {
    let nested = { (depth: Int) in
      (1..<depth).flatMap { _ in arrayHeader(.array, 1) } + arrayHeader(.u8, 1) + [5]
    }
    var builder = GGUFBuilder()
    builder.addMember("a", .array, nested(GGUFLimits.nesting))
    #expect(try openGGUF(builder.bytes).metadata["a"] == [[[[5]]]])
    let fault = GGUFFault.nestedTooDeeply(key: "a", limit: GGUFLimits.nesting)
    expect(fault, at: 24 + 13 + 12 * GGUFLimits.nesting) {
      $0.addMember("a", .array, nested(100_000))
    }
  }

  @Test(arguments: [0, 1, 4, 24, 33] as [UInt32]) func alignments(bytes: UInt32) {
    expect(GGUFFault.badAlignment, at: 24 + 8 + 17 + 4) {
      $0.addMember("general.alignment", .u32, littleEndianBytes(of: bytes))
    }
  }

  @Test func alignmentIsOfItsType() {
    expect(GGUFFault.badAlignment, at: 24 + 8 + 17 + 4) {
      $0.addMember("general.alignment", .u64, littleEndianBytes(of: UInt64(32)))
    }
  }

  @Test func otherAlignmentsMoveTheData() throws {
    var builder = GGUFBuilder()
    builder.addMember("general.alignment", .u32, littleEndianBytes(of: UInt32(8)))
    builder.addTensor("a", [1])
    builder.addTensor("b", [1], offset: 8)
    let header = builder.header
    let start = (header.count + 7) / 8 * 8
    let padding = [UInt8](repeating: 0, count: start - header.count)
    let checkpoint = try openGGUF(header + padding + [1, 0, 0, 0, 0, 0, 0, 0, 2])
    #expect(checkpoint.tensors.map(\.fileOffset) == [start, start + 8])
    #expect(try checkpoint["b"]?.floats() == [2])
    #expect(checkpoint.warnings.isEmpty)
  }

  @Test func tensors() {
    let sizesPlace = 24 + 9
    expect(GGUFFault.badRank(tensor: "t", 5, limit: 4), at: sizesPlace) {
      $0.addTensor("t", [1, 1, 1, 1, 1])
    }
    expect(ByteFault.overflow, at: sizesPlace + 4) { $0.addTensor("t", [.max]) }
    expect(ByteFault.overflow, at: sizesPlace) { $0.addTensor("t", [1 << 40, 1 << 40]) }
    expect(ByteFault.overflow, at: sizesPlace) { $0.addTensor("t", [1 << 62], type: 28) }
    expect(GGUFFault.unknownTensorType(tensor: "t", 4), at: sizesPlace + 12) {
      $0.addTensor("t", [1], type: 4)
    }
    expect(GGUFFault.unsupportedTensorType(tensor: "t", "IQ4_NL"), at: sizesPlace + 12) {
      $0.addTensor("t", [32], type: 20)
    }
    expect(GGUFFault.rowNotWholeBlocks(tensor: "t", row: 16, block: 32), at: sizesPlace) {
      $0.addTensor("t", [16, 2], type: 8)
    }
    expect(GGUFFault.rowNotWholeBlocks(tensor: "t", row: 1, block: 32), at: sizesPlace) {
      $0.addTensor("t", [], type: 8)
    }
    expect(GGUFFault.misaligned(tensor: "t", alignment: 32), at: sizesPlace + 16) {
      $0.addTensor("t", [1], offset: 8)
    }
    expect(CheckpointFault.duplicateName("t"), at: 24 + 33) {
      $0.addTensor("t", [1])
      $0.addTensor("t", [1], offset: 32)
    }
  }

  @Test func placesOfData() {
    expect(GGUFFault.overlap(tensor: "b"), at: 24 + 33) {
      $0.addTensor("a", [33])
      $0.addTensor("b", [1], offset: 32)
      $0.data = [UInt8](repeating: 0, count: 64)
    }
    expect(GGUFFault.pastEnd(tensor: "a"), at: 24) {
      $0.addTensor("a", [33])
      $0.data = [UInt8](repeating: 0, count: 32)
    }
    expect(GGUFFault.pastEnd(tensor: "a"), at: 24) {
      $0.addTensor("a", [1], offset: 1 << 40)
    }
    expect(ByteFault.overflow, at: 24) {
      $0.addTensor("a", [1], offset: UInt64(Int64.max) & ~31)
    }
  }

  @Test func unusedBytesAreWarnedOf() throws {
    var builder = GGUFBuilder()
    builder.addTensor("b", [1], offset: 64)
    builder.addTensor("a", [1])
    builder.addTensor("none", [0, 3], offset: 96)
    builder.data = [UInt8](repeating: 9, count: 96)
    let checkpoint = try openGGUF(builder.bytes)
    #expect(checkpoint.tensors.map(\.name) == ["b", "a", "none"])
    #expect(checkpoint.warnings.map { $0.fault as? GGUFFault } == [.unusedBytes(32)])
    builder.data += [0, 0]
    let warned = try openGGUF(builder.bytes).warnings
    #expect(warned.map { $0.fault as? GGUFFault } == [.unusedBytes(34)])
  }

  @Test func everyTruncationThrows() throws {
    let bytes = try SharedBytes.contents(path: Fixtures.path("gguf/types.gguf"))
    _ = try openGGUF(bytes)
    let last = try #require(try openGGUF(bytes).tensors.compactMap(\.fileOffset).max())
    for count in 0...last {
      #expect(throws: FormatError.self) { try openGGUF(Array(bytes[..<count])) }
    }
  }

  @Test func mutationsDoNotTrap() throws {
    let bytes = try SharedBytes.contents(path: Fixtures.path("gguf/types.gguf"))
    let opened = try openGGUF(bytes)
    let start = try #require(opened.tensors.compactMap(\.fileOffset).min())
    var generator = SeededGenerator(seed: 3)
    var refused = 0
    for position in 0..<start {
      var copy = bytes
      copy[position] = UInt8.random(in: 0...255, using: &generator)
      do {
        for tensor in try openGGUF(copy).tensors { _ = try tensor.floats() }
      } catch {
        #expect(error is FormatError)
        refused += 1
      }
    }
    #expect(refused > start / 10)
  }
}
