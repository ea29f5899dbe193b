import BallastJSON
import BallastTestSupport
import Foundation
import Testing

/// What `inspect` and `stats` say of whole checkpoints, for people and for programs.
@Suite struct SummaryTests {
  private let tiny = Fixtures.path("tiny-gpt2")

  @Test func inspectWritesTheDocumentedKeys() throws {
    let result = try Ballast.run(
      "inspect",
      Fixtures.path("containers/tiny-zip.pt"),
      "--format",
      "json"
    )
    let json = try JSONValue(parsing: result.text)
    #expect(json["format"] == "torch-zip")
    let tensors = try #require(json["tensors"]?.array)
    let head = try #require(tensors.first { $0["name"] == "lm_head.weight" })
    #expect(head["tied_to"] == "transformer.wte.weight")
    #expect(head["shape"] == [768, 64] && head["dtype"] == "F32" && head["strides"] == .null)
    #expect(json["totals"]?["parameters"] == 257_408)
    let csv = try Ballast.run("inspect", tiny, "--format", "csv", "--match", "*.ln_f.*").text
    #expect(csv.split(whereSeparator: \.isNewline).count == 3)
  }

  @Test(arguments: [
    ("tiny-gpt2", 4, 64, 768, "hf", "transformers"),
    ("formats/nanogpt", 2, 16, 320, "native", "nanoGPT"),
    ("formats/openai", 2, 16, 265, "hf", "OpenAI"),
    ("formats/ggml/micro.bin", 2, 16, 265, "native", "ggml"),
    ("formats/llmc/micro.bin", 2, 16, 265, "native", "llm.c"),
  ])
  func inspectRecognisesModels(
    file: String,
    layers: Int,
    width: Int,
    vocabulary: Int,
    layout: String,
    naming: String
  ) throws {
    let result = try Ballast.run("inspect", Fixtures.path(file), "--format", "json")
    let model = try #require(try JSONValue(parsing: result.text)["model"])
    #expect(model["layers"] == .integer(layers) && model["width"] == .integer(width))
    #expect(model["heads"] != .null && model["vocabulary"] == .integer(vocabulary))
    #expect(model["layout"] == .string(layout) && model["naming"] == .string(naming))
    #expect(model["tied_head"] == true)
    let inner = 12 * width * width + 13 * width
    let positions = model["positions"]?.integer ?? 0
    let total = layers * inner + (vocabulary + positions) * width + 2 * width
    #expect(model["parameters"] == .integer(total))
  }

  @Test func inspectSumsUpModules() throws {
    let result = try Ballast.run("inspect", tiny, "--tree", "--format", "json")
    let json = try JSONValue(parsing: result.text)
    let modules = try #require(json["modules"]?.array)
    let root = try #require(modules.first)
    #expect(root["name"] == "transformer" && root["parameters"] == 257_408)
    #expect(root["bytes"] == json["totals"]?["bytes"] && root["tensors"] == 52)
    let layers = try #require(modules.first { $0["name"] == "*" })
    #expect(layers["layers"] == 4 && layers["depth"] == 2 && layers["tensors"] == 48)
    let leaves = modules.filter { $0["shape"] != .null }
    #expect(leaves.compactMap { $0["parameters"]?.integer }.reduce(0, +) == 257_408)
    let text = try Ballast.run("inspect", tiny, "--tree").text
    #expect(text.contains("    * (4) ") && text.contains("GPT-2, 4 layers, 4 heads, 64 wide"))
    #expect(try Ballast.run("inspect", tiny, "--tree", "--format", "csv").status == 64)
  }

  @Test func inspectRecognisesTrainingRuns() throws {
    let path = Fixtures.path("torch/training-run-zip.pt")
    let json = try JSONValue(parsing: try Ballast.run("inspect", path, "--format", "json").text)
    #expect(json["training_run"]?["optimizer"] == "Adam")
    #expect((json["training_run"]?["moments"]?.integer ?? 0) > 0)
    #expect(json["model"] == .null)
  }

  @Test func statsWritesTheDocumentedColumns() throws {
    let result = try Ballast.run("stats", tiny, "--match", "*ln_f.weight", "--format", "csv")
    let columns = "name,dtype,count,min,max,mean,std,l2,zeros,nan,posinf,neginf,absmax,subnormals"
    #expect(result.text.hasPrefix(columns + "\r\n"))
  }

  @Test func statsHasHistogramsQuantilesAndLayers() throws {
    let result = try Ballast.run(
      "stats",
      tiny,
      "--match",
      "*.ln_1.weight",
      "--histogram",
      "5",
      "--quantiles",
      "0.5,0",
      "--format",
      "json"
    )
    let rows = try #require(try JSONValue(parsing: result.text)["tensors"]?.array)
    #expect(rows.count == 4)
    for row in rows {
      #expect(row["histogram"]?["edges"]?.array?.count == 6)
      let counts = try #require(row["histogram"]?["counts"]?.array).compactMap(\.integer)
      #expect(counts.count == 5 && counts.reduce(0, +) == 64)
      #expect(row["q0"] == row["min"] && row["q0.5"] != nil)
    }
    let layers = try Ballast.run("stats", tiny, "--by-layer", "--format", "json")
    let aggregates = try #require(try JSONValue(parsing: layers.text)["tensors"]?.array)
    let first = try #require(aggregates.first)
    #expect(first["name"]?.string?.contains(".h.*.") == true)
    #expect(first["layers"]?.array?.count == 4 && first["rms"]?.array?.count == 4)
    let table = try Ballast.run("stats", tiny)
    #expect(table.text.contains("█") && table.text.contains("[values.norm]"))
    #expect(try Ballast.run("stats", tiny, "--by-layer", "--histogram", "5").status == 64)
    #expect(try Ballast.run("stats", tiny, "--quantiles", "0.5,2").status == 64)
    #expect(try Ballast.run("stats", tiny, "--format", "csv", "--histogram", "5").status == 64)
  }
}
