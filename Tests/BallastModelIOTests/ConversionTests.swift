import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastTestSupport
import FoundationEssentials
import Testing

@Suite struct ConversionTests {
  private let folder: TemporaryFolder
  private let original: String

  init() throws {
    folder = try TemporaryFolder()
    original = folder.path + "/in"
    let weights = try TinyCheckpoint.outputs { HuggingFaceFolder.weightName($0) }
    var json = TinyCheckpoint.configuration.json()
    json["custom"] = "kept"
    let vocabulary = try folder.write("{}".utf8, to: "vocab.json")
    try HuggingFaceFolder(weights: weights, configuration: json, companions: [vocabulary])
      .write(to: original, replacing: false)
  }

  private func convert(
    _ input: String,
    _ name: String,
    to target: Conversion.Target,
    layout: Conversion.Layout,
    dtype: DType? = nil
  ) throws -> String {
    let output = folder.path + "/" + name
    _ = try Conversion(to: target, layout: layout, dtype: dtype)
      .run(try OpenedModel(path: input), to: output) { _, _ in }
    return output
  }

  private func bytes(_ path: String) throws -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    for tensor in try CanonicalCheckpoint(try Checkpoint.open(path: path)).weights {
      var all: [UInt8] = []
      try tensor.forEachPiece { piece, _ in all += [UInt8](copying: piece) }
      result[tensor.name] = all
    }
    return result
  }

  private func makeFolder(_ name: String) throws -> String {
    let path = folder.path + "/" + name
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    return path
  }

  /// A folder stands where a file should go: nothing is replaced, and folders are never removed.
  @Test func foldersInTheWayAreLeftAlone() throws {
    var conversion = Conversion(to: .hf, layout: .hf)
    conversion.replacing = true
    let output = try makeFolder("out")
    let weights = try folder.write("old".utf8, to: "out/model.safetensors")
    _ = try makeFolder("out/config.json")
    let model = try OpenedModel(path: original)
    let error = #expect(throws: FormatError.self) {
      _ = try conversion.run(model, to: output) { _, _ in }
    }
    #expect(error?.file == "config.json")
    #expect(try String(contentsOfFile: weights, encoding: .utf8) == "old")

    try FileManager.default.removeItem(atPath: output + "/config.json")
    let shard = try makeFolder("out/model-00001-of-00002.safetensors")
    _ = try conversion.run(model, to: output) { _, _ in }
    #expect(FileManager.default.fileExists(atPath: shard))
    #expect(throws: Never.self) { try OpenedModel(path: output) }
  }

  @Test func toTheNativeLayoutAndBackIsBitIdentical() throws {
    let native = try convert(original, "native.safetensors", to: .safetensors, layout: .native)
    let stored = try Checkpoint.open(path: native)
    #expect(stored["h.0.mlp.c_fc.weight"]?.shape.dimensions == [16, 4])
    #expect(try CanonicalCheckpoint(stored).layout == .native)
    // The native file carries its configuration along.
    let back = try convert(native, "back", to: .hf, layout: .hf)
    #expect(try bytes(back) == bytes(original))
    let before = try Checkpoint.open(path: original)
    for tensor in try Checkpoint.open(path: back).tensors {
      #expect(try tensor.floats() == before[tensor.name]?.floats())
    }
    #expect(try OpenedModel(path: back).configurationJSON["custom"] == "kept")
  }

  @Test func aFolderHasConfigurationAndCompanions() throws {
    let output = try convert(original, "out", to: .hf, layout: .keep)
    let config = try JSONValue(contentsOf: output + "/config.json")
    #expect(config["custom"] == "kept" && config["n_embd"] == 4 && config["dtype"] == "float32")
    #expect(try SharedBytes.contents(path: output + "/vocab.json") == Array("{}".utf8))
    #expect(try Checkpoint.open(path: output).metadata["format"] == "pt")
  }

  /// OpenAI's names for the vocabulary become those that transformers looks for.
  @Test func companionsHaveTheNamesOfTransformers() throws {
    let openAI = try folder.write("{\"a\": 0}".utf8, to: "encoder.json")
    let merges = try folder.write("#version".utf8, to: "vocab.bpe")
    let output = folder.path + "/named"
    try HuggingFaceFolder(
      weights: try TinyCheckpoint.outputs(),
      configuration: [:],
      companions: [openAI, merges]
    ).write(to: output, replacing: false)
    #expect(try SharedBytes.contents(path: output + "/vocab.json") == Array("{\"a\": 0}".utf8))
    #expect(try SharedBytes.contents(path: output + "/merges.txt") == Array("#version".utf8))
  }

  @Test(arguments: [(DType.f16, "float16"), (.bf16, "bfloat16")])
  func castsAreRecordedInTheConfiguration(dtype: DType, name: String) throws {
    let output = try convert(original, "cast", to: .hf, layout: .hf, dtype: dtype)
    let checkpoint = try Checkpoint.open(path: output)
    #expect(checkpoint.tensors.allSatisfy { $0.dtype == dtype })
    #expect(try JSONValue(contentsOf: output + "/config.json")["dtype"] == .string(name))
    // The values are multiples of 1/64 below 4, which both types hold exactly.
    #expect(
      try checkpoint["transformer.wpe.weight"]?.floats()
        == Checkpoint.open(path: original)["transformer.wpe.weight"]?.floats()
    )
  }

  @Test func whatIsThereIsNotReplacedUnasked() throws {
    let output = try convert(original, "out", to: .hf, layout: .hf)
    let error = #expect(throws: FormatError.self) {
      try convert(original, "out", to: .hf, layout: .hf)
    }
    #expect(error?.fault as? ModelFault == .outputExists)
    _ = try folder.write("mine".utf8, to: "out/notes.txt")
    _ = try folder.write("{}".utf8, to: "out/added_tokens.json")
    var forced = Conversion(to: .hf, layout: .hf, dtype: .f16)
    forced.replacing = true
    let summary = try forced.run(try OpenedModel(path: original), to: output) { _, _ in }
    #expect(summary.remaining == ["added_tokens.json"])
    #expect(try Checkpoint.open(path: output).tensors.allSatisfy { $0.dtype == .f16 })
    #expect(try SharedBytes.contents(path: output + "/notes.txt") == Array("mine".utf8))
  }

  @Test(arguments: [Conversion.Target.torch, .torchLegacy, .npz])
  func otherFilesHoldTheSameModel(target: Conversion.Target) throws {
    for layout in [Conversion.Layout.hf, .native] {
      let output = try convert(original, "\(target).\(layout)", to: target, layout: layout)
      let checkpoint = try Checkpoint.open(path: output)
      #expect(try CanonicalCheckpoint(checkpoint).layout.rawValue == layout.rawValue)
      #expect(try bytes(output) == bytes(original))
    }
  }

  @Test(arguments: Conversion.Target.allCases.filter { !$0.isModel })
  func tiesAreKeptRecordedOrCopied(target: Conversion.Target) throws {
    let values = littleEndian([1, 2, 3] as [Float])
    let path = folder.path + "/tied.pt"
    let output = try tensor(.f32, [3], values, named: "a").output()
    try TorchZipWriter.write([output], ties: [("b", "a")], to: path)
    let conversion = Conversion(to: target, layout: .keep, dtype: .f16)
    var (done, total) = (0, 0)
    let summary = try conversion.run(try Checkpoint.open(path: path), to: folder.path + "/out") {
      (done, total) = ($0, $1)
    }
    let checkpoint = try Checkpoint.open(path: folder.path + "/out")
    #expect(summary.tensors == checkpoint.tensors.count)
    #expect(summary.casts.map(\.count) == [1])
    #expect(done == total)
    #expect(checkpoint.tensors.allSatisfy { $0.dtype == .f16 })
    let tied = checkpoint["b"]
    #expect(try tied?.floats() == (target == .safetensors ? nil : [1, 2, 3]))
    let isTied = tied.flatMap { checkpoint.tie(of: $0) } != nil
    #expect(isTied == [.torch, .torchLegacy].contains(target))
    #expect(checkpoint.metadata["b"] == (target == .safetensors ? "a" : nil))
    #expect(summary.leftOut.count == (target == .safetensors ? 1 : 0))
  }

  @Test(arguments: Conversion.Target.allCases)
  func aConversionThatIsGivenUpLeavesNothingBehind(target: Conversion.Target) throws {
    let before = try folder.contents
    let opened = try OpenedModel(path: original)
    #expect(throws: FormatError.self) {
      try Conversion(to: target, layout: .hf, dtype: nil)
        .run(opened, to: folder.path + "/given-up.safetensors") { (done, _) throws(FormatError) in
          if done > 100 { throw FormatError(ModelFault.notGPT2) }
        }
    }
    #expect(try folder.contents == before)
  }

  @Test func anyCheckpointIsWrittenNameByName() throws {
    let input = folder.path + "/other.safetensors"
    try SafetensorsWriter.write(
      [try TinyCheckpoint.tensor("fc.weight", [2, 3], from: 0)],
      metadata: [("author", "me")],
      to: input
    )
    let output = folder.path + "/copy.safetensors"
    let summary = try Conversion(to: .safetensors, layout: .keep, dtype: nil)
      .run(try Checkpoint.open(path: input), to: output) { _, _ in }
    #expect(summary.tensors == 1 && summary.leftOut.isEmpty)
    let copy = try Checkpoint.open(path: output)
    #expect(copy.metadata["author"] == "me")
    #expect(try copy["fc.weight"]?.floats() == Checkpoint.open(path: input)["fc.weight"]?.floats())
  }
}
