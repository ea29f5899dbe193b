import BallastJSON
import BallastTestSupport
import Foundation
import Testing

/// `ballast bench`, run as a program.
@Suite struct BenchTests {
  private let tiny = Fixtures.path("tiny-gpt2")

  private func run(_ arguments: String...) throws -> JSONValue {
    let result = try Ballast.run(["bench", tiny, "--format", "json"] + arguments)
    #expect(result.status == 0, "\(result.errors)")
    return try JSONValue(parsing: result.text)
  }

  @Test func everyWorkIsTimed() throws {
    let json = try run("--repeat", "2", "--dropout", "0.1", "--shape", "2x16")
    let works = try #require(json["work"]?.array)
    let names = works.map { $0["name"]?.string ?? "" }
    #expect(names.map { $0.split(separator: " ")[0] } == ["forward", "prefill", "decode", "train"])
    #expect(works.map { $0["tokens"]?.integer }.first == 32)
    for work in works {
      let seconds = work["seconds"]?.array?.compactMap(\.number) ?? []
      #expect(seconds.count == 2 && seconds.allSatisfy { $0 > 0 })
      let tokens = Double(work["tokens"]?.integer ?? 0)
      let rate = try #require(work["tokens_per_second"]?.number)
      #expect(abs(rate - tokens * 2 / (seconds[0] + seconds[1])) <= 1e-6 * rate)
      let shares = work["profile"]?.array?.compactMap { $0["share"]?.number } ?? []
      #expect(shares.count > 3 && shares.reduce(0, +) <= 1)
    }
    let trained = works[3]["profile"]?.array?.compactMap { $0["operation"]?.string } ?? []
    #expect(
      Set(["linear gradient", "head gradient", "attention gradient", "optimizer", "dropout"])
        .isSubset(of: trained)
    )
    #expect((json["limits"]?["operations_per_second"]?.number ?? 0) > 0)
  }

  /// Every weight of a block is multiplied once a token, forward, and twice more on the way back.
  @Test func operationsAreThoseOfTheModel() throws {
    let config = try JSONValue(contentsOf: tiny + "/config.json")
    let width = try #require(config["n_embd"]?.integer)
    let layers = try #require(config["n_layer"]?.integer)
    let vocabulary = try #require(config["vocab_size"]?.integer)
    let json = try run("--only", "train", "--repeat", "1", "--shape", "2x16")
    let profile = try #require(json["work"]?.array?.first?["profile"]?.array)
    func operations(_ name: String) -> Double? {
      profile.first { $0["operation"]?.string == name }?["operations"]?.number
    }
    let blocks = Double(2 * 32 * layers * 12 * width * width)
    let head = Double(2 * 32 * width * vocabulary)
    #expect(operations("linear") == blocks && operations("linear gradient") == 2 * blocks)
    #expect(operations("head") == head && operations("head gradient") == 2 * head)
  }

  @Test func tablesForPeople() throws {
    let result = try Ballast.run(
      "bench",
      tiny,
      "--only",
      "decode",
      "--only",
      "prefill",
      "--repeat",
      "1"
    )
    #expect(result.status == 0 && result.text.contains("tokens/s"))
    #expect(!result.text.contains("gradient"))
    #expect(result.text.contains("between them") && result.text.contains("limits measured"))
  }

  @Test func misuseIsRefused() throws {
    for shape in ["4", "4x", "x", "4x4x4"] {
      let result = try Ballast.run("bench", tiny, "--shape", shape)
      #expect(result.status == 64 && result.errors.contains("BxT"), "\(shape): \(result.errors)")
    }
    for shape in ["0x4", "4x-1", "5000x4"] {
      let result = try Ballast.run("bench", tiny, "--shape", shape)
      #expect(result.status == 64 && result.errors.contains("1 to 4096"), "\(result.errors)")
    }
    let idle = try Ballast.run("bench", tiny, "--only", "prefill", "--shape", "2x8")
    #expect(idle.status == 64 && idle.errors.contains("'--shape'"), "\(idle.errors)")
    let long = try Ballast.run("bench", tiny, "--only", "forward", "--shape", "1x60000")
    #expect(long.status == 2 && long.errors.contains("positions"), "\(long.errors)")
  }
}
