import BallastJSON
import BallastTestSupport
import Foundation
import Glibc
import Testing

/// Runs of `finetune` as a user sees them: what they write, how they end, and how they go on.
@Suite struct FinetuneTests {
  private let folder: TemporaryFolder
  private let tiny = Fixtures.path("tiny-gpt2")
  private let text = Fixtures.path("text/finetune.txt")

  init() throws {
    folder = try TemporaryFolder()
  }

  private var out: String { folder.path + "/out" }

  private func finetune(_ options: String...) throws -> Ballast.Result {
    let size = ["--steps", "8", "--batch-size", "2", "--context", "32"]
    return try Ballast.run(["finetune", tiny, text, "-o", out] + size + options)
  }

  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  private func log(_ name: String = "log.jsonl") throws -> [JSONValue] {
    try String(contentsOfFile: out + "/" + name, encoding: .utf8).split(separator: "\n")
      .map { try JSONValue(parsing: String($0)) }
  }

  @Test func whatIsAskedForIsWritten() throws {
    let run = try finetune(
      "--eval-every",
      "4",
      "--save-every",
      "2",
      "--keep",
      "2",
      "--keep-every",
      "4",
      "--csv",
      "--tensorboard",
      "--sample-every",
      "4",
      "--sample-prompt",
      "One",
      "--sample-prompt",
      "Two",
      "--sample-tokens",
      "5"
    )
    #expect(run.status == 0, "\(run.errors)")
    #expect(try names(out + "/checkpoints") == ["step-4", "step-6", "step-8"])
    let checkpoint = try names(out + "/checkpoints/step-8")
    #expect(Set(checkpoint).isSuperset(of: ["config.json", "model.safetensors", "tokenizer.json"]))
    #expect(Set(checkpoint).isSuperset(of: ["optimizer.safetensors", "training_state.json"]))
    let lines = try log()
    #expect(lines.compactMap { $0["validation_loss"]?.number }.count == 3)
    #expect(lines.compactMap { $0["loss"] != nil ? $0["step"]?.integer : nil } == Array(1...8))
    let samples = try log("samples.jsonl")
    #expect(samples.compactMap { $0["step"]?.integer } == [0, 0, 4, 4, 8, 8])
    #expect(
      samples.allSatisfy { $0["text"]?.string?.hasPrefix($0["prompt"]?.string ?? "-") == true }
    )
    let table = try String(contentsOfFile: out + "/log.csv", encoding: .utf8)
    #expect(
      table.hasPrefix("step,loss,lr,") && table.split(separator: "\n").count == 1 + lines.count
    )
    #expect(try names(out + "/tensorboard") == ["events.out.tfevents.0.ballast"])
    #expect(run.errors.contains("● validation loss") && run.errors.contains("ballast generate"))
  }

  /// A process that is killed leaves what a run with `--resume auto` goes on from, to the same end.
  @Test func aKilledRunGoesOn() throws {
    func arguments(_ output: String) -> [String] {
      [
        "finetune", tiny, text, "-o", output, "--steps", "300", "--batch-size", "2", "--context",
        "32",
      ]
        + ["--save-every", "10", "--eval-every", "100"]
    }
    let whole = folder.path + "/whole"
    #expect(try Ballast.run(arguments(whole)).status == 0)
    let process = Ballast.process(arguments(out))
    process.standardError = FileHandle.nullDevice
    try process.run()
    while !FileManager.default.fileExists(atPath: out + "/checkpoints/step-10"), process.isRunning {
      usleep(1000)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try #require(process.terminationReason == .uncaughtSignal, "it ended before it was killed")
    let resumed = try Ballast.run(arguments(out) + ["--resume", "auto"])
    #expect(resumed.status == 0 && resumed.errors.hasPrefix("going on after step "))
    for name in ["/model.safetensors", "/best/model.safetensors"] {
      let (a, b) = (URL(filePath: whole + name), URL(filePath: out + name))
      #expect(try Data(contentsOf: a) == Data(contentsOf: b), "\(name)")
    }
    #expect(try log().compactMap { $0["loss"]?.number }.count == 300)
  }

  @Test func anInterruptedRunSavesACheckpoint() throws {
    let process = Ballast.process([
      "finetune", tiny, text, "-o", out, "--steps", "100000", "--save-every", "0",
      "--validation", "0", "--context", "32",
    ])
    process.standardError = FileHandle.nullDevice
    try process.run()
    let log = out + "/log.jsonl"
    while (try? String(contentsOfFile: log, encoding: .utf8).isEmpty) ?? true, process.isRunning {
      usleep(1000)
    }
    kill(process.processIdentifier, SIGTERM)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + SIGTERM)
    let checkpoints = try names(out + "/checkpoints")
    #expect(checkpoints.count == 1)
    let last = try self.log().compactMap { $0["step"]?.integer }.last
    #expect(checkpoints == ["step-\(last ?? 0)"])
  }

  @Test func otherSettingsAreRefused() throws {
    #expect(try finetune().status == 0)
    let again = try finetune("--resume", "auto", "--seed", "2")
    #expect(again.status == 2)
    let place = "ballast: error: \(out)/checkpoints/step-8/training_state.json: "
    #expect(again.errors.hasPrefix(place + "the run was begun with seed \"1337\""))
    #expect(try finetune("--resume", out + "/none").status == 2)
    #expect(try finetune("--resume", "auto", "--force").status == 64)
    // What is done is done: nothing is left to do.
    let done = try finetune("--resume", "auto")
    #expect(done.status == 0 && done.errors.contains("going on after step 8"))
  }

  /// `auto` begins where there is nothing to go on from, but not over a model that is there.
  @Test func autoBeginsARun() throws {
    let first = try finetune("--resume", "auto", "--save-every", "0")
    #expect(first.status == 0 && first.errors.contains("has no checkpoint: the run begins"))
    let second = try finetune("--resume", "auto")
    #expect(second.status == 2 && second.errors.contains("File exists"))
  }

  /// A broken checkpoint is told of, and the one before is taken.
  @Test func aBrokenCheckpointIsLeftOut() throws {
    #expect(try finetune("--save-every", "4", "--keep", "5").status == 0)
    try "{".write(
      toFile: out + "/checkpoints/step-8/training_state.json",
      atomically: true,
      encoding: .utf8
    )
    let run = try finetune("--save-every", "4", "--keep", "5", "--resume", "auto")
    #expect(run.status == 0 && run.errors.contains("going on after step 4"))
    #expect(run.errors.contains("step-8 is left out: training_state.json: "))
  }

  /// With a learning rate of 0 no evaluation is better than the first.
  @Test func patienceEndsARun() throws {
    let run = try finetune("--lr", "0", "--eval-every", "1", "--patience", "3")
    #expect(run.status == 0 && run.errors.contains("ended after step 3: "))
    #expect(try log().compactMap { $0["loss"] }.count == 3)
  }

  /// The batch grows from 64 to 256 tokens while 256 are trained on.
  @Test func theBatchGrows() throws {
    let run = try finetune("--batch-ramp", "64:256:256")
    #expect(run.status == 0, "\(run.errors)")
    let tokens = [0] + (try log().compactMap { $0["tokens"]?.integer })
    #expect(
      zip(tokens, tokens.dropFirst()).map { $1 - $0 } == [64, 128, 192, 256, 256, 256, 256, 256]
    )
  }

  @Test func gradientDescentTrains() throws {
    #expect(try finetune("--optimizer", "sgd", "--lr", "0.01", "--schedule", "wsd").status == 0)
    let losses = try log().compactMap { $0["validation_loss"]?.number }
    #expect(losses[losses.count - 1] < losses[0] - 0.5)
    let names = try Ballast.run("inspect", out + "/checkpoints/step-8/optimizer.safetensors").text
    #expect(names.contains("momentum_buffer.wte.weight") && !names.contains("exp_avg"))
  }

  @Test func contradictionsAreMisuse() throws {
    #expect(try finetune("--accumulate", "2", "--batch-tokens", "64").status == 64)
    #expect(try finetune("--patience", "2", "--validation", "0").status == 64)
    #expect(try finetune("--sample-prompt", "x").status == 64)
    #expect(try finetune("--batch-ramp", "5:4:100").status == 64)
    #expect(!FileManager.default.fileExists(atPath: out))
  }
}
