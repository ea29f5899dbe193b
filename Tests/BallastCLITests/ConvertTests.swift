import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Foundation
import Testing

/// `ballast convert`, run as a program: what it says, and what it refuses.
@Suite struct ConvertTests {
  private let folder: TemporaryFolder
  private let tiny = Fixtures.path("tiny-gpt2")

  init() throws { folder = try TemporaryFolder() }

  /// A model through every format that a model can be written in, and its first words after each.
  @Test func aModelSaysTheSameInEveryFormat() throws {
    let words = ["--prompt", "Once upon a time", "--greedy", "-n", "12"]
    let expected = try Ballast.run(["generate", tiny] + words)
    #expect(expected.status == 0)
    var input = tiny
    for target in ["gguf", "openai", "llmc", "hf"] {
      let output = "\(folder.path)/\(target)"
      let tokenizer = target == "hf" ? ["--tokenizer", tiny] : []
      let result = try Ballast.run(["convert", input, output, "--to", target] + tokenizer)
      #expect(result.status == 0, "\(result.errors)")
      let from = target == "llmc" ? ["--tokenizer", tiny] : []
      let text = try Ballast.run(["generate", output] + words + from)
      #expect(text.text == expected.text, "\(target): \(text.errors)")
      input = output
    }
  }

  @Test func summariesSayWhatWasDone() throws {
    let output = folder.path + "/out.safetensors"
    let result = try Ballast.run([
      "convert", tiny + "/model.safetensors", output, "--match", "*.attn.*", "--rename",
      "transformer.h.*=blocks.*", "--dtype", "f8_e5m2",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("16 tensors"))
    #expect(result.errors.contains("  cast, F32 to F8_E5M2: 16 tensors"))
    #expect(result.errors.contains("  renamed: 16 tensors"))
    #expect(
      result.errors.contains(
        "  left out, not matched: transformer.h.0.ln_1.bias … transformer.h.3.ln_1.bias, "
      )
    )
    let json = try JSONValue(parsing: try Ballast.run("inspect", output, "--format", "json").text)
    let names = json["tensors"]?.array?.compactMap { $0["name"]?.string } ?? []
    #expect(names.count == 16 && names.allSatisfy { $0.hasPrefix("blocks.") })
  }

  /// What a file says of itself goes along, or is named as left out.
  @Test func metadataAndFilesBesideAreNamed() throws {
    let model = folder.path + "/model"
    try FileManager.default.copyItem(atPath: tiny, toPath: model)
    _ = try folder.write(Array("text".utf8), to: "model/README.md")
    var config = try #require(JSONValue(contentsOf: model + "/config.json").object)
    config["torch_dtype"] = "float32"
    config["dtype"] = "float32"
    _ = try folder.write(JSONValue.object(config).text().utf8, to: "model/config.json")
    let weights = try Checkpoint.open(path: model)
    let metadata = [("format", "pt"), ("license", "MIT")]
    try SafetensorsWriter.write(
      weights.tensors.map { $0.output() },
      metadata: metadata.map { (key: $0.0, value: $0.1) },
      to: model + "/model.safetensors"
    )
    let output = folder.path + "/out"
    let result = try Ballast.run("convert", model, output, "--to", "hf", "--dtype", "bf16")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("left out, metadata, which is not carried along: license"))
    #expect(result.errors.contains("not copied: README.md"))
    let written = try JSONValue(contentsOf: output + "/config.json")
    #expect(written["dtype"] == "bfloat16" && written["torch_dtype"] == "bfloat16")
    let native = folder.path + "/native.safetensors"
    #expect(try Ballast.run("convert", model, native, "--layout", "native").status == 0)
    let carried = try Checkpoint.open(path: native).metadata
    #expect(carried["license"] == "MIT" && carried["ballast.layout"] == "native")
    // What is in the folder that is written to stays there.
    let beside = try Ballast.run("convert", model, model + "/x.gguf")
    #expect(beside.status == 0 && !beside.errors.contains("not copied"))
    let weightsPath = model + "/model.safetensors"
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: weightsPath)
    let inPlace = try Ballast.run("convert", model, model, "--to", "hf", "--force")
    #expect(inPlace.status == 0 && !inPlace.errors.contains("not copied"))
    let attributes = try FileManager.default.attributesOfItem(atPath: weightsPath)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test func shardsMakeAFolder() throws {
    let output = folder.path + "/shards"
    let result = try Ballast.run("convert", tiny, output, "--to", "hf", "--shard-size", "300KB")
    #expect(result.status == 0, "\(result.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: output)
    #expect(names.contains("model-00002-of-00004.safetensors"))
    #expect(names.contains("model.safetensors.index.json") && names.contains("vocab.json"))
    let words = ["--prompt", "Once", "--greedy", "-n", "4"]
    let expected = try Ballast.run(["generate", tiny] + words)
    #expect(try Ballast.run(["generate", output] + words).text == expected.text)
  }

  @Test(
    arguments: [
      "x.pt --shard-size 1GB", "x.safetensors --shard-size 0", "x.safetensors --shard-size much",
      "x.safetensors --dtype q8_0", "x.gguf --dtype f64", "x --to llmc --dtype f16",
      "x --to openai --dtype bf16", "x.gguf --layout hf", "x --to nanogpt --match *",
      "x.safetensors --layout hf --rename a=b", "x.safetensors --rename a", "x.npz --metadata a=b",
      "x.safetensors --rename a=*", "x.npz --config c.json",
    ]
  )
  func whatDoesNotGoTogetherIsWrongUsage(arguments: String) throws {
    var words = arguments.split(separator: " ").map(String.init)
    words[0] = folder.path + "/" + words[0]
    let result = try Ballast.run(["convert", tiny] + words)
    #expect(result.status == 64, "\(result.errors)")
    #expect(try folder.contents.isEmpty)
  }

  @Test func whatFitsNothingIsAnError() throws {
    let output = folder.path + "/x.safetensors"
    let weights = tiny + "/model.safetensors"
    let result = try Ballast.run("convert", weights, output, "--match", "nothing*")
    #expect(result.status == 2)
    #expect(result.errors.contains(#"\#(weights): no tensor's name matches "nothing*""#))
    #expect(try folder.contents.isEmpty)
  }

  /// The tokenizers that old files carry, or have beside them, go along into a folder.
  @Test(arguments: ["formats/ggml/micro.bin", "formats/llmc/micro.bin"])
  func tokenizersOfOldFilesGoAlong(file: String) throws {
    let folder = try TemporaryFolder()
    let output = folder.path + "/hf"
    let result = try Ballast.run("convert", Fixtures.path(file), output, "--to", "hf")
    #expect(result.status == 0 && !result.errors.contains("has no tokenizer"), "\(result.errors)")
    let words = Data("a b".utf8)
    let text = try Ballast.run(["tokenize", output], input: words)
    let before = try Ballast.run(["tokenize", Fixtures.path("formats/micro")], input: words)
    #expect(text.status == 0 && text.text == before.text, "\(text.errors) \(before.errors)")
  }

  @Test func aTieNamedFormatIsACopy() throws {
    let folder = try TemporaryFolder()
    let elements = try tensor(.f32, [2], littleEndian([1, 2] as [Float]), named: "a")
    let input = folder.path + "/in.pt"
    let ties = [(name: "format", original: "a")]
    _ = try TorchZipWriter.write([elements.output()], ties: ties, to: input)
    let middle = folder.path + "/out.safetensors"
    let back = folder.path + "/back.pt"
    #expect(try Ballast.run("convert", input, middle).status == 0)
    #expect(try Ballast.run("convert", middle, back).status == 0)
    #expect(try Checkpoint.open(path: back).tensors.map(\.name).sorted() == ["a", "format"])
  }

  @Test func keepIsTheTypeThatLosesNothing() throws {
    let folder = try TemporaryFolder()
    let mixed = folder.path + "/mixed.safetensors"
    let checkpoint = try Checkpoint.open(path: Fixtures.path("tiny-gpt2"))
    let outputs = checkpoint.tensors.map { tensor in
      tensor.output(as: tensor.name.hasSuffix("wte.weight") ? .bf16 : nil)
    }
    _ = try SafetensorsWriter.write(outputs, metadata: [], to: mixed)
    let configuration = Fixtures.path("tiny-gpt2/config.json")
    for target in ["gguf", "llmc"] {
      let output = folder.path + "/" + target
      let result = try Ballast.run(
        "convert",
        mixed,
        output,
        "--to",
        target,
        "--config",
        configuration
      )
      #expect(result.status == 0, "\(result.errors)")
      let types = Set(try Checkpoint.open(path: output).tensors.map(\.dtype))
      #expect(types == [.f32])
    }
  }
}
