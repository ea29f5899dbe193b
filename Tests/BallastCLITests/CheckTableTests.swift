import BallastInspection
import BallastTestSupport
import Foundation
import Testing

/// docs/checks.md against the faults in the sources: every rule that can be found is in the table, and
/// every rule in the table can be found.
@Suite struct CheckTableTests {
  /// A case of an enumeration of faults, and what is said of it.
  private struct FaultCase {
    let rule: String
    let comment: String
  }

  /// Enumerations whose faults concern other commands.
  private static let otherCommands: Set = [
    "ConversionFault", "GenerationFault", "ModelInputFault", "ParityFault", "ScanFault",
    "AdapterFault", "RunCheckpointFault", "TrainingDataFault", "LogFault", "Fault",
  ]

  /// What `check` never tells as a finding, and why.
  private static let exceptions: [String: String] = [
    "byte.not-regular-file": "a path to be written",
    "byte.not-mappable": "a path that was given",
    "machine.built-without-one-dnn": "nothing is run", "machine.no-one-dnn": "nothing is run",
    "machine.no-b-float16": "nothing is run",
    "checkpoint.too-many-dimensions": "show's",
    "checkpoint.no-such-tensor": "a name that was given", "checkpoint.bad-slice": "given as well",
    "checkpoint-format.no-checkpoint-in-folder": "an error: there is nothing to check",
    "checkpoint-format.adapter-alone": "an error as well", "byte.no-size": "scan's",
    "configuration.other-model": "not a GPT-2", "configuration.cross-attention": "a note",
    "gguf-model.other-architecture": "not a GPT-2", "gguf-model.other-tokenizer": "a note",
    "model.no-configuration": "a note", "model.unknown-heads": "a note",
    "model.output-exists": "a path to be written",
    "model.output-is-folder": "a path to be written", "model.shadowed": "a path to be written",
    "model.native-folder": "a path to be written", "tokenizer.no-tokenizer": "nothing to check",
    "tokenizer.unsupported": "a note", "tokenizer.unknown-token": "an id that was given",
    "tokenizer.present": "a token that was given",
  ]

  private static let root = URL(filePath: Fixtures.path("")).deletingLastPathComponent()

  /// The cases of all enumerations of faults in Sources, but for other commands'.
  private static func faultCases() throws -> [FaultCase] {
    let files = try FileManager.default.subpathsOfDirectory(atPath: root.path + "/Sources")
    var cases: [FaultCase] = []
    for file in files where file.hasSuffix(".swift") {
      let text = try String(contentsOf: root.appending(path: "Sources/" + file), encoding: .utf8)
      var type: String?
      var comment: [Substring] = []
      var isNested = false
      for line in text.split(separator: "\n").map({ $0.drop { $0 == " " } }) {
        if let match = line.firstMatch(of: /enum (\w*Fault): FormatFault \{/) {
          type = otherCommands.contains(String(match.1)) ? nil : String(match.1)
          comment = []
        } else if line.contains(/enum \w+: String/) {
          isNested = true
        } else if line == "}" {
          isNested = false
        } else if line.contains("var ") {
          type = nil
        } else if line.hasPrefix("///") {
          comment.append(line.dropFirst(3))
        } else if let type, !isNested, let match = line.firstMatch(of: /^case (\w+)/) {
          let rule = IntegrityFinding.rule(fault: type, case: String(match.1))
          cases.append(FaultCase(rule: rule, comment: comment.joined()))
          comment = []
        } else if !line.hasPrefix("//") {
          comment = []
        }
      }
    }
    return cases
  }

  /// The rows of the tables: rule and severity.
  private static func table() throws -> [(rule: String, severity: String)] {
    let text = try String(contentsOf: root.appending(path: "docs/checks.md"), encoding: .utf8)
    return text.matches(of: /\n\| `([a-z0-9.-]+)` \| (error|warning) \| [^|]+ \| [^|]+ \|/).map {
      (String($0.1), String($0.2))
    }
  }

  @Test func theTableIsComplete() throws {
    let cases = try Self.faultCases()
    #expect(cases.count > 200)
    let found = cases.filter {
      !$0.comment.contains("Only for writers") && !$0.comment.contains("A remark")
        && Self.exceptions[$0.rule] == nil
    }
    var expected = Set(found.map(\.rule))
    // Rules that no enumeration's case stands for.
    expected.formUnion([
      IntegrityCheck.Rule.finite, IntegrityCheck.Rule.checksum, "input-output",
    ])
    let table = try Self.table()
    let rules = Set(table.map(\.rule))
    #expect(rules.count == table.count, "a rule stands in the table twice")
    #expect(expected.subtracting(rules).sorted() == [])
    #expect(rules.subtracting(expected).sorted() == [])
    // An exception that no case stands for any more is none.
    #expect(Set(Self.exceptions.keys).subtracting(cases.map(\.rule)).sorted() == [])
  }

  @Test func severitiesAreThoseOfTheSources() throws {
    let comments = Dictionary(
      try Self.faultCases().map { ($0.rule, $0.comment) },
      uniquingKeysWith: { first, _ in first }
    )
    for (rule, severity) in try Self.table() {
      let isWarning = comments[rule]?.contains("A warning") ?? false
      #expect((severity == "warning") == isWarning, "\(rule)")
    }
  }
}
