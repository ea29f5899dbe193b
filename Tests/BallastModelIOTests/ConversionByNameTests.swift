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
    #expect(summary.tensors == 3)
  }

  /// What was there before would be read in place of the new weights.
  @Test func newWeightsTakeThePlaceOfOldOnes() throws {
    _ = try convert(to: .safetensors) { $0.shardSize = 40 }
    let mine = folder.path + "/out/notes.txt"
    _ = try folder.write("mine".utf8, to: "out/notes.txt")
    let (checkpoint, _) = try convert(to: .safetensors) { $0.shardSize = 1000 }
    #expect(checkpoint.files.map(\.name) == ["model.safetensors"])
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/out")
    #expect(names.sorted() == ["model.safetensors", "notes.txt"])
    #expect(try SharedBytes.contents(path: mine) == Array("mine".utf8))
  }
}
