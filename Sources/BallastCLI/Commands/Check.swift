import BallastBytes
import BallastCheckpoint
import BallastCommandLine
import BallastFormats
import BallastInspection
import BallastJSON
import BallastModelIO
import BallastReport

/// `ballast check`: whether checkpoints are whole and sound.
struct Check: Command {
  static let configuration = CommandConfiguration(
    "check",
    abstract: "Check checkpoints against every rule of their formats.",
    discussion: """
      Reports violations of the format, checksums that do not hold, values that are NaN or \
      infinite, shards that are missing or stray, ties that disagree, and for a GPT-2 whatever \
      contradicts its configuration or its tokenizer: docs/checks.md lists every rule. Exits with \
      1 if there is a finding, and with 2 if a file cannot be read at all.
      """,
    examples: [
      CommandExample("ballast check gpt2/ --format json", "The findings, for a program."),
      CommandExample("ballast check *.safetensors && ./publish", "Go on only if all are sound."),
    ]
  )

  @Argument(value: "PATH", help: "A checkpoint or a folder with one.", completion: .file)
  var paths: [String]
  @OptionGroup var limits: LimitArguments<ReadingLimits>
  @Option(help: "How to write the findings.") var format = DocumentFormat.table

  func run(in context: Console) throws -> ExitCode {
    var objects: [JSONValue] = []
    var hasFindings = false
    var hasErrors = false
    for path in paths {
      let checked: CheckedPath
      do {
        checked = try at(path) { () throws(FormatError) in
          try CheckedPath(path, limits: limits.values, on: context)
        }
      } catch {
        guard !(error.error.fault is Interrupted) else { throw error }
        // The other paths are still worth a look.
        _ = ErrorReport(error).show(on: context)
        hasErrors = true
        continue
      }
      hasFindings = hasFindings || !checked.findings.isEmpty
      switch format {
      case .table: try context.print(checked.document)
      case .json: objects.append(checked.json)
      }
    }
    if format == .json, paths.count > 1 || !objects.isEmpty {
      try context.print(paths.count == 1 ? objects[0] : .array(objects))
    }
    return hasFindings ? .findings : hasErrors ? .failure : .success
  }
}

/// What was found at one path.
private struct CheckedPath {
  let path: String
  let findings: [IntegrityFinding]
  /// How many more there are, of rules that are broken very often.
  private let leftOut: Int
  private let checkpoint: Checkpoint?
  private let model: ModelCheck

  /// Checks all that lies at a path; throws where there is nothing, or no checkpoint.
  init(_ path: String, limits: ReadingLimits, on context: Console) throws(FormatError) {
    self.path = path
    var findings: [IntegrityFinding] = []
    var checkpoint: Checkpoint?
    var isWhole = true
    do {
      let survey = try Checkpoint.survey(path: path, limits: limits)
      checkpoint = survey.checkpoint
      isWhole = survey.faults.isEmpty
      findings += survey.faults.map { IntegrityFinding(.error, $0) }
    } catch {
      let around = FolderCheck.findings(at: path, checkpoint: nil, limits: limits)
      // A file that is not there, or is no checkpoint, cannot be checked.
      switch error.fault {
      case is InputOutputFault: throw error
      case is CheckpointFormatFault where around.isEmpty: throw error
      case is CheckpointFormatFault: break
      default: findings.append(IntegrityFinding(.error, error))
      }
    }
    findings += FolderCheck.findings(at: path, checkpoint: checkpoint, limits: limits)
    if let checkpoint {
      let total = IntegrityCheck.byteCount(of: checkpoint)
      let progress = Progress("Checking", total: total, unit: .bytes, on: context)
      findings += try IntegrityCheck.findings(in: checkpoint) { (done) throws(FormatError) in
        try Interruption.check()
        progress.advance(to: done)
      }
      progress.clear()
    }
    model = try ModelCheck(checkpoint, path: path, isWhole: isWhole) { (_) throws(FormatError) in
      try Interruption.check()
    }
    for warning in checkpoint?.warnings ?? [] where warning.fault.isRemark {
      context.notice("\(path): \(warning)".printable)
    }
    for notice in model.notices { context.notice("\(path): \(notice)".printable) }
    self.checkpoint = checkpoint
    let (listed, leftOut) = IntegrityFinding.listed(
      IntegrityFinding.ordered(findings + model.findings)
    )
    self.findings = listed
    self.leftOut = leftOut + model.leftOut
  }

  var document: Document {
    guard !findings.isEmpty else {
      return [.paragraph("\(path): no findings".printable, style: .green)]
    }
    let count = findings.count + leftOut
    let heading = count == 1 ? "1 finding" : "\(count) findings"
    var shown: Document = [
      .heading("\(path): \(heading)".printable), .findings(findings.map(\.finding)),
    ]
    if leftOut > 0 { shown.append(.paragraph("and \(leftOut) more of the same rules")) }
    return shown
  }

  var json: JSONValue {
    [
      "path": .string(path), "format": checkpoint.map { .string($0.format) } ?? .null,
      "checked": [
        "tensors": .integer(checkpoint?.tensors.count ?? 0),
        "checksums": .integer(checkpoint?.checksums.count ?? 0),
        "configuration": .bool(model.hasConfiguration), "tokenizer": .bool(model.hasTokenizer),
      ],
      "findings_left_out": .integer(leftOut), "findings": .array(findings.map(\.json)),
    ]
  }
}

extension IntegrityFinding {
  var finding: Finding {
    let place = [file, offset.map { "byte \($0)" }].compactMap(\.self).joined(separator: ", ")
    return Finding(
      severity == .error ? .error : .warning,
      rule: rule,
      message.printable,
      place: place.printable
    )
  }

  fileprivate var json: JSONValue {
    [
      "severity": .string(severity.rawValue), "rule": .string(rule), "message": .string(message),
      "file": file.map { .string($0) } ?? .null, "offset": offset.map { .integer($0) } ?? .null,
      "tensor": tensor.map { .string($0) } ?? .null,
    ]
  }
}
