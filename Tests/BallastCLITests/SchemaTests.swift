import BallastJSON
import BallastTestSupport
import Foundation
import Testing

/// What the commands print as JSON against the schemas in docs/schemas.
@Suite struct SchemaTests {
  private static let docs = URL(filePath: Fixtures.path("")).deletingLastPathComponent()
    .appending(path: "docs")

  private static func validator(_ name: String) throws -> SchemaValidator {
    try SchemaValidator(path: docs.appending(path: "schemas/\(name).json").path)
  }

  private static let model = Fixtures.path("tiny-gpt2")
  private static let types = Fixtures.path("containers/dtypes.safetensors")
  private static let run = Fixtures.path("torch/training-run-zip.pt")

  @Test(
    arguments: [
      ["inspect", model], ["inspect", types, run], ["inspect", model, "--tree"],
      ["inspect", Fixtures.path("containers/views-zip.pt")],
      ["inspect", Fixtures.path("formats/nanogpt")], ["inspect", Fixtures.path("gguf/types.gguf")],
      ["inspect", Fixtures.path("formats/openai")], ["stats", model], ["stats", types],
      ["stats", model, "--by-layer"],
      ["stats", types, "--histogram", "4", "--quantiles", "0,0.01,0.00001,1"],
      ["show", types, "f32"], ["show", Fixtures.path("numpy/complex.npy"), "array"],
      ["show", Fixtures.path("torch/bool-zip.pt"), "transposed"],
      ["show", types, "f32", "--slice", "0"], ["diff", model, model, "--all", "--metadata"],
      ["diff", model, types, "--metadata"], ["diff", types, run],
      ["diff", Fixtures.path("variants/erf"), Fixtures.path("variants/unscaled")],
      ["check", model], ["check", types, Fixtures.path("formats/llmc/micro.bin")],
      ["check", Fixtures.path("numpy/objects.npy")], ["scan", types],
      ["scan", Fixtures.path("torch"), Fixtures.path("numpy")],
      ["verify", model, "--reference", Fixtures.path("reference/tiny-gpt2.safetensors")],
      ["verify", model, "--against", model],
      ["bench", model, "--only", "prefill", "--repeat", "1"],
    ]
  )
  func outputFitsItsSchema(arguments: [String]) throws {
    let result = try Ballast.run(arguments + ["--format", "json"])
    #expect([0, 1].contains(result.status), "\(result.errors)")
    let output = try JSONValue(parsing: result.text)
    #expect(try Self.validator(arguments[0]).faults(in: output) == [])
  }

  /// The schemas refuse what they do not name: a key too many, one too few, another type.
  @Test(arguments: ["inspect", "stats", "diff", "check", "scan", "verify"])
  func aChangedKeyIsRefused(command: String) throws {
    let arguments =
      switch command {
      case "diff": [command, Self.model, Self.types]
      case "verify": [command, Self.model, "--against", Self.model]
      default: [command, Self.types]
      }
    let result = try Ballast.run(arguments + ["--format", "json"])
    let object = try #require(try JSONValue(parsing: result.text).object)
    let validator = try Self.validator(command)
    #expect(validator.faults(in: .object(object)) == [])
    var more = object
    more["more"] = 1
    #expect(!validator.faults(in: .object(more)).isEmpty)
    for key in object.members.map(\.key) {
      var less = object
      less[key] = nil
      #expect(!validator.faults(in: .object(less)).isEmpty, "without \(key)")
      var other = object
      other[key] = [[["a"]]]
      #expect(!validator.faults(in: .object(other)).isEmpty, "another \(key)")
    }
  }
}
