import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastInspection
import BallastJSON
import BallastModelIO
import BallastTestSupport
import Testing

/// The sizes of a configuration, and its tokens, against the weights.
@Suite struct ModelSizeTests: ModelCheckSuite {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// A size that is another is told once, not once for each tensor.
  @Test(
    arguments: [
      ("n_embd", 8, 4), ("vocab_size", 9, 7), ("n_positions", 6, 5), ("n_inner", 17, 16),
    ]
  )
  func aSizeOfTheConfiguration(key: String, stated: Int, found: Int) throws {
    var json = TinyCheckpoint.configuration.json()
    json[key] = .integer(stated)
    // Four times the width unless it is said.
    if key == "n_embd" { json["n_inner"] = 16 }
    let check = try check(try outputs(), configuration: JSONValue.object(json).text())
    #expect(check.findings.map(\.rule) == ["model.other-size"])
    #expect(
      check.findings.first?.message
        == "\(key) is \(stated) in the configuration, and the weights have \(found)"
    )
  }

  /// What the configuration does not say it has by default, and that is not held to be its own word.
  @Test(
    arguments: [
      ("n_embd", 768, 4), ("vocab_size", 50257, 7), ("n_positions", 1024, 5),
    ]
  )
  func aSizeByDefault(key: String, stated: Int, found: Int) throws {
    let json = TinyCheckpoint.configuration.json().members.filter { $0.key != key }
    var object = JSONObject()
    for (key, value) in json { object[key] = value }
    if key == "n_embd" { object["n_inner"] = 16 }
    let check = try check(try outputs(), configuration: JSONValue.object(object).text())
    #expect(
      check.findings.map(\.message) == [
        "\(key) is \(stated) by default, and the weights have \(found)"
      ]
    )
  }

  @Test func tokensByDefault() throws {
    for isStated in [true, false] {
      var object = JSONObject()
      for (key, value) in TinyCheckpoint.configuration.json().members where key != "bos_token_id" {
        object[key] = value
      }
      if isStated { object["bos_token_id"] = 50256 }
      let check = try check(try outputs(), configuration: JSONValue.object(object).text())
      let what = isStated ? "50256" : "50256 by default"
      #expect(
        check.findings.map(\.message) == ["bos_token_id is \(what), and the embedding has 7 rows"]
      )
    }
  }

  /// Of inner widths that differ that of most layers counts, wherever the other one stands.
  @Test(arguments: 0..<3)
  func anInnerWidthThatIsOnlyOneLayers(odd: Int) throws {
    var configuration = TinyCheckpoint.configuration
    configuration.layers = 3
    let name = "h.\(odd).mlp.c_fc.weight"
    let outputs =
      try TinyCheckpoint.outputs(configuration).filter { $0.name != name }
      + [try TinyCheckpoint.tensor(name, [4, 15], from: 0)]
    let check = try check(outputs, configuration: JSONValue.object(configuration.json()).text())
    #expect(
      check.findings.map(\.message) == ["\(name) has the shape [15, 4] where [16, 4] is expected"]
    )
  }

  @Test func layersThatAreMissingOrTooMany() throws {
    let many = configuration { $0.layers = 1_000_000 }
    var found = try check(try outputs(), configuration: many).findings
    #expect(found.map(\.rule) == ["model.missing-layers"])
    #expect(found.first?.message.hasPrefix("layers 2 to 999999 of 1000000") == true)
    let few = configuration { $0.layers = 1 }
    found = try check(try outputs(), configuration: few).findings
    #expect(found.map(\.rule) == ["model.extra-layer"])
    #expect(found.first?.message.hasPrefix("layer 1 has weights, and n_layer is 1") == true)
    let gap = try outputs().filter { !$0.name.hasPrefix("h.0.") }
    found = try check(gap).findings
    #expect(found.map(\.rule) == ["model.missing-layers"])
    #expect(found.first?.message.hasPrefix("layer 0 of 2 has no weights") == true)
  }
}
