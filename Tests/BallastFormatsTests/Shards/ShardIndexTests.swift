import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// An index and its shards: what must agree, and what is ignored.
@Suite struct ShardIndexTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try shard("one", ["a", "b"])
    try shard("two", ["c", "d"])
  }

  /// Writes a shard whose tensors hold one byte each, counting up from 0.
  private func shard(_ name: String, _ tensors: [String]) throws {
    let entries = tensors.enumerated().map { position, tensor in
      #""\#(tensor)":{"dtype":"U8","shape":[1],"data_offsets":[\#(position),\#(position + 1)]}"#
    }
    let header = "{" + entries.joined(separator: ",") + "}"
    _ = try folder.write(safetensors(header, data: tensors.count), to: name + ".safetensors")
  }

  private func open(_ index: String) throws -> Checkpoint {
    let name = "model.safetensors.index.json"
    return try Checkpoint.open(path: try folder.write(Array(index.utf8), to: name))
  }

  private func open(weightMap: String) throws -> Checkpoint {
    try open(#"{"weight_map":{\#(weightMap)}}"#)
  }

  @Test func tensorsAreGatheredInTheOrderOfTheIndex() throws {
    let checkpoint = try open(
      #"{"metadata":{"total_size":4},"weight_map":{"c":"two.safetensors","a":"one.safetensors","#
        + #""d":"two.safetensors","b":"one.safetensors"}}"#
    )
    #expect(checkpoint.format == "safetensors (sharded)")
    #expect(checkpoint.tensors.map(\.name) == ["c", "a", "d", "b"])
    #expect(checkpoint.files.map(\.name) == ["two.safetensors", "one.safetensors"])
    #expect(checkpoint.metadata["total_size"]?.integer == 4)
    #expect(checkpoint.warnings.isEmpty)
    #expect(try checkpoint["d"]?.contents() == [1])
    #expect(checkpoint["d"]?.storage.file == "two.safetensors")
  }

  @Test func aTensorThatTheIndexDoesNotNameIsLeftOut() throws {
    let checkpoint = try open(weightMap: #""a":"one.safetensors""#)
    #expect(checkpoint.tensors.map(\.name) == ["a"])
    let warning = try #require(checkpoint.warnings.first)
    #expect(checkpoint.warnings.count == 1)
    #expect(warning.fault as? ShardIndexFault == .strayTensor("b"))
    #expect(warning.file == "one.safetensors")
  }

  /// transformers would take that of the last shard.
  @Test func aTensorInTwoShardsIsRefused() throws {
    try shard("three", ["a", "e"])
    let error = #expect(throws: FormatError.self) {
      try open(weightMap: #""a":"one.safetensors","e":"three.safetensors""#)
    }
    #expect(error?.fault as? ShardIndexFault == .repeatedTensor("a", shard: "one.safetensors"))
    #expect(error?.file == "three.safetensors")
  }

  @Test func filesThatTheIndexDoesNotNameAreIgnored() throws {
    _ = try folder.write(Array("no checkpoint".utf8), to: "three.safetensors")
    let map = #""a":"one.safetensors","b":"one.safetensors""#
    #expect(try open(weightMap: map).files.map(\.name) == ["one.safetensors"])
    #expect(try open(weightMap: "").tensors.isEmpty)
  }

  @Test func aShardThatIsNotThere() {
    #expect(
      Failure { try open(weightMap: #""a":"one.safetensors","x":"none.safetensors""#) }
        == Failure(ShardIndexFault.missingShard("none.safetensors"))
    )
  }

  @Test(arguments: ["c", "x", "A", ""])
  func aTensorThatItsShardDoesNotHave(tensor: String) {
    #expect(
      Failure { try open(weightMap: #""\#(tensor)":"one.safetensors""#) }
        == Failure(ShardIndexFault.missingTensor(tensor, shard: "one.safetensors"))
    )
  }

  @Test(
    arguments: [
      "../x.safetensors", "/etc/passwd", "sub/one.safetensors", "..", ".", "", "one.safetensors/",
      "./one.safetensors", "..\\/x", "a\\u0000.safetensors",
      // One character: a slash and a combining mark. Two bytes and more, one of them the slash.
      "../\u{301}x.safetensors", "..\\/\\u0301x",
    ]
  )
  func aPathThatLeavesTheFolder(shard: String) throws {
    let name = try #require(try JSONValue(parsing: "\"\(shard)\"").string)
    #expect(
      Failure { try open(weightMap: #""a":"\#(shard)""#) }
        == Failure(ShardIndexFault.escapesFolder(name))
    )
  }

  @Test func namesOfShardsAreBytes() throws {
    try shard("caf\u{E9}", ["x"])
    try shard("cafe\u{301}", ["y"])
    let checkpoint = try open(
      weightMap: #""x":"caf\u00e9.safetensors","y":"cafe\u0301.safetensors""#
    )
    #expect(checkpoint.files.count == 2)
    #expect(checkpoint.tensors.map(\.name) == ["x", "y"])
  }

  @Test(arguments: ["{}", "[]", #"{"weight_map":[]}"#, #"{"weight_map":{"a":1}}"#])
  func anIndexWithoutAMapOfTexts(index: String) {
    #expect(Failure { try open(index) } == Failure(ShardIndexFault.noWeightMap))
  }

  @Test func anIndexThatNamesATensorTwice() {
    let map = #""a":"one.safetensors","a":"two.safetensors""#
    let found = Failure { try open(weightMap: map) }
    #expect(found?.fault == AnyHashable(JSONFault.duplicateKey("a")))
  }

  @Test func aDamagedShardIsNamed() throws {
    _ = try folder.write(safetensors("[]"), to: "three.safetensors")
    let error = failure { try open(weightMap: #""a":"three.safetensors""#) }
    #expect(error?.fault as? SafetensorsFault == .headerNotObject)
    #expect(error?.file == "three.safetensors")
    #expect(error?.offset == 8)
  }

  @Test func aShardThatIsAFolderIsNamed() throws {
    try FileSystem.createFolder(folder.path + "/sub.safetensors")
    let error = failure { try open(weightMap: #""a":"sub.safetensors""#) }
    #expect((error?.fault as? InputOutputFault)?.operation == .read)
    #expect(error?.file == "sub.safetensors")
  }

  @Test func anEmptyShardIsAnError() throws {
    _ = try folder.write([], to: "empty.safetensors")
    let error = failure { try open(weightMap: #""a":"empty.safetensors""#) }
    #expect(error?.fault as? ByteFault == .truncated(needed: 8))
    #expect(error?.file == "empty.safetensors")
  }
}
