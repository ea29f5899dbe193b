import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// What is written is what the library itself writes, byte for byte.
@Suite struct SafetensorsWriterTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/model.safetensors"
  }

  private func written(
    _ tensors: [TensorView],
    metadata: [(key: String, value: String)] = []
  ) throws -> [UInt8] {
    let outputs = tensors.map { $0.output() }
    let count = try SafetensorsWriter.write(outputs, metadata: metadata, to: path)
    let bytes = try SharedBytes.contents(path: path)
    #expect(count == bytes.count)
    #expect(try folder.contents == ["model.safetensors"])
    return bytes
  }

  /// `save({"w": arange(3, dtype=float32)}, metadata={"format": "pt"})` of the library 0.8.0.
  @Test func metadataComesFirst() throws {
    let header =
      #"{"__metadata__":{"format":"pt"},"#
      + #""w":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}  "#
    let floats: [UInt8] = [0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]
    let tensor = try tensor(.f32, [3], floats, named: "w")
    #expect(
      try written([tensor], metadata: [("format", "pt")])
        == [0x58, 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + floats
    )
  }

  /// The library's order, its padding and its escapes, out of a dictionary in another order.
  @Test func widerTypesComeFirstThenNames() throws {
    let header =
      #"{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},"#
      + #""empty":{"dtype":"F32","shape":[0,3],"data_offsets":[32,32]},"#
      + #""c/\"\\\n\t\u0001":{"dtype":"F16","shape":[1],"data_offsets":[32,34]},"#
      + #""scalar":{"dtype":"U8","shape":[],"data_offsets":[34,35]},"#
      + #""é":{"dtype":"BOOL","shape":[2],"data_offsets":[35,37]}}    "#
    let b = littleEndian([1, 2, 3, 4, 5, 6] as [Float])
    let tensors = [
      try tensor(.f32, [2, 3], b, named: "b"),
      try tensor(.i64, [1], littleEndian([7] as [Int64]), named: "a"),
      try tensor(.bool, [2], [1, 0], named: "é"),
      try tensor(.f16, [1], [0x00, 0x3E], named: "c/\"\\\n\t\u{1}"),
      try tensor(.f32, [0, 3], [], named: "empty"),
      try tensor(.u8, [], [9], named: "scalar"),
    ]
    #expect(
      try written(tensors) == [0x68, 0x01, 0, 0, 0, 0, 0, 0] + Array(header.utf8)
        + [7, 0, 0, 0, 0, 0, 0, 0] + b + [0x00, 0x3E, 9, 1, 0]
    )
  }

  /// As many values as are read by default, and one more.
  @Test func aHeaderThatIsReadNoMoreIsNotWritten() throws {
    let limit = ReadingLimits.standard.jsonValues
    for rank in [limit - 8, limit - 7] {
      let output = try tensor(.u8, [Int](repeating: 1, count: rank), [1], named: "w").output()
      let write = { try SafetensorsWriter.write([output], to: path) }
      if rank == limit - 8 {
        _ = try write()
        #expect(try Checkpoint.open(path: path).tensors.count == 1)
      } else {
        let fault = SafetensorsFault.tooManyValues(limit + 1, limit: limit)
        #expect(Failure { _ = try write() } == Failure(fault))
      }
    }
  }

  @Test func aFileWithoutTensors() throws {
    #expect(try written([]) == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
  }

  /// Four types under 24 names: the library's file has 6,750 bytes and the checksum ADD6A32C.
  @Test func manyTensors() throws {
    let tensors = try (0..<24).map { index in
      let values = 0..<index * 7
      let (dtype, bytes): (DType, [UInt8]) =
        switch index % 4 {
        case 0: (.f32, littleEndian(values.map { Float($0) }))
        case 1: (.f16, littleEndian(values.map { Float16($0).bitPattern }))
        case 2: (.i32, littleEndian(values.map { Int32($0) }))
        default: (.u8, values.map { UInt8($0) })
        }
      return try tensor(dtype, [7, index], bytes, named: "h.\(index).w")
    }
    let file = try written(tensors)
    #expect(file.count == 6750)
    let source = try SharedBytes.copying(file)
    let checksum = crc32(of: source.bytes)
    #expect(checksum == 0xADD6_A32C)
  }

  @Test func whatIsWrittenReadsBackTheSame() throws {
    var random = SeededGenerator(seed: 5)
    var tensors: [TensorView] = []
    for (index, dtype) in DType.allCases.enumerated() where dtype.isInSafetensors {
      let bytes = (0..<96).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
      let view = try tensor(dtype, [3, 4], bytes, named: "\(index).\(dtype)")
      tensors.append(dtype.byteWidth == nil ? view : try view.transposed)
    }
    _ = try written(tensors, metadata: [("b", "é\n"), ("a", "")])
    let checkpoint = try Checkpoint.open(path: path)
    #expect(checkpoint.metadata.members.map(\.key) == ["b", "a"])
    #expect(checkpoint.metadata["b"]?.string == "é\n")
    #expect(checkpoint.tensors.count == tensors.count)
    for tensor in tensors {
      let read = try #require(checkpoint[tensor.name])
      #expect(read.dtype == tensor.dtype)
      #expect(read.shape == tensor.shape)
      #expect(try read.contents() == tensor.contents())
    }
  }

  @Test func namesThatReadersWouldRefuseAreRefused() throws {
    let tensor = try tensor(.u8, [1], [1], named: "a")
    let twice = Failure { try written([tensor, tensor]) }
    #expect(twice == Failure(CheckpointFault.duplicateName("a")))
    let reserved = Failure { try written([tensor.renamed("__metadata__")]) }
    #expect(reserved == Failure(SafetensorsFault.reservedName(tensor: "__metadata__")))
    #expect(try folder.contents.isEmpty)
  }

  @Test func typesThatTheLibraryDoesNotHaveAreRefused() throws {
    let tensor = try tensor(.c128, [1], [UInt8](repeating: 0, count: 16), named: "a")
    #expect(
      Failure { try written([tensor]) }
        == Failure(SafetensorsFault.unwritableType(tensor: "a", "C128"))
    )
  }

  @Test func progressCountsDataBytesAndMayGiveUp() throws {
    struct Enough: FormatFault { var description: String { "enough" } }
    let tensors = [
      try tensor(.u8, [5], [1, 2, 3, 4, 5], named: "a"), try tensor(.u8, [1], [1], named: "b"),
    ]
    var seen: [Int] = []
    try SafetensorsWriter.write(tensors.map { $0.output() }, to: path) { seen.append($0) }
    #expect(seen == [5, 6])
    let old = try SharedBytes.contents(path: path)
    let failed = Failure {
      try SafetensorsWriter.write([tensors[0].output()], to: path) { _ throws(FormatError) in
        throw FormatError(Enough())
      }
    }
    #expect(failed == Failure(Enough()))
    #expect(try folder.contents == ["model.safetensors"])
    #expect(try SharedBytes.contents(path: path) == old)
  }
}
