import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// Against gguf-py: a file with every type of tensor and of value, and what gguf-py reads in it.
@Suite struct GGUFFixtureTests {
  private let file: Checkpoint
  private let values: Checkpoint

  init() throws {
    file = try Checkpoint.open(path: Fixtures.path("gguf/types.gguf"))
    values = try Checkpoint.open(path: Fixtures.path("gguf/types.safetensors"))
  }

  @Test func everyTypeReadsAsGGUFPyReadsIt() throws {
    #expect(file.format == "gguf")
    #expect(file.warnings.isEmpty)
    for tensor in file.tensors {
      let expected = try #require(values[tensor.name])
      #expect(tensor.shape == expected.shape, "\(tensor.name)")
      let bits = try tensor.floats().map(\.bitPattern)
      let expectedBits = try expected.floats().map(\.bitPattern)
      #expect(bits == expectedBits, "\(tensor.name)")
    }
    let types = Set(file.tensors.map(\.dtype))
    let expected: Set<DType> = [
      .f32, .f16, .bf16, .f64, .i8, .i16, .i32, .i64, .q40, .q41, .q50, .q51, .q80, .q2k, .q3k,
      .q4k, .q5k, .q6k,
    ]
    #expect(types == expected)
  }

  @Test func quantisesAsGGUFPyDoes() throws {
    let input = try #require(values["q8_0.input"])
    let blocks = try #require(file["q8_0.halves"])
    #expect(try input.output(as: .q80).contents() == blocks.contents())
  }

  @Test func everyTypeOfValue() {
    let expected: JSONObject = [
      "test.u8": 200, "test.i8": -100, "test.u16": 60_000, "test.i16": -30_000,
      "test.u32": 4_000_000_000, "test.i32": -2_000_000_000, "test.u64": 1_099_511_627_776,
      "test.i64": -1_099_511_627_776, "test.f32": 1e-5, "test.f64": 0.1, "test.bool": true,
      "test.string": "Größe 😀\n", "test.strings": ["a", "", "ü"], "test.integers": [-1, 2, 3],
      "test.floats": [0.5, 1e-5], "test.nested": [[1, 2], [3]], "general.architecture": "test",
    ]
    #expect(file.metadata.count == expected.count)
    for (key, value) in expected.members {
      #expect(file.metadata[key] == value, "\(key)")
    }
  }

  @Test(arguments: ["q4_0", "q6_k"]) func blocksAreReadInAnyRangeAndTransposed(name: String) throws
  {
    let tensor = try #require(file[name])
    let floats = try tensor.floats()
    for range in [0..<1, 1..<40, 31..<33, 60..<67, 0..<floats.count, 5..<5] {
      #expect(try tensor.floats(in: range) == Array(floats[range]))
    }
    let rows = tensor.shape.dimensions[0]
    let columns = tensor.shape.dimensions[1]
    let turned = (0..<rows * columns).map { floats[$0 % rows * columns + $0 / rows] }
    let view = try tensor.transposed
    #expect(try view.floats() == turned)
    #expect(try view.floats(in: 3..<50) == Array(turned[3..<50]))
    #expect(try view.output().contents() == littleEndian(turned))
    #expect(try view.holdsSame(as: tensor.transposed.renamed("other")))
    let fault = CheckpointFault.stridedPackedElements(tensor: name, tensor.dtype)
    #expect(Failure { try view.contents() }?.fault == Failure(fault).fault)
  }

  @Test func blocksAreWrittenAsFloatsUnlessAskedFor() throws {
    let tensor = try #require(file["q5_1"])
    #expect(tensor.output().dtype == .f32)
    #expect(try tensor.output().contents() == littleEndian(tensor.floats()))
    #expect(tensor.output(as: .q51).dtype == .q51)
    #expect(try tensor.output(as: .q51).contents() == tensor.contents())
    #expect(tensor.byteCount == 6 * 24)
    #expect(try tensor.contents(pieceBytes: 1).count == 6 * 24)
  }
}
