import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastModelIO
import BallastTestSupport
import FoundationEssentials
import Testing

/// Choosing, renaming and sharding, where names are kept.
@Suite struct ConversionByNameTests {
  private let folder: TemporaryFolder
  private let run: Checkpoint

  init() throws {
    folder = try TemporaryFolder()
    let names = ["model.h.0.w", "model.h.1.w", "optimizer.0.exp_avg"]
    let tensors = try names.enumerated().map { index, name in
      try TinyCheckpoint.tensor(name, [4, 2], from: index)
    }
    let path = folder.path + "/run.pt"
    try TorchZipWriter.write(tensors, ties: [("model.head", "model.h.0.w")], to: path)
    run = try Checkpoint.open(path: path)
  }

  private func convert(
    to target: Conversion.Target = .torch,
    _ change: (inout Conversion) -> Void
  ) throws -> (checkpoint: Checkpoint, summary: ConversionSummary) {
    var conversion = Conversion(to: target)
    conversion.replacing = true
    change(&conversion)
    let output = folder.path + "/out"
    let summary = try conversion.run(run, to: output) { _, _ in }
    return (try Checkpoint.open(path: output), summary)
  }

  @Test func patternsChooseAndRename() throws {
    let (checkpoint, summary) = try convert {
      $0.selection = [NamePattern("model.*")]
      $0.renamings = [
        Renaming(NamePattern("model.h.*.w"), to: "blocks.*"), Renaming(NamePattern("*"), to: "x.*"),
      ].compactMap { $0 }
    }
    #expect(checkpoint.tensors.map(\.name) == ["blocks.0", "blocks.1", "x.model.head"])
    #expect(try checkpoint["blocks.1"]?.floats() == run["model.h.1.w"]?.floats())
    #expect(summary.renamed == 3 && summary.tensors == 3)
    #expect(summary.ties.map(\.name) == ["x.model.head"])
    #expect(summary.ties.map(\.original) == ["blocks.0"])
    #expect(summary.leftOut.map(\.name) == ["optimizer.0.exp_avg"])
  }

  /// Names that end otherwise are tied in safetensors' metadata as well, and become ties again.
  @Test func aTieGoesThroughSafetensors() throws {
    let (file, summary) = try convert(to: .safetensors) { _ in }
    #expect(summary.ties.map(\.name) == ["model.head"])
    #expect(file["model.head"] == nil && file.metadata["model.head"] == "model.h.0.w")
    var conversion = Conversion(to: .torch)
    conversion.renamings = [Renaming(NamePattern("model.head"), to: "head")].compactMap { $0 }
    _ = try conversion.run(file, to: folder.path + "/again.pt") { _, _ in }
    let again = try Checkpoint.open(path: folder.path + "/again.pt")
    #expect(again.tensors.count == 4)
    #expect(try again.tie(of: #require(again["head"]))?.name == "model.h.0.w")
  }

  /// Metadata that happens to name a tensor is no tie, unless the names end alike.
  @Test func metadataThatNamesTensorsStaysMetadata() throws {
    let path = folder.path + "/named.safetensors"
    try SafetensorsWriter.write(
      try ["wte.weight", "b"].map { try TinyCheckpoint.tensor($0, [2], from: 1) },
      metadata: [("main_tensor", "wte.weight"), ("lm_head.weight", "wte.weight"), ("b2", "b")],
      to: path
    )
    let conversion = Conversion(to: .torch)
    let summary = try conversion.run(Checkpoint.open(path: path), to: path + ".pt") { _, _ in }
    #expect(summary.ties.map(\.name) == ["lm_head.weight"])
    #expect(summary.leftOut.map(\.name) == ["main_tensor", "b2"])
    let again = Conversion(to: .safetensors)
    _ = try again.run(Checkpoint.open(path: path), to: path + ".again") { _, _ in }
    let before = try Checkpoint.open(path: path)
    let after = try Checkpoint.open(path: path + ".again")
    #expect(Set(after.metadata.members.map(\.key)) == Set(before.metadata.members.map(\.key)))
  }

  /// 300 names of 4 MiB are more than a GiB, where each is a copy.
  @Test func copiesOfTiesAreBounded() throws {
    let path = folder.path + "/ties.pt"
    let ties = (0..<300).map { (name: "x\($0)", original: "a") }
    let tensor = try TinyCheckpoint.tensor("a", [1 << 20], from: 0)
    try TorchZipWriter.write([tensor], ties: ties, to: path)
    var conversion = Conversion(to: .npz)
    let checkpoint = try Checkpoint.open(path: path)
    #expect(throws: FormatError.self) {
      _ = try conversion.run(checkpoint, to: path + ".npz") { _, _ in }
    }
    #expect(!FileManager.default.fileExists(atPath: path + ".npz"))
    conversion.selection = [NamePattern("x1?")]
    let summary = try conversion.run(checkpoint, to: path + ".npz") { _, _ in }
    #expect(summary.tensors == 10)
  }

  /// The tensor that a tie stood for is not chosen: its elements are written under the other name.
  @Test func aTieWhoseOriginalIsLeftOutHasTheElements() throws {
    let (checkpoint, summary) = try convert { $0.selection = [NamePattern("model.head")] }
    #expect(summary.ties.isEmpty)
    #expect(try checkpoint["model.head"]?.floats() == run["model.h.0.w"]?.floats())
  }

  @Test func namesThatBecomeOneAreRefused() throws {
    let error = #expect(throws: FormatError.self) {
      try convert { $0.renamings = [Renaming(NamePattern("*"), to: "same")].compactMap { $0 } }
    }
    #expect(error?.fault as? CheckpointFault == .duplicateName("same"))
  }

  @Test func aPatternThatFitsNothingIsRefused() throws {
    let error = #expect(throws: FormatError.self) {
      try convert { $0.selection = [NamePattern("model.*"), NamePattern("nothing.*")] }
    }
    #expect(error?.fault as? ConversionFault == .nothingMatches("nothing.*"))
    let other = #expect(throws: FormatError.self) {
      try convert { $0.renamings = [Renaming(NamePattern("n"), to: "m")].compactMap { $0 } }
    }
    #expect(other?.fault as? ConversionFault == .nothingMatches("n"))
  }

  @Test func shardsAreFilledInOrder() throws {
    let (checkpoint, summary) = try convert(to: .safetensors) { $0.shardSize = 70 }
    #expect(
      checkpoint.files.map(\.name).sorted() == [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
      ]
    )
    #expect(
      checkpoint.tensors.map(\.name) == ["model.h.0.w", "model.h.1.w", "optimizer.0.exp_avg"]
    )
    #expect(checkpoint["optimizer.0.exp_avg"]?.storage.file == "model-00002-of-00002.safetensors")
    let index = try JSONValue(contentsOf: folder.path + "/out/model.safetensors.index.json")
    #expect(index["metadata"]?["total_size"] == 96)
    // What an index says in numbers has no place in one file, and is named.
    var changed = try #require(index.object)
    changed["metadata"] = ["total_size": 96, "step": 5]
    _ = try folder.write(
      JSONValue.object(changed).text().utf8,
      to: "out/model.safetensors.index.json"
    )
    let whole = try Conversion(to: .safetensors).run(
      try Checkpoint.open(path: folder.path + "/out"),
      to: folder.path + "/whole.safetensors",
      progress: { _, _ in }
    )
    #expect(whole.leftOut.contains { $0.name == "step" }, "\(whole.leftOut)")
    #expect(summary.tensors == 3)
  }

  /// What was there before would be read in place of the new weights.
  @Test func newWeightsTakeThePlaceOfOldOnes() throws {
    _ = try convert(to: .safetensors) { $0.shardSize = 40 }
    let mine = folder.path + "/out/notes.txt"
    _ = try folder.write("mine".utf8, to: "out/notes.txt")
    let (checkpoint, summary) = try convert(to: .safetensors) { $0.shardSize = 1000 }
    #expect(summary.removed.count == 4 && summary.removed.contains("model.safetensors.index.json"))
    #expect(checkpoint.files.map(\.name) == ["model.safetensors"])
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/out")
    #expect(names.sorted() == ["model.safetensors", "notes.txt"])
    #expect(try SharedBytes.contents(path: mine) == Array("mine".utf8))
  }

  @Test func aRenamingLeavesNoTensorWithoutAName() throws {
    let error = #expect(throws: FormatError.self) {
      try convert { $0.renamings = [Renaming(NamePattern("model.head"), to: "")].compactMap { $0 } }
    }
    #expect(error?.fault as? ConversionFault == .emptyName("model.head"))
  }

  @Test func metadataDoesNotReplaceTheRecordOfATie() throws {
    let error = #expect(throws: FormatError.self) {
      try convert(to: .safetensors) { $0.metadata = [("model.head", "mine")] }
    }
    #expect(error?.fault as? ConversionFault == .metadataOfTie("model.head"))
  }

  /// The entry says who wrote the file, whatever tensors are called.
  @Test func theFormatIsNoTie() throws {
    let path = folder.path + "/pt.safetensors"
    let tensor = try TinyCheckpoint.tensor("pt", [2], from: 0)
    try SafetensorsWriter.write([tensor], metadata: [("format", "pt")], to: path)
    let output = folder.path + "/pt.pt"
    let checkpoint = try Checkpoint.open(path: path)
    _ = try Conversion(to: .torch).run(checkpoint, to: output) { _, _ in }
    #expect(try Checkpoint.open(path: output).tensors.map(\.name) == ["pt"])
  }

  /// What a native file says of itself does not hold for a part of it.
  @Test func aPartOfANativeFileIsNoModel() throws {
    let path = folder.path + "/native.safetensors"
    let tensors = try ["a", "b"].map { try TinyCheckpoint.tensor($0, [2], from: 0) }
    let metadata = [("ballast.layout", "native"), ("author", "me")]
    try SafetensorsWriter.write(tensors, metadata: metadata.map { ($0.0, $0.1) }, to: path)
    var conversion = Conversion(to: .safetensors)
    conversion.selection = [NamePattern("a")]
    let output = folder.path + "/part.safetensors"
    let summary = try conversion.run(try Checkpoint.open(path: path), to: output) { _, _ in }
    let part = try Checkpoint.open(path: output)
    #expect(part.metadata["author"] == "me" && part.metadata["ballast.layout"] == nil)
    #expect(summary.leftOut.map(\.name) == ["b", "ballast.layout"])
  }

  @Test func aFolderIsNoPlaceForAFile() throws {
    _ = try folder.write("mine".utf8, to: "mine")
    var conversion = Conversion(to: .npz)
    conversion.replacing = true
    let error = #expect(throws: FormatError.self) {
      try conversion.run(run, to: folder.path) { _, _ in }
    }
    #expect(error?.fault as? ModelFault == .outputIsFolder)
  }

  /// A release beside weights that count before it would not be what is read.
  @Test func aReleaseIsNotHiddenByOtherWeights() throws {
    let model = try OpenedModel(path: Fixtures.path("formats/micro"))
    let output = folder.path + "/release"
    _ = try Conversion(to: .hf).run(model, to: output) { _, _ in }
    var conversion = Conversion(to: .openai)
    conversion.replacing = true
    let error = #expect(throws: FormatError.self) {
      try conversion.run(model, to: output) { _, _ in }
    }
    #expect(error?.fault as? ModelFault == .shadowed("model.safetensors"))
  }

  @Test func aTieComesBackFromShards() throws {
    var conversion = Conversion(to: .safetensors)
    conversion.shardSize = 40
    let shards = folder.path + "/shards"
    _ = try conversion.run(run, to: shards) { _, _ in }
    let output = folder.path + "/back.pt"
    _ = try Conversion(to: .torch).run(try Checkpoint.open(path: shards), to: output) { _, _ in }
    let back = try Checkpoint.open(path: output)
    let head = try #require(back["model.head"])
    #expect(back.tie(of: head)?.name == "model.h.0.w")
  }

  /// NumPy would hand out the first for the second's name.
  @Test func namesThatNumPyConfusesAreRefused() throws {
    let error = #expect(throws: FormatError.self) {
      try convert(to: .npz) {
        $0.renamings = [
          Renaming(NamePattern("model.h.0.w"), to: "a"),
          Renaming(NamePattern("model.h.1.w"), to: "a.npy"),
        ].compactMap { $0 }
      }
    }
    #expect(error?.fault as? NumPyFault == .ambiguousName(tensor: "a"))
  }

  @Test func aLinkThatLeadsNowhereIsThere() throws {
    let output = folder.path + "/link.pt"
    try FileManager.default.createSymbolicLink(
      atPath: output,
      withDestinationPath: folder.path + "/nowhere"
    )
    let error = #expect(throws: FormatError.self) {
      try Conversion(to: .torch).run(run, to: output) { _, _ in }
    }
    #expect(error?.fault as? ModelFault == .outputExists)
  }
}
