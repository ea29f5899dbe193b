import BallastBytes
import BallastJSON
import BallastTestSupport
import Foundation
import Testing

/// What a run takes the place of, and what it leaves alone.
@Suite struct RunPlaceTests {
  private let folder: TemporaryFolder
  private let tiny = Fixtures.path("tiny-gpt2")
  private let text = Fixtures.path("text/finetune.txt")

  init() throws {
    folder = try TemporaryFolder()
  }

  private var out: String { folder.path + "/out" }

  private func finetune(
    model: String? = nil,
    data: String? = nil,
    to output: String? = nil,
    _ options: String...
  ) throws -> Ballast.Result {
    let size = ["--steps", "4", "--batch-size", "2", "--context", "32", "--save-every", "2"]
    return try Ballast.run(
      ["finetune", model ?? tiny, data ?? text, "-o", output ?? out] + size + options
    )
  }

  private func contents(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  private func settings(ofStep step: Int) throws -> JSONObject {
    let path = "\(out)/checkpoints/step-\(step)/training_state.json"
    return try #require(try JSONValue(contentsOf: path)["settings"]?.object)
  }

  @Test func aForcedRunLeavesNoCheckpointOfTheOneBefore() throws {
    #expect(try finetune("--steps", "6", "--keep", "3", "--lr", "1e-3").status == 0)
    let log = try folder.write("mine".utf8, to: "mine.txt")
    #expect(try finetune("--force", "--log", log).status == 2, "it is refused, and removes nothing")
    #expect(try contents(out + "/checkpoints") == ["step-2", "step-4", "step-6"])
    #expect(try finetune("--force", "--lr", "2e-3").status == 0)
    #expect(try contents(out + "/checkpoints") == ["step-4"])
    #expect(try settings(ofStep: 4)["lr"]?.number == 2e-3)
  }

  @Test func whatAKilledRunLeftIsRemoved() throws {
    #expect(try finetune().status == 0)
    let left = [".757b6add.tmp", "checkpoints/.step-9.84a35987.tmp", "checkpoints/.step-2.removed"]
    let others = [".mine.tmp", "checkpoints/.notes.removed"]
    for name in left + others {
      try FileManager.default.createDirectory(
        atPath: out + "/" + name,
        withIntermediateDirectories: true
      )
    }
    #expect(try finetune("--resume", "auto").status == 0)
    for name in left {
      #expect(!FileManager.default.fileExists(atPath: out + "/" + name), "\(name)")
    }
    for name in others {
      #expect(FileManager.default.fileExists(atPath: out + "/" + name), "\(name)")
    }
  }

  /// A folder with anything else than a run's files, and a file that is no log, stay as they are.
  @Test func whatIsNoRunIsNotGoneOnWith() throws {
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    let vocabulary = try folder.write("keep".utf8, to: "out/vocab.json")
    var run = try finetune("--resume", "auto")
    #expect(run.status == 2 && run.errors.contains("File exists"), "\(run.errors)")
    #expect(try String(contentsOfFile: vocabulary, encoding: .utf8) == "keep")
    try FileManager.default.removeItem(atPath: vocabulary)
    let log = try folder.write("precious\n".utf8, to: "out/log.jsonl")
    run = try finetune("--resume", "auto")
    #expect(run.status == 2 && run.errors.contains("is not the log of a run"), "\(run.errors)")
    #expect(try String(contentsOfFile: log, encoding: .utf8) == "precious\n")
    let thesis = try folder.write("my thesis\n".utf8, to: "thesis.txt")
    run = try finetune(to: folder.path + "/new", "--resume", "auto", "--log", thesis)
    #expect(run.status == 2 && run.errors.contains("it is there already"), "\(run.errors)")
    #expect(try String(contentsOfFile: thesis, encoding: .utf8) == "my thesis\n")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/new"))
  }

  @Test func oneRunAtATimeWritesIntoAFolder() throws {
    #expect(try finetune().status == 0)
    let lock = try #require(try FileSystem.lock(out + "/checkpoints"))
    defer { FileSystem.unlock(lock) }
    let run = try finetune("--force")
    #expect(run.status == 2 && run.errors.contains("another process"), "\(run.errors)")
  }

  @Test func placesThatWouldDestroyWhatIsReadAreRefused() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path + "/data",
      withIntermediateDirectories: true
    )
    _ = try folder.write("Some words.".utf8, to: "data/a.txt")
    let inside = try finetune(data: folder.path + "/data", to: folder.path + "/data/out")
    #expect(inside.status == 64 && inside.errors.contains("lies within the data"))
    #expect(try finetune("--lora-rank", "2").status == 0)
    let merged = try finetune(to: out + "/../out/", "--adapter", out, "--merge", "--force")
    #expect(merged.status == 64 && merged.errors.contains("--merge"), "\(merged.errors)")
    let nowhere = try finetune(to: folder.path + "/no/such/out")
    #expect(nowhere.status == 2 && nowhere.errors.contains("No such file"), "\(nowhere.errors)")
  }

  /// Adapters belong to the weights that they were begun on.
  @Test func adaptersGoOnWithTheirModelAlone() throws {
    let other = folder.path + "/other"
    #expect(try finetune(to: other, "--lr", "1e-3").status == 0)
    #expect(try finetune("--lora-rank", "2").status == 0)
    let run = try finetune(model: other, "--lora-rank", "2", "--resume", "auto")
    #expect(run.status == 2 && run.errors.contains("the run was begun with base"), "\(run.errors)")
    for options in [["--lora-rank", "3"], [], ["--lora-rank", "2", "--patience", "9"]] {
      let run = try Ballast.run(
        ["finetune", tiny, text, "-o", out, "--steps", "4", "--batch-size", "2", "--context", "32"]
          + ["--save-every", "2", "--resume", "auto"] + options
      )
      #expect(run.status == 2 && run.errors.contains("the run was begun with"), "\(run.errors)")
    }
    #expect(try finetune("--lora-rank", "2", "--resume", "auto").status == 0)
  }

  @Test func aDamagedCheckpointIsLeftOut() throws {
    #expect(try finetune("--keep", "2").status == 0)
    let model = try Data(contentsOf: URL(filePath: out + "/model.safetensors"))
    try model.prefix(1000).write(
      to: URL(filePath: out + "/checkpoints/step-4/model.safetensors")
    )
    let run = try finetune("--keep", "2", "--resume", "auto")
    #expect(run.status == 0 && run.errors.contains("step-4 is left out"), "\(run.errors)")
    #expect(run.errors.contains("going on after step 2"))
    #expect(try Data(contentsOf: URL(filePath: out + "/model.safetensors")) == model)
  }

  /// Rows of prompts alone change nothing, not by decay either.
  @Test func stepsWithoutTargetsChangeNothing() throws {
    let prompt = String(repeating: "the cat sat on a mat. ", count: 200)
    let line = #"{"prompt": "\#(prompt)", "completion": " ok"}"#
    let data = try folder.write((line + "\n").utf8, to: "prompts.jsonl")
    let run = try finetune(data: data, "--validation", "0", "--order", "sequential")
    #expect(run.status == 0 && run.errors.contains("nothing but prompts"), "\(run.errors)")
    let log = try String(contentsOfFile: out + "/log.jsonl", encoding: .utf8).split(separator: "\n")
    #expect(log.count == 4 && log.allSatisfy { $0.contains(#""loss":null"#) })
    #expect(try Ballast.run("diff", tiny, out).status == 0)
  }

  @Test func hugeNumbersAreRefusedOrRun() throws {
    for options in [
      ["--batch-tokens", "9223372036854775807"], ["--batch-ramp", "1:9223372036854775807:1"],
      ["--batch-ramp", "1:2:1000000000"], ["--cache", ""], ["--warmup", "9223372036854775807"],
    ] {
      let run = try Ballast.run(["finetune", tiny, text, "-o", out, "--steps", "1"] + options)
      #expect(run.status == 64 && !run.isCrash, "\(options): \(run.errors)")
    }
    let ramp = try finetune(
      "--batch-ramp",
      "64:128:1000",
      "--warmup",
      "1000000000",
      "--steps",
      "2"
    )
    #expect(ramp.status == 0, "\(ramp.errors)")
  }
}
