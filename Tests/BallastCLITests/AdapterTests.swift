import BallastTestSupport
import Foundation
import Testing

/// Low-rank adapters and frozen parameters on the command line.
@Suite struct AdapterTests {
  private let folder: TemporaryFolder
  private let tiny = Fixtures.path("tiny-gpt2")
  private let text = Fixtures.path("text/finetune.txt")

  init() throws {
    folder = try TemporaryFolder()
  }

  private func finetune(_ name: String, _ options: String...) throws -> Ballast.Result {
    try Ballast.run(
      ["finetune", tiny, text, "-o", folder.path + "/" + name, "--steps", "6", "--context", "32"]
        + options
    )
  }

  private func contents(_ name: String) throws -> Data {
    try Data(contentsOf: URL(filePath: folder.path + "/" + name))
  }

  private func logits(_ name: String, _ words: String...) throws -> Data {
    let path = folder.path + "/" + name
    #expect(try Ballast.run(["logits", "--text", "Log of the", "-o", path] + words).status == 0)
    return try contents(name)
  }

  @Test func anAdapterIsNoModel() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("{}".utf8, to: "adapter_config.json")
    for command in ["eval", "inspect", "check"] {
      let run = try Ballast.run([command, folder.path] + (command == "eval" ? ["x"] : []))
      #expect(run.status == 2 && run.errors.contains("--adapter"), "\(run.errors)")
    }
  }

  @Test func adaptersAreWrittenAppliedAndMerged() throws {
    let run = try finetune("lora", "--lora-rank", "2", "--lr", "0.01")
    #expect(
      run.status == 0 && run.errors.contains("of adapters, which are trained"),
      "\(run.errors)"
    )
    #expect(run.errors.contains("--adapter \(folder.path)/lora"))
    for name in ["lora", "lora/best", "lora/checkpoints/step-6"] {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/" + name)
      #expect(Set(names).isSuperset(of: ["adapter_config.json", "adapter_model.safetensors"]))
      #expect(!names.contains("model.safetensors") && names.contains("tokenizer.json"))
    }
    #expect(try finetune("merged", "--lora-rank", "2", "--lr", "0.01", "--merge").status == 0)
    let applied = try logits("a", tiny, "--adapter", folder.path + "/lora")
    #expect(try applied == logits("b", folder.path + "/merged"))
    #expect(try applied != logits("c", tiny))
    for name in ["", "/best", "/checkpoints/step-6"] {
      let names = try FileManager.default.contentsOfDirectory(
        atPath: folder.path + "/merged" + name
      )
      let isWhole = name != "/checkpoints/step-6"
      #expect(names.contains("model.safetensors") == isWhole)
      #expect(names.contains("adapter_config.json") != isWhole)
    }
    let best = try logits("d", tiny, "--adapter", folder.path + "/lora/best")
    #expect(try best == logits("e", folder.path + "/merged/best"))
    // An adapter beside a whole model would be added to that.
    let beside = try finetune("merged", "--lora-rank", "2", "--force")
    #expect(beside.status == 2 && beside.errors.contains("the folder has config.json, which"))
  }

  /// The adapter is in what is converted, to a folder as well as to llama.cpp's file.
  @Test func adaptersAreConverted() throws {
    #expect(try finetune("lora", "--lora-rank", "2", "--lr", "0.01").status == 0)
    let adapter = ["--adapter", folder.path + "/lora"]
    for name in ["hf", "model.gguf", "native.safetensors"] {
      let out = folder.path + "/" + name
      let layout = name.hasPrefix("native") ? ["--layout", "native"] : []
      let run = try Ballast.run(["convert", tiny, out] + adapter + layout)
      #expect(run.status == 0, "\(run.errors)")
      let verify = ["verify", tiny, "--against", out, "--tolerance", "1e-5"]
      #expect(try Ballast.run(verify + adapter).status == 0)
      #expect(try Ballast.run(verify).status == 1)
    }
    let byName = try Ballast.run(["convert", tiny, folder.path + "/x.safetensors"] + adapter)
    #expect(byName.status == 64)
  }

  /// A run of adapters that was ended goes on to the same end; some may be trained further as well.
  @Test func adaptersAreTrainedFurther() throws {
    let lora = ["--lora-rank", "2", "--lora-dropout", "0.1", "--save-every", "2", "--keep", "9"]
    func run(_ name: String, _ words: [String]) throws -> Ballast.Result {
      try Ballast.run(
        ["finetune", tiny, text, "-o", folder.path + "/" + name, "--steps", "6", "--context", "32"]
          + words
      )
    }
    #expect(try run("whole", lora).status == 0)
    let last = try contents("whole/adapter_model.safetensors")
    let checkpoint = folder.path + "/whole/checkpoints/step-2"
    let resumed = try run("resumed", lora + ["--resume", checkpoint])
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try contents("resumed/adapter_model.safetensors") == last)
    #expect(try run("further", ["--adapter", folder.path + "/whole"]).status == 0)
    #expect(try contents("further/adapter_model.safetensors") != last)
    #expect(try run("other", lora + ["--resume", checkpoint, "--lora-alpha", "9"]).status == 2)
  }

  @Test func frozenParametersStay() throws {
    #expect(try finetune("frozen", "--last-layers", "1").status == 0)
    let diff = try Ballast.run("diff", tiny, folder.path + "/frozen", "--format", "json").text
    #expect(diff.contains("h.3.mlp.c_fc.weight"))
    for name in ["wte.weight", "h.2.mlp.c_fc.weight"] {
      let difference = try Ballast.run(
        "diff",
        tiny,
        folder.path + "/frozen",
        "--match",
        "transformer.\(name)"
      )
      #expect(difference.status == 0, "\(name): \(difference.text)")
    }
    #expect(try finetune("none", "--freeze", "*").status == 2)
    #expect(try finetune("none", "--freeze", "h.9.*").status == 64)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/none"))
  }

  @Test func whatDoesNotFitIsRefused() throws {
    #expect(try finetune("lora", "--lora-rank", "2").status == 0)
    let configuration = folder.path + "/lora/adapter_config.json"
    let settings = try String(contentsOfFile: configuration, encoding: .utf8)
    func refusal(_ old: String, _ new: String) throws -> String {
      try settings.replacing(old, with: new)
        .write(toFile: configuration, atomically: true, encoding: .utf8)
      let run = try Ballast.run("generate", tiny, "--adapter", folder.path + "/lora", "-n", "1")
      #expect(run.status == 2)
      return run.errors
    }
    let place = "ballast: error: \(configuration): "
    #expect(try refusal("\"LORA\"", "\"IA3\"").hasPrefix(place + "adapters with peft_type IA3 are"))
    #expect(
      try refusal("\"bias\": \"none\"", "\"bias\": \"all\"").hasPrefix(
        place + "adapters with bias all"
      )
    )
    #expect(
      try refusal("\"r\": 2", "\"r\": 2, \"use_dora\": true").hasPrefix(
        place + "adapters with use_dora"
      )
    )
    #expect(try refusal("\"r\": 2", "\"rank\": 2").hasPrefix(place + "'r' is missing"))
    try settings.write(toFile: configuration, atomically: true, encoding: .utf8)
    let other = try Ballast.run(
      "generate",
      Fixtures.path("formats/nanogpt"),
      "--adapter",
      folder.path + "/lora",
      "-n",
      "1",
      "--tokenizer",
      tiny
    )
    #expect(
      other.status == 2
        && other.errors.contains(
          "adapter_model.safetensors: the factors of 'h.0.attn.c_attn' do not fit"
        )
    )
    #expect(try finetune("x", "--lora-alpha", "2").status == 64)
    #expect(try finetune("x", "--lora-rank", "2", "--lora-targets", "c_fc,lm_head").status == 64)
    #expect(try finetune("x", "--merge").status == 64)
  }
}
