import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// What is written reads back, and what could not be read is refused.
@Suite struct GGUFWriterTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/out.gguf"
  }

  private let metadata: [GGUFWriter.Member] = [
    ("general.architecture", .string("test")), ("general.alignment", .u32(32)),
    ("u8", .u8(1)), ("i8", .i8(-1)), ("u16", .u16(2)), ("i16", .i16(-2)), ("u32", .u32(3)),
    ("i32", .i32(-3)), ("f32", .f32(1e-5)), ("bool", .bool(false)), ("u64", .u64(4)),
    ("big", .u64(.max)), ("i64", .i64(-4)), ("f64", .f64(0.5)),
    ("texts", .strings(["", "é"])), ("none", .array(.f32, [])),
    ("nested", .array(.array, [.array(.u8, [.u8(1)]), .array(.bool, [.bool(true)])])),
  ]

  @Test func metadataReadsBack() throws {
    let count = try GGUFWriter.write(tensors: [], metadata: metadata, to: path)
    let checkpoint = try Checkpoint.open(path: path)
    #expect(checkpoint.files.map(\.byteCount) == [count])
    let expected: JSONObject = [
      "general.architecture": "test", "general.alignment": 32, "u8": 1, "i8": -1, "u16": 2,
      "i16": -2, "u32": 3, "i32": -3, "f32": 1e-5, "bool": false, "u64": 4,
      "big": .number(0x1p64), "i64": -4, "f64": 0.5, "texts": ["", "é"], "none": [],
      "nested": [[1], [true]],
    ]
    #expect(checkpoint.metadata == expected)
    #expect(checkpoint.warnings.isEmpty)
    #expect(try folder.contents == ["out.gguf"])
  }

  @Test(arguments: [DType.f32, .f16, .bf16, .q80]) func tensorsReadBack(dtype: DType) throws {
    var generator = SeededGenerator(seed: 7)
    let floats = (0..<192).map { _ in Float.random(in: -4...4, using: &generator) }
    let source = try tensor(.f32, [3, 64], littleEndian(floats), named: "w")
    let small = try tensor(.i8, [3], [1, 2, 255], named: "i")
    var reported: [Int] = []
    try GGUFWriter.write(tensors: [small.output(), source.output(as: dtype)], to: path) {
      reported.append($0)
    }
    let checkpoint = try Checkpoint.open(path: path)
    #expect(checkpoint.tensors.map(\.name) == ["i", "w"])
    #expect(checkpoint.tensors.allSatisfy { ($0.fileOffset ?? 1) % 32 == 0 })
    #expect(try checkpoint["i"]?.floats() == [1, 2, -1])
    let read = try #require(checkpoint["w"])
    #expect(read.dtype == dtype)
    #expect(read.shape.dimensions == [3, 64])
    #expect(try read.contents() == source.output(as: dtype).contents())
    let tolerance: [DType: Float] = [.f32: 0, .f16: 0x1p-9, .bf16: 0x1p-6, .q80: 4 / 254 + 0.001]
    let bound = try #require(tolerance[dtype])
    let values = try read.floats()
    #expect(zip(values, floats).allSatisfy { abs($0 - $1) <= bound })
    #expect(reported == [3, 32 + read.byteCount])
    #expect(checkpoint.warnings.isEmpty)
  }

  @Test func blocksAreCopiedAsTheyAre() throws {
    let fixture = try Checkpoint.open(path: Fixtures.path("gguf/types.gguf"))
    try GGUFWriter.write(tensors: fixture.tensors.map { $0.output(as: $0.dtype) }, to: path)
    let copy = try Checkpoint.open(path: path)
    #expect(copy.tensors.map(\.name) == fixture.tensors.map(\.name))
    for tensor in copy.tensors {
      let original = try #require(fixture[tensor.name])
      #expect(try tensor.holdsSame(as: original), "\(tensor.name)")
    }
  }

  @Test func blocksThatAreNotFiniteDoNotPassForNumbers() throws {
    var floats = [Float](repeating: 1, count: 96)
    floats[5] = .infinity
    floats[40] = .nan
    floats[64...] = ArraySlice(repeating: .leastNonzeroMagnitude, count: 32)
    let source = try tensor(.f32, [96], littleEndian(floats))
    try GGUFWriter.write(tensors: [source.output(as: .q80)], to: path)
    let read = try #require(try Checkpoint.open(path: path)["t"]?.floats())
    #expect(read[..<64].allSatisfy { $0.isNaN })
    #expect(read[64...].allSatisfy { $0 == 0 })
  }

  @Test func noOtherFormatHasBlocks() throws {
    let source = try tensor(.f32, [32], littleEndian((0..<32).map { Float($0) }))
    let blocks = [source.output(as: .q80)]
    let path = path
    #expect(
      Failure { try SafetensorsWriter.write(blocks, to: path) }
        == Failure(SafetensorsFault.unwritableType(tensor: "t", "Q8_0"))
    )
    let torch = Failure(TorchFault.unwritableType(tensor: "t", .q80))
    #expect(Failure { try TorchZipWriter.write(blocks, to: path) } == torch)
    #expect(Failure { try TorchLegacyWriter.write(blocks, to: path) } == torch)
    #expect(
      Failure { try NPZWriter.write(blocks, to: path) }
        == Failure(NumPyFault.unwritableType(tensor: "t", .q80))
    )
    #expect(try folder.contents == [])
  }

  @Test func whatReadersRefuseIsNotWritten() throws {
    func expect(_ fault: some FormatFault, _ tensors: [TensorView], as dtype: DType? = nil) {
      let outputs = tensors.map { $0.output(as: dtype) }
      #expect(Failure { try GGUFWriter.write(tensors: outputs, to: path) } == Failure(fault))
    }
    func expect(_ fault: some FormatFault, _ metadata: [GGUFWriter.Member]) {
      let failure = Failure { try GGUFWriter.write(tensors: [], metadata: metadata, to: path) }
      #expect(failure == Failure(fault))
    }
    let byte = try tensor(.i8, [1], [1])
    expect(CheckpointFault.duplicateName("t"), [byte, byte])
    expect(GGUFFault.unsupportedTensorType(tensor: "t", "U8"), [try tensor(.u8, [1], [1])])
    let deep = try tensor(.i8, [1, 1, 1, 1, 1], [1])
    expect(GGUFFault.badRank(tensor: "t", 5, limit: 4), [deep])
    let floats = try tensor(.f32, [2, 16], [UInt8](repeating: 0, count: 128))
    let rows = GGUFFault.rowNotWholeBlocks(tensor: "t", row: 16, block: 32)
    expect(rows, [floats], as: .q80)
    let long = byte.renamed(String(repeating: "n", count: 64))
    expect(GGUFFault.nameTooLong(64, limit: 63), [long])
    expect(GGUFFault.duplicateKey("a"), [("a", .u8(1)), ("a", .u8(2))])
    expect(GGUFFault.emptyKey, [("", .u8(1))])
    expect(GGUFFault.badAlignment, [("general.alignment", .u32(64))])
    expect(GGUFFault.mixedArray(key: "a"), [("a", .array(.u8, [.u8(1), .i8(1)]))])
    #expect(try folder.contents == [])
  }
}
