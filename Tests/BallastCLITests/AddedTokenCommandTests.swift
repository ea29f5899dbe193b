import BallastTestSupport
import Foundation
import Testing

/// `finetune --add-token`: what is saved, going on, starting again, and what is refused.
@Suite struct AddedTokenCommandTests {
  private let folder: TemporaryFolder
  private let tiny = Fixtures.path("tiny-gpt2")
  private let data: String

  init() throws {
    folder = try TemporaryFolder()
    let text = try String(contentsOfFile: Fixtures.path("text/finetune.txt"), encoding: .utf8)
    data = try folder.write("<|user|>Hello<|bot|>\(text)".utf8, to: "data.txt")
  }

  private static let tokens = ["--add-token", "<|user|>", "--add-token", "<|bot|>"]

  private func finetune(
    _ name: String,
    _ options: [String],
    model: String? = nil
  ) throws -> Ballast.Result {
    let fixed = ["--steps", "6", "--context", "32", "--save-every", "2", "--keep", "9"]
    return try Ballast.run(
      ["finetune", model ?? tiny, data, "-o", folder.path + "/" + name] + fixed + options
    )
  }

  private func contents(_ name: String) throws -> Data {
    try Data(contentsOf: URL(filePath: folder.path + "/" + name))
  }

  private func ids(_ name: String, _ text: String) throws -> [Substring] {
    let run = try Ballast.run(
      ["tokenize", folder.path + "/" + name, "-"],
      input: Data(text.utf8)
    )
    #expect(run.status == 0, "\(run.errors)")
    return run.text.split { $0.isWhitespace }
  }

  @Test func whatIsSavedHasTheTokens() throws {
    let run = try finetune("out", Self.tokens)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains(#"added tokens: "<|user|>" is 768, "<|bot|>" is 769"#))
    for name in ["out", "out/best", "out/checkpoints/step-2", "out/checkpoints/step-6"] {
      #expect(try ids(name, "<|bot|><|user|>") == ["769", "768"])
      let configuration = try JSONSerialization.jsonObject(with: contents(name + "/config.json"))
      #expect((configuration as? [String: Any])?["vocab_size"] as? Int == 770)
      let inspect = try Ballast.run(
        "inspect",
        folder.path + "/" + name,
        "--match",
        "*wte*",
        "--format",
        "json"
      )
      #expect(inspect.text.filter { !$0.isWhitespace }.contains("\"shape\":[770,64]"))
      #expect(try Ballast.run("check", folder.path + "/" + name).status == 0)
    }
    // It is a model as any other: for texts, and to start from again.
    let place = folder.path + "/out"
    #expect(try Ballast.run("eval", place, data).status == 0)
    #expect(
      try Ballast.run("generate", place, "--prompt", "<|user|>Hello", "-n", "3").status == 0
    )
    let again = try finetune("again", ["--add-token", "<|end|>"], model: place)
    #expect(again.status == 0 && again.errors.contains(#""<|end|>" is 770"#), "\(again.errors)")
    #expect(try ids("again", "<|bot|><|end|>") == ["769", "770"])
    let doubled = try finetune("doubled", Self.tokens, model: place)
    #expect(doubled.status == 2)
    let fault = #"ballast: error: \#(place): the tokenizer has the token "<|user|>" already"#
    #expect(doubled.errorLines.first.map(String.init) == fault)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/doubled"))
  }

  /// A run goes on to the same end with the same tokens, and not with others.
  @Test func runsGoOnWithTheSameTokens() throws {
    #expect(try finetune("whole", Self.tokens).status == 0)
    let last = try contents("whole/model.safetensors")
    let checkpoints = folder.path + "/whole/checkpoints/"
    let resumed = try finetune("resumed", Self.tokens + ["--resume", checkpoints + "step-2"])
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try contents("resumed/model.safetensors") == last)
    #expect(try contents("resumed/tokenizer.json") == contents("whole/tokenizer.json"))
    // The newest that is left is taken.
    for step in ["step-4", "step-6"] {
      try FileManager.default.removeItem(atPath: checkpoints + step)
    }
    let continued = try finetune("whole", Self.tokens + ["--resume", "auto"])
    #expect(continued.status == 0 && continued.errors.contains("going on after step 2"))
    #expect(try contents("whole/model.safetensors") == last)
    for others in [[], ["--add-token", "<|bot|>", "--add-token", "<|user|>"]] {
      let refused = try finetune("whole", others + ["--resume", "auto"])
      #expect(refused.status == 2)
      #expect(
        refused.errors.contains(#"the run was begun with added_tokens ["<|user|>","<|bot|>"]"#),
        "\(refused.errors)"
      )
    }
    #expect(try contents("whole/model.safetensors") == last)
  }

  @Test func frozenEmbeddingsAreTold() throws {
    let run = try finetune("out", ["--add-token", "<|user|>", "--last-layers", "1"])
    #expect(run.status == 0 && run.errors.contains("added tokens keep the mean of the others"))
  }

  @Test(arguments: [
    ([""], "expected a text that is not only white space"),
    ([" \n\u{3000}"], "expected a text that is not only white space"),
    (["<|endoftext|>"], "without <|endoftext|>, which ends documents"),
    (["a<|endoftext|>"], "without <|endoftext|>, which ends documents"),
    ([String(repeating: "x", count: 100_000)], "at most 1024 bytes, and one text has 100000"),
    (["<a>", "<b>", "<a>"], #"is given "<a>" twice"#),
  ])
  func textsThatAreNoTokensAreRefused(texts: [String], message: String) throws {
    let run = try finetune("out", texts.flatMap { ["--add-token", $0] })
    #expect(run.status == 64)
    let line = run.errorLines.first ?? ""
    #expect(line.hasPrefix("ballast: error: ") && line.contains(message) && line.count < 200)
  }

  @Test func adaptersHaveNoPlaceForTokens() throws {
    let run = try finetune("out", Self.tokens + ["--lora-rank", "2"])
    #expect(run.status == 64 && run.errors.contains("an adapter has no embeddings"))
  }
}
