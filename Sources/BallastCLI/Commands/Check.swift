import BallastBytes
import BallastCheckpoint
import BallastCommandLine
import BallastFormats
import BallastGPT2
import BallastInspection
import BallastJSON
import BallastModelIO
import BallastReport
import BallastTokenizer

/// `ballast check`: whether a checkpoint is whole and sound.
struct Check: Command {
  static let configuration = CommandConfiguration(
    "check",
    abstract: "Check a checkpoint against every rule of its format.",
    discussion: """
      Reports violations of the format, values that are NaN or infinite, and for a GPT-2 whatever \
      contradicts its configuration. Exits with 1 if there is a finding, and with 2 if the file \
      cannot be read at all.
      """,
    examples: [CommandExample("ballast check gpt2/ --format json", "The findings, for a program.")]
  )

  @Argument(value: "PATH", help: "A checkpoint or a folder with one.", completion: .file)
  var path: String
  @OptionGroup var limits: LimitArguments<ReadingLimits>
  @Option(help: "How to write the findings.") var format = DocumentFormat.table

  func run(in context: Console) throws -> ExitCode {
    let findings = try at(path) { () throws(FormatError) in try self.findings(on: context) }
    switch format {
    case .json: try context.print(["findings": .array(findings.map(\.json))])
    case .table:
      if findings.isEmpty {
        try context.print([.paragraph("\(path): no findings", style: .green)])
      } else {
        try context.print([.findings(findings.map(\.finding))])
      }
    }
    return findings.isEmpty ? .success : .findings
  }

  private func findings(on context: Console) throws(FormatError) -> [IntegrityFinding] {
    let checkpoint: Checkpoint
    do {
      checkpoint = try Checkpoint.open(path: path, limits: limits.values)
    } catch {
      // A file that is not there, or is no checkpoint, cannot be checked.
      if error.fault is InputOutputFault || error.fault is CheckpointFormatFault { throw error }
      return [IntegrityFinding(.error, error)]
    }
    let total = checkpoint.tensors.reduce(0) { $0 &+ $1.byteCount }
    let progress = Progress("Checking", total: total, unit: .bytes, on: context)
    let findings = try IntegrityCheck.findings(in: checkpoint) { (done) throws(FormatError) in
      try Interruption.check()
      progress.advance(to: done)
    }
    progress.clear()
    return findings + Self.modelFindings(checkpoint, at: path, on: context)
  }

  /// What contradicts the configuration, if the tensors are those of a GPT-2.
  static func modelFindings(
    _ checkpoint: Checkpoint,
    at path: String,
    on context: Console
  ) -> [IntegrityFinding] {
    do throws(FormatError) {
      let model = try OpenedModel(checkpoint, path: path)
      for notice in model.notices { context.notice("\(path): \(notice)".printable) }
      guard let tokenizer = try? model.loadTokenizer(),
        tokenizer.vocabularySize > model.configuration.vocabularySize
      else { return [] }
      let sizes = (tokenizer.vocabularySize, model.configuration.vocabularySize)
      return [
        IntegrityFinding(
          .warning,
          rule: "model.vocabulary",
          "the tokenizer has \(sizes.0) tokens, the model \(sizes.1)"
        )
      ]
    } catch {
      // Other checkpoints are not checked against a model, nor is one that has no configuration.
      switch error.fault as? ModelFault {
      case .notGPT2: return []
      case .noConfiguration, .unknownHeads:
        context.notice(
          "\(path): no config.json: the weights were not checked against a configuration"
        )
        return []
      default: return [IntegrityFinding(.error, error)]
      }
    }
  }
}

extension IntegrityFinding {
  var finding: Finding {
    let place = [file, offset.map { "byte \($0)" }].compactMap(\.self).joined(separator: ", ")
    return Finding(severity == .error ? .error : .warning, rule: rule, message, place: place)
  }

  fileprivate var json: JSONValue {
    [
      "severity": .string(severity.rawValue), "rule": .string(rule), "message": .string(message),
      "file": file.map { .string($0) } ?? .null, "offset": offset.map { .integer($0) } ?? .null,
      "tensor": tensor.map { .string($0) } ?? .null,
    ]
  }
}
