import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastInspection
import BallastJSON
import BallastTestSupport
import Testing

/// Ties, renamed tensors of one content, metadata, layers.
@Suite struct DifferenceNamesTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func floats(_ name: String, _ values: [Float]) throws -> TensorView {
    try tensor(.f32, [values.count], littleEndian(values), named: name)
  }

  @Test func tiesAreToldAndAreNoDifference() throws {
    let outputs = try TinyVariant().outputs()
    let embedding = "transformer.wte.weight"
    let head = try #require(try TinyVariant().tensors[embedding])
    let separate = try tensor(head.dtype, head.sizes, head.bytes, named: "lm_head.weight")
    let paths = [folder.path + "/tied.pt", folder.path + "/untied.pt"]
    try TorchZipWriter.write(
      outputs,
      ties: [(name: "lm_head.weight", original: embedding)],
      to: paths[0]
    )
    try TorchZipWriter.write(outputs + [separate.output()], ties: [], to: paths[1])
    let (tied, untied) = (
      try Checkpoint.open(path: paths[0]), try Checkpoint.open(path: paths[1])
    )
    let broken = try CheckpointDifference(from: tied, to: untied)
    #expect(broken.said == ["untied \(embedding) lm_head.weight"] && !broken.isDifferent)
    let retied = try CheckpointDifference(from: untied, to: tied)
    #expect(retied.said == ["tied \(embedding) lm_head.weight"] && !retied.isDifferent)
    #expect(try CheckpointDifference(from: tied, to: tied).said.isEmpty)
  }

  @Test func tiedTensorsThatChangeAreToldUnderBothNames() throws {
    func pair(_ values: [Float]) throws -> Checkpoint {
      let first = try floats("a", values)
      return try checkpoint(first, first.renamed("b"))
    }
    let difference = try CheckpointDifference(from: try pair([1, 2]), to: try pair([1, 3]))
    #expect(difference.said == ["changed a", "changed b"])
    #expect(difference.tensors.map { $0.b?.name } == ["a", "b"])
  }

  @Test func ofManyWithOneContentTheLikeliestNameIsTaken() throws {
    let zeros = [Float](repeating: 0, count: 4)
    let names = ["h.0.bias", "h.1.bias", "h.10.bias", "ln_f.bias"]
    let a = try Checkpoint(
      format: "memory",
      files: [],
      tensors: try names.map { try floats($0, zeros) }
    )
    let b = try Checkpoint(
      format: "memory",
      files: [],
      tensors: try names.reversed().map { try floats("model." + $0, zeros) }
    )
    #expect(
      try CheckpointDifference(from: a, to: b).said
        == names.map { "renamed \($0) as model.\($0)" }
    )
    // None is used twice, and what is left over is told.
    let fewer = try Checkpoint(
      format: "memory",
      files: [],
      tensors: [try floats("x", zeros), try floats("y", [1, 0, 0, 0])]
    )
    let said = try CheckpointDifference(from: a, to: fewer).said
    #expect(said.count { $0.hasPrefix("renamed") } == 1)
    #expect(said.count { $0.hasPrefix("removed") } == 3 && said.last == "added y")
  }

  @Test func thousandsWithOneContentTakeNoTime() throws {
    func many(_ prefix: String) throws -> Checkpoint {
      try Checkpoint(
        format: "memory",
        files: [],
        tensors: try (0..<3000).map { try floats("\(prefix).\($0)", [0]) }
      )
    }
    let difference = try CheckpointDifference(from: try many("a"), to: try many("b"))
    #expect(difference.count(.renamed) == 3000 && difference.tensors.count == 3000)
    #expect(Set(difference.tensors.compactMap { $0.b?.name }).count == 3000)
  }

  @Test func typesShapesAndOrdersOfBytesTellRenamedTensorsApart() throws {
    let bytes = littleEndian([1, 2, 3, 4, 5, 6] as [Float])
    let a = try checkpoint(tensor(.f32, [2, 3], bytes, named: "a"))
    for (dtype, sizes) in [(DType.i32, [2, 3]), (.f32, [6]), (.f32, [3, 2])] {
      let b = try checkpoint(tensor(dtype, sizes, bytes, named: "b"))
      #expect(try CheckpointDifference(from: a, to: b).said == ["removed a", "added b"])
    }
    let big = (1...6).flatMap { littleEndian([Float($0)]).reversed() }
    let b = try checkpoint(tensor(.f32, [2, 3], big, named: "b", byteOrder: .big))
    #expect(try CheckpointDifference(from: a, to: b).said == ["renamed a as b"])
  }

  @Test func metadata() throws {
    func holding(_ metadata: JSONObject) throws -> Checkpoint {
      try Checkpoint(format: "memory", files: [], metadata: metadata, tensors: [])
    }
    let difference = try CheckpointDifference(
      from: try holding(["same": 1, "other": "x", "gone": [1]]),
      to: try holding(["new": true, "other": "y", "same": 1])
    )
    #expect(difference.metadata.map(\.key) == ["other", "gone", "new"])
    #expect(difference.metadata.map { $0.a == nil } == [false, false, true])
    #expect(difference.metadata.map { $0.b == nil } == [false, true, false])
    #expect(!difference.isDifferent && difference.layers.isEmpty)
  }

  @Test(arguments: [
    ("transformer.h.11.attn.c_attn.bias", 11), ("blk.3.attn_q.weight", 3),
    ("model/h7/attn/c_attn/w", 7), ("0.weight", 0), ("a.1.b.2", 1),
    ("transformer.wte.weight", nil), ("ln_1.weight", nil), ("h.x.2b", nil), ("", nil),
    ("h.99999999999999999999.w", nil), ("h..w", nil),
  ])
  func layersInNames(name: String, number: Int?) {
    #expect(LayeredName(name).layer == number)
  }
}
