import BallastBytes
import BallastJSON
import BallastTestSupport
import Foundation
import Testing

/// DATA of each kind, as `eval`, `finetune` and `train` take it.
@Suite struct DataTests {
  private let folder: TemporaryFolder
  private let tiny = Fixtures.path("tiny-gpt2")
  private let text = "One morning Anna went out. She saw a dog, and the dog saw her."

  init() throws {
    folder = try TemporaryFolder()
  }

  /// What `eval` says of the data.
  private func evaluate(
    _ data: [String],
    model: String? = nil,
    input: String = ""
  ) throws -> (result: Ballast.Result, json: JSONValue) {
    let result = try Ballast.run(
      ["eval", model ?? tiny] + data + ["--context", "32", "--format", "json"],
      input: Data(input.utf8),
      environment: ["XDG_CACHE_HOME": folder.path + "/cache"]
    )
    return (result, (try? JSONValue(parsing: result.text)) ?? .null)
  }

  private func finetune(_ data: [String], _ options: String...) throws -> Ballast.Result {
    try Ballast.run(
      ["finetune", tiny] + data + ["-o", folder.path + "/out", "--steps", "2", "--context", "16"]
        + ["--batch-size", "2"] + options,
      environment: ["XDG_CACHE_HOME": folder.path + "/cache"]
    )
  }

  /// A document of JSON is text like any other, which is said.
  @Test func jsonThatIsNoLinesIsTold() throws {
    let path = try folder.write(
      #"[{"text": "One morning"}, {"text": "Anna went"}]"#.utf8,
      to: "a.json"
    )
    let (result, json) = try evaluate([path])
    #expect(result.status == 0 && json["tokens"]?.integer ?? 0 > 10)
    #expect(result.errors.contains("JSON Lines have one object a line"), "\(result.errors)")
  }

  /// The same document as text, in JSON, in a table, as tokens, in a folder and from a pipe has the same loss.
  @Test func allKindsAreOneText() throws {
    let reference = try evaluate([try folder.write(text.utf8, to: "a.txt")])
    let loss = try #require(reference.json["loss"]?.number)
    let bits = try #require(reference.json["bits_per_byte"]?.number)
    let ids = try Ballast.run(["tokenize", tiny, folder.path + "/a.txt"]).text
    let tokens = ids.split(whereSeparator: \.isWhitespace).compactMap { UInt16($0) } + [767]
    let bytes = tokens.flatMap { littleEndianBytes(of: $0) }
    let header = [20_240_520, 1, tokens.count].flatMap { littleEndianBytes(of: Int32($0)) }
    try FileManager.default.createDirectory(
      atPath: folder.path + "/all/in",
      withIntermediateDirectories: true
    )
    _ = try folder.write(text.utf8, to: "all/in/a.txt")
    _ = try folder.write("hidden".utf8, to: "all/in/.b.txt")
    _ = try folder.write([0, 1, 2], to: "all/picture.png")
    for (link, target) in [("all/in/up", ".."), ("all/c.txt", "in/a.txt")] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/" + link,
        withDestinationPath: target
      )
    }
    let line = "{\"text\": \"\(text)\"}\n"
    for data in [
      try folder.write(line.utf8, to: "a.data"),
      try folder.write("text\n\"\(text)\"\n".utf8, to: "a.csv"), folder.path + "/all", "-",
    ] {
      let (result, json) = try evaluate([data], input: line)
      #expect(json["loss"]?.number == loss, "\(data): \(result.errors)")
      #expect(json["bits_per_byte"]?.number == bits)
      #expect(result.errors.contains("picture.png: it is no text") == data.hasSuffix("all"))
    }
    for path in [
      try folder.write(bytes, to: "a.bin"),
      try folder.write(
        header + [UInt8](repeating: 0, count: 1024 - header.count) + bytes,
        to: "tokens"
      ),
    ] {
      let (result, json) = try evaluate([path])
      #expect(json["loss"]?.number == loss, "\(path): \(result.errors)")
      #expect(json["bits_per_byte"] == JSONValue.null)
    }
  }

  /// Of a prompt nothing is learned: the loss is that of the completion's tokens, and of the end.
  @Test func promptsAreMasked() throws {
    let line = #"{"prompt": "One morning Anna", "completion": " went out."}"#
    let (result, json) = try evaluate([try folder.write(line.utf8, to: "a.jsonl")])
    let ids = try Ballast.run(["tokenize", tiny], input: Data(" went out.".utf8)).text
    #expect(json["tokens"]?.integer == ids.split(separator: " ").count + 1, "\(result.errors)")
  }

  @Test func tokensNeedNoTokenizer() throws {
    let model = folder.path + "/model"
    try FileManager.default.createDirectory(atPath: model, withIntermediateDirectories: true)
    for name in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(atPath: tiny + "/" + name, toPath: model + "/" + name)
    }
    let tokens = (0..<400).map { UInt16($0 % 50 == 49 ? 767 : $0) }
    let path = try folder.write(tokens.flatMap { littleEndianBytes(of: $0) }, to: "a.bin")
    #expect(try evaluate([path], model: model).json["tokens"]?.integer == 399)
    let output = folder.path + "/out"
    let arguments = ["finetune", model, path, "-o", output, "--steps", "2", "--context", "16"]
    let run = try Ballast.run(arguments)
    #expect(run.status == 0, "\(run.errors)")
    // Text does, and so do samples.
    let prose = try folder.write(text.utf8, to: "a.txt")
    let refused = try evaluate([prose], model: model).result
    #expect(refused.status == 2 && refused.errors.contains("the folder has no tokenizer"))
    #expect(try Ballast.run(arguments + ["--force", "--sample-every", "1"]).status == 2)
  }

  @Test func sourcesAreDrawnFromByWeight() throws {
    let story = Fixtures.path("text/finetune.txt")
    let odd = try folder.write(String(repeating: text, count: 20).utf8, to: "a=2")
    let run = try finetune([story + "=0.5", odd, odd + "=3"])
    #expect(run.status == 0, "\(run.errors)")
    let settings = folder.path + "/out/checkpoints/step-2/training_state.json"
    let data = try JSONValue(contentsOf: settings)["settings"]?["data"]?.string
    #expect(data?.contains("weight 0.5; ") == true && data?.hasSuffix("weight 3.0") == true)
    #expect(try finetune([story + "=0.5", odd, odd + "=3"], "--resume", "auto").status == 0)
    let other = try finetune([story + "=0.7", odd, odd + "=3"], "--resume", "auto")
    #expect(other.status == 2 && other.errors.contains("the run was begun with data "))
    for weight in ["0", "-1", "nan", "inf"] {
      let refused = try finetune([story + "=" + weight], "--force")
      #expect(refused.status == 64 && refused.errors.contains("is no positive number"))
    }
    #expect(try finetune([story + "=2"], "--force", "--order", "sequential").status == 64)
    #expect(try evaluate([story + "=2"]).result.status == 64)
  }

  @Test func validationMayBeOfAnyKind() throws {
    let held = try folder.write("{\"text\": \"\(text)\"}\n".utf8, to: "held.jsonl")
    let story = Fixtures.path("text/finetune.txt")
    let run = try finetune([story], "--validation", held)
    #expect(run.status == 0 && run.errors.contains(" tokens held out"), "\(run.errors)")
    let twice = try Ballast.run(
      ["finetune", tiny, "-", "-o", folder.path + "/b", "--validation", "-"],
      input: Data(text.utf8)
    )
    #expect(twice.status == 64 && twice.errors.contains("standard input can be read once"))
  }

  /// Every error names the file, and what is wrong where.
  @Test func whatIsUnfitIsTold() throws {
    let cases: [(bytes: [UInt8], name: String, error: String)] = [
      ([], "empty.txt", "there is no text in it"),
      (Array("a\0b".utf8), "nul.txt", "it has NUL bytes, so it is no text (at byte 1)"),
      ([5, 0], "one.bin", "there is one token in it, and nothing that follows it"),
      ([5, 0, 1], "odd.bin", "a file of 16-bit tokens has an even number of bytes"),
      (
        [5, 0, 0, 3], "far.bin",
        "token 768 is outside of the model's vocabulary of 768 (at byte 2)"
      ),
      (Array("{}\n{".utf8), "a.jsonl", "line 1: it has neither 'text' nor both 'prompt' and"),
      (Array("a,b".utf8), "a.csv", "line 1 has more than one column"),
      (
        Array("{\"text\": \"a\"}\n{\"text\": \"a\u{1}\"}".utf8), "b.jsonl",
        "line 2: JSON has a control character in a string (at byte 25)"
      ),
    ]
    for (bytes, name, error) in cases {
      let path = try folder.write(bytes, to: name)
      let (result, _) = try evaluate([path])
      #expect(result.status == 2 && !result.isCrash)
      #expect(result.errors.hasPrefix("ballast: error: \(path): \(error)"), "\(result.errors)")
    }
    let odd = try folder.write(Array(text.utf8) + [0xFF], to: "odd.txt")
    let (result, _) = try evaluate([odd])
    let note = "it is not UTF-8 in 1 place, and taken as it is (at byte \(text.utf8.count))"
    #expect(result.status == 0 && result.errors == "ballast: note: \(odd): \(note)\n")
    let short = try folder.write("One morning".utf8, to: "short.txt")
    let run = try finetune([short], "--validation", "0")
    #expect(run.status == 0 && run.errors.contains(" tokens, which do not fill a row of 16"))
  }

  @Test func tokensOfLargeTextsAreKept() throws {
    let large = try folder.write(String(repeating: text + "\n", count: 20_000).utf8, to: "a.txt")
    let arguments = [
      "finetune", tiny, large, "-o", folder.path + "/out", "--steps", "1", "--force",
    ]
    func run(_ options: String...) throws -> Ballast.Result {
      try Ballast.run(
        arguments + ["--context", "16"] + options,
        environment: ["XDG_CACHE_HOME": folder.path + "/cache"]
      )
    }
    func entries(_ path: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder.path + "/" + path)
    }
    #expect(try run("--no-cache").status == 0)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/cache"))
    #expect(try run().status == 0)
    let kept = try entries("cache/ballast/tokens")
    #expect(kept.count == 1)
    #expect(try run("--cache", folder.path + "/other").status == 0)
    #expect(try entries("other") == kept)
    try Data("broken".utf8).write(to: URL(filePath: folder.path + "/other/" + kept[0]))
    let again = try run("--cache", folder.path + "/other")
    #expect(again.status == 0)
    #expect(again.errors.contains("a.txt: what the cache had of it is damaged, and made anew"))
    #expect(try run("--cache", folder.path + "/other", "--no-cache").status == 64)
  }
}
