import BallastBytes
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// Pickles that Python made, and what Python's own unpickler makes of them.
@Suite struct PickleFixtureTests {
  private static let facts: JSONValue? = {
    guard let file = try? SharedBytes.mapping(path: Fixtures.path("pickle/cases.json")) else {
      return nil
    }
    return try? JSONValue(parsing: file.bytes)
  }()

  @Test func everyOpcodeOfPickletoolsIsKnownByItsName() throws {
    let opcodes = try #require(Self.facts?["opcodes"]?.object)
    let names = opcodes.members.map { "\($0.value.integer ?? -1) \($0.key)" }
    #expect(names.sorted() == PickleOpcode.allCases.map { "\($0.rawValue) \($0.name)" }.sorted())
  }

  @Test func readsWhatPythonReads() throws {
    let cases = try #require(Self.facts?["cases"]?.array)
    #expect(cases.count > 160)
    for example in cases {
      let digits = Array(try #require(example["hex"]?.string).utf8)
      let pickle = stride(from: 0, to: digits.count, by: 2).map {
        UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) ?? 0
      }
      // Sets, frozen sets and bytes are calls in the older protocols, which these values lack.
      #expect(try printed(pickle) == example["text"]?.string)
    }
  }
}
