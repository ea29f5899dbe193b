import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// What `ballast diff` tells a person and a script.
@Suite struct DiffCommandTests {
  private let folder: TemporaryFolder
  private let model = Fixtures.path("tiny-gpt2")

  init() throws {
    folder = try TemporaryFolder()
  }

  private func file(
    _ name: String,
    _ tensors: TensorView...,
    metadata: [(key: String, value: String)] = []
  ) throws -> String {
    let path = folder.path + "/" + name
    try SafetensorsWriter.write(tensors.map { $0.output() }, metadata: metadata, to: path)
    return path
  }

  private func floats(_ name: String, _ values: [Float]) throws -> TensorView {
    try tensor(.f32, [values.count], littleEndian(values), named: name)
  }

  private func json(_ arguments: String...) throws -> JSONValue {
    let result = try Ballast.run(["diff"] + arguments + ["--format", "json"])
    return try JSONValue(parsing: result.text)
  }

  @Test func exitCodes() throws {
    let a = try file("a.safetensors", floats("x", [1, 2]))
    let b = try file("b.safetensors", floats("x", [1, 2.5]))
    let tagged = try file("c.safetensors", floats("x", [1, 2]), metadata: [("k", "v")])
    let broken = try folder.write("nothing".utf8, to: "broken.safetensors")
    #expect(try Ballast.run("diff", a, a).status == 0)
    #expect(try Ballast.run("diff", a, b).status == 1)
    #expect(try Ballast.run("diff", a, b, "--atol", "0.5").status == 0)
    #expect(try Ballast.run("diff", a, b, "--rtol", "0.2").status == 0)
    #expect(try Ballast.run("diff", a, b, "--rtol", "0.19").status == 1)
    #expect(try Ballast.run("diff", a, b, "--match", "y*").status == 0)
    #expect(try Ballast.run("diff", a, tagged).status == 0)
    #expect(try Ballast.run("diff", a, tagged, "--metadata").status == 1)
    for (left, right) in [(a, broken), (broken, a)] {
      let result = try Ballast.run("diff", left, right)
      #expect(result.status == 2 && result.errors.hasPrefix("ballast: error: \(broken): "))
    }
    #expect(try Ballast.run("diff", a, folder.path + "/none").status == 2)
    #expect(try Ballast.run("diff", a, a, "--canonical").status == 2)
    #expect(try Ballast.run("diff", a).status == 64)
    #expect(try Ballast.run("diff", a, b, "--atol", "-1").status == 64)
    #expect(try Ballast.run("diff", model, model, "--limit", "json.values=3").status == 2)
  }

  @Test(arguments: [
    "hf", "safetensors", "torch", "torch-legacy", "npz", "gguf", "llmc", "nanogpt", "openai",
    "native",
  ])
  func everyConversionIsCanonicallyTheSame(target: String) throws {
    let output = folder.path + "/out"
    let options =
      target == "native" ? ["--to", "safetensors", "--layout", "native"] : ["--to", target]
    #expect(try Ballast.run(["convert", model, output] + options).status == 0)
    for (a, b) in [(model, output), (output, model)] {
      let result = try Ballast.run("diff", a, b, "--canonical")
      #expect(result.status == 0, "\(result.text)\(result.errors)")
      #expect(result.text.hasPrefix("52 tensors: 52 the same\n"), "\(result.text)")
    }
  }

  @Test func aHeadOfItsOwnIsADifferenceOfModels() throws {
    let checkpoint = try Checkpoint.open(path: model)
    let embedding = try #require(checkpoint["transformer.wte.weight"])
    var values = try embedding.floats()
    func with(_ values: [Float], _ name: String) throws -> String {
      let head = try tensor(
        .f32,
        embedding.shape.dimensions,
        littleEndian(values),
        named: "lm_head.weight"
      )
      let path = folder.path + "/" + name
      try SafetensorsWriter.write((checkpoint.tensors + [head]).map { $0.output() }, to: path)
      return path
    }
    let same = try with(values, "same.safetensors")
    #expect(try Ballast.run("diff", model, same, "--canonical").status == 0)
    values[5] += 1
    let other = try with(values, "other.safetensors")
    let found = try json(model, other, "--canonical")
    #expect(found["tensors"]?.array?.count == 1)
    #expect(found["tensors"]?.array?.first?["name"] == "lm_head.weight")
    #expect(found["tensors"]?.array?.first?["changed"] == 1)
    #expect(found["summary"]?["identical"] == 52)
  }

  @Test func jsonIsAsDocumented() throws {
    let a = try file(
      "a.safetensors",
      floats("h.0.x", [0, 0]),
      floats("same", [1]),
      metadata: [("k", "v")]
    )
    let b = try file(
      "b.safetensors",
      floats("h.0.x", [0.5, .nan]),
      floats("same", [1]),
      floats("y", [2])
    )
    let found = try json(a, b)
    #expect(found["a"] == .string(a) && found["b"] == .string(b))
    let summary = found["summary"]
    #expect(summary?["tensors"] == 3 && summary?["identical"] == 1 && summary?["changed"] == 1)
    #expect(summary?["added"] == 1 && summary?["different"] == true && summary?["metadata"] == 1)
    let tensors = try #require(found["tensors"]?.array)
    #expect(tensors.map { $0["status"] } == ["changed", "added"])
    #expect(tensors[0]["max_abs"] == 0.5 && tensors[0]["max_rel"] == 1.0)
    #expect(tensors[0]["relative_l2"] == "Infinity" && tensors[0]["cosine"] == .null)
    #expect(tensors[0]["changed"] == 2 && tensors[0]["beyond_tolerance"] == 2)
    #expect(tensors[0]["nan_mismatches"] == 1 && tensors[0]["inf_mismatches"] == 0)
    #expect(tensors[0]["shape"] == [2] && tensors[0]["dtype_b"] == "F32")
    #expect(tensors[1]["name"] == .null && tensors[1]["name_b"] == "y")
    #expect(found["metadata"] == [["status": "removed", "key": "k", "a": "v", "b": .null]])
    let layers = try #require(found["layers"]?.array)
    #expect(layers.map { $0["layer"] } == [0, .null])
    #expect(layers.map { $0["relative_l2"] } == ["Infinity", 0.0])
    #expect(try json(a, b, "--all")["tensors"]?.array?.count == 3)
  }

  @Test func theReportNamesEachKind() throws {
    let matrix = try tensor(
      .f32,
      [2, 3],
      littleEndian([1, 2, 3, 4, 5, 6] as [Float]),
      named: "h.0.m"
    )
    let turned = try tensor(
      .f32,
      [3, 2],
      littleEndian([1, 4, 2, 5, 3, 6] as [Float]),
      named: "h.0.m"
    )
    let a = try file(
      "a.safetensors",
      matrix,
      floats("h.0.old", [7, 8]),
      floats("h.1.x", [1, 2]),
      floats("gone", [3])
    )
    let b = try file(
      "b.safetensors",
      turned,
      floats("h.0.new", [7, 8]),
      floats("h.1.x", [1, 2.5]),
      floats("extra", [4]),
      metadata: [("k", "v")]
    )
    let text = try Ballast.run("diff", a, b).text
    let summary = "5 tensors: 1 changed, 1 transposed, 1 renamed, 1 added, 1 removed\n"
    #expect(text.hasPrefix(summary), "\(text)")
    for title in ["Changed", "Transposed", "Renamed", "Added", "Removed", "Change by layer"] {
      #expect(text.contains("\n\(title)\n"), "\(title)")
    }
    #expect(text.contains("metadata differs in 1 key"))
    #expect(text.contains("█") && !text.contains("\u{1B}"))
    #expect(try Ballast.run("diff", a, b, "--metadata").text.contains("\nMetadata\n"))
  }

  /// Norms beyond float64 have no quotient, and what is no number has no bar.
  @Test func layersWithoutAFigureHaveNoBar() throws {
    let large = Double.greatestFiniteMagnitude
    func side(_ name: String, _ value: Double) throws -> String {
      let tensors = try ["h.0.a", "h.0.b"].map {
        try tensor(.f64, [1], littleEndian([value]), named: $0)
      }
      return try file(name, tensors[0], tensors[1])
    }
    let text = try Ballast.run("diff", side("a.st", large), side("b.st", -large)).text
    #expect(text.contains("Change by layer"))
    #expect(text.hasSuffix("NaN\n") || text.hasSuffix("NaN  \n"), "\(text)")
    #expect(!text.contains("█"))
  }

  @Test func namesOfFilesCannotWriteToTheTerminal() throws {
    let name = "a\u{1B}[31m\u{7}\n\u{202E}b"
    let a = try file("a.safetensors", floats(name, [1]), metadata: [(name, name)])
    let b = try file("b.safetensors", floats(name, [2]))
    for arguments in [["--metadata"], ["--all"], ["--format", "json"]] {
      let text = try Ballast.run(["diff", a, b] + arguments).text
      #expect(
        !text.unicodeScalars.contains {
          $0 == "\u{1B}" || $0 == "\u{7}" || $0 == "\u{202E}" && arguments[0] != "--format"
        }
      )
    }
  }

  @Test func figuresDoNotDependOnThreads() throws {
    var random = SeededGenerator(seed: 3)
    let values = (0..<1_000_003).map { _ in Float.random(in: -1...1, using: &random) }
    let a = try file("a.safetensors", floats("h.0.x", values))
    let b = try file("b.safetensors", floats("h.0.x", values.map { $0 * 1.001 + 1e-5 }))
    let texts = try (1...3).map {
      try Ballast.run("diff", a, b, "--format", "json", "--threads", "\($0)").text
    }
    #expect(texts[0] == texts[1] && texts[0] == texts[2])
    #expect(texts[0].contains("\"relative_l2\": 0.001"))
  }
}
