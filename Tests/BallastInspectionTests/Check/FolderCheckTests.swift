import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastInspection
import BallastTestSupport
import Testing

/// Folders whose files contradict each other, and some that only look so.
@Suite struct FolderCheckTests {
  private let folder: TemporaryFolder
  private static let index = "model.safetensors.index.json"
  private static let shards = [
    "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
  ]

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Writes float32 tensors of one element each into a file.
  private func write(_ names: [String], to file: String, in place: String? = nil) throws {
    let outputs = try names.map { name in
      try tensor(.f32, [1], [0, 0, 0, 0], named: name).output()
    }
    try SafetensorsWriter.write(outputs, to: (place ?? folder.path) + "/" + file)
  }

  private func writeIndex(
    _ map: [(String, String)],
    totalSize: String? = nil,
    to name: String = index
  ) throws {
    let entries = map.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
    let metadata = totalSize.map { "\"metadata\":{\"total_size\":\($0)}," } ?? ""
    _ = try folder.write("{\(metadata)\"weight_map\":{\(entries)}}".utf8, to: name)
  }

  private func writeSound(totalSize: String? = "12") throws {
    try write(["a", "b"], to: Self.shards[0])
    try write(["c"], to: Self.shards[1])
    try writeIndex(
      [("a", Self.shards[0]), ("b", Self.shards[0]), ("c", Self.shards[1])],
      totalSize: totalSize
    )
  }

  /// The rules that the folder breaks, those of its survey first.
  private func rules(at path: String? = nil) throws -> [String] {
    let path = path ?? folder.path
    let survey = try? Checkpoint.survey(path: path)
    return (survey?.faults ?? []).map { IntegrityFinding(.error, $0).rule }
      + (survey?.checkpoint.warnings ?? []).map { IntegrityFinding(.warning, $0).rule }
      + FolderCheck.findings(at: path, checkpoint: survey?.checkpoint).map(\.rule)
  }

  @Test(arguments: ["12", "12.0", nil])
  func soundShards(totalSize: String?) throws {
    try writeSound(totalSize: totalSize)
    #expect(try rules().isEmpty)
    #expect(try rules(at: folder.path + "/" + Self.index).isEmpty)
    #expect(try rules(at: folder.path + "/" + Self.shards[0]).isEmpty)
  }

  @Test func bothFamiliesInOneFolderAreUsual() throws {
    try write(["a"], to: "model.safetensors")
    try write(["a"], to: "pytorch_model-00001-of-00001.bin")
    try writeIndex(
      [("a", "pytorch_model-00001-of-00001.bin")],
      to: "pytorch_model.bin.index.json"
    )
    #expect(try rules().isEmpty)
  }

  @Test func anotherTotalSize() throws {
    try writeSound(totalSize: "16")
    #expect(try rules() == ["folder.total-size"])
    #expect(try rules(at: folder.path + "/" + Self.index) == ["folder.total-size"])
    let finding = try #require(
      FolderCheck.findings(at: folder.path, checkpoint: .open(path: folder.path)).first
    )
    #expect(finding.severity == .warning && finding.file == Self.index)
    #expect(finding.message == "total_size is 16, and the tensors have 12 bytes")
  }

  @Test func aStrayShard() throws {
    try writeSound()
    try write(["d"], to: "model-00003-of-00003.safetensors")
    try write(["e"], to: "model-of-something.safetensors")
    #expect(try rules() == ["folder.stray-shard"])
    let single = try TemporaryFolder()
    try write(["a"], to: "model.safetensors", in: single.path)
    try write(["b"], to: Self.shards[1], in: single.path)
    #expect(try rules(at: single.path) == ["folder.stray-shard"])
    #expect(try rules(at: single.path + "/model.safetensors").isEmpty)
  }

  @Test func shardsWithoutAnIndex() throws {
    try write(["a"], to: Self.shards[0])
    #expect(try rules() == ["folder.missing-index"])
  }

  @Test func aFileAndShardsOfOneCheckpoint() throws {
    try writeSound()
    try write(["a"], to: "model.safetensors")
    #expect(try rules() == ["folder.file-and-shards"])
  }

  @Test func fewerShardsThanTheirNamesSay() throws {
    try write(["a"], to: Self.shards[0])
    try writeIndex([("a", Self.shards[0])])
    #expect(try rules() == ["folder.shard-count"])
  }

  /// A missing shard, one that breaks off, and a tensor that is elsewhere: all are told, and what can
  /// be read is.
  @Test func everyFaultOfASetIsFound() throws {
    let names = (1...4).map { "model-0000\($0)-of-00004.safetensors" }
    try write(["a", "d", "x", "y"], to: names[0])
    _ = try folder.write([1, 2, 3], to: names[1])
    try write(["d"], to: names[3])
    try writeIndex([
      ("a", names[0]), ("b", names[1]), ("c", names[2]), ("d", names[3]), ("x", names[3]),
      ("z", names[0]),
    ])
    let survey = try Checkpoint.survey(path: folder.path)
    #expect(survey.checkpoint.tensors.map(\.name) == ["a", "d"])
    #expect(survey.faults.map(\.file) == [names[1], Self.index, Self.index, Self.index, names[0]])
    #expect(
      try rules() == [
        "byte.truncated", "shard-index.missing-shard", "shard-index.misplaced-tensor",
        "shard-index.missing-tensor", "shard-index.repeated-tensor", "shard-index.stray-tensor",
      ]
    )
    // To read it as a whole is refused for the first of these.
    let error = failure { try Checkpoint.open(path: folder.path) }
    #expect(error?.fault as? ByteFault == .truncated(needed: 5))
  }

  @Test func namesOfShards() {
    #expect(FolderCheck.isShard("a/model-00001-of-00002.safetensors"))
    #expect(FolderCheck.isShard("pytorch_model-00010-of-00010.bin"))
    for name in [
      "model.safetensors", "model-1-of-2.safetensors", "model-00001-of-00002.bin",
      "model-00001-of-00002.safetensors.index.json", "model-00001-of-0000x.safetensors",
    ] {
      #expect(!FolderCheck.isShard(name))
    }
  }
}
