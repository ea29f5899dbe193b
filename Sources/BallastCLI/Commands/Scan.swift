import BallastBytes
import BallastCommandLine
import BallastInspection
import BallastJSON
import BallastReport
import FoundationEssentials

/// `ballast scan`: what the pickles in files would do.
struct Scan: Command {
  static let configuration = CommandConfiguration(
    "scan",
    abstract: "Report what the pickles in files would do if they were run.",
    discussion: """
      Reads every pickle it can find, in archives, arrays and other pickles too, whatever the \
      files are called and however broken they are. Nothing is run. Names that only make data are \
      safe; the rest of Python, torch and NumPy is dangerous, and so are packages that start \
      programs. Other packages are reported as unknown. Exits with 1 if something is dangerous, \
      and with 2 if a file, or a part of one, cannot be read.
      """,
    examples: [
      CommandExample("ballast scan pytorch_model.bin", "Whether it is safe to load elsewhere."),
      CommandExample(
        "ballast scan downloads/ --strict --format json",
        "Every file of a folder; unknown packages fail too."
      ),
    ]
  )

  @Argument(value: "PATH", help: "A file, or a folder of files.", completion: .file)
  var paths: [String]
  @Flag(help: "Fail on packages of which nothing is known, too.") var strict = false
  @OptionGroup var limits: LimitArguments<ScanLimits>
  @Option(help: "How to write the findings.") var format = DocumentFormat.table

  func run(in context: Console) throws -> ExitCode {
    var objects: [JSONValue] = []
    var hasFindings = false
    var hasErrors = false
    let entries = paths.flatMap { FolderFiles(at: $0).entries }
    for entry in entries {
      let path = entry.path
      let scan: PickleScan
      do {
        try Interruption.check()
        if let error = entry.error { throw PathError(path: path, error: error) }
        let source = try at(path) { () throws(FormatError) in try SharedBytes.mapping(path: path) }
        scan = PickleScan(of: source, limits: limits.values) { Interruption.signal != nil }
        try Interruption.check()
      } catch let error as PathError {
        // The other files are still worth a look.
        _ = ErrorReport(error, takesLimits: false).show(on: context)
        hasErrors = true
        continue
      }
      for error in scan.unreadable {
        // The limits that a reader names are not those of this command.
        let report = ErrorReport(PathError(path: path, error: error), takesLimits: false)
        _ = report.show(on: context)
        hasErrors = true
      }
      if scan.omittedUnreadable > 0 {
        let count = scan.omittedUnreadable
        context.notice("\(path): \(count) more parts could not be read".printable)
      }
      hasFindings = hasFindings || scan.findings.contains { strict || $0.severity == .dangerous }
      switch format {
      case .table: try context.print(document(path, scan))
      case .json: objects.append(json(path, scan))
      }
    }
    if format == .json {
      let isOne = entries.count == 1 && objects.count == 1
      try context.print(isOne ? objects[0] : .array(objects))
    }
    // A finding beats an error: a broken file with a payload is a payload.
    return hasFindings ? .findings : hasErrors ? .failure : .success
  }

  private func document(_ path: String, _ scan: PickleScan) -> Document {
    let pickles = scan.pickleCount == 1 ? "1 pickle" : "\(scan.pickleCount) pickles"
    let name = path.printable
    guard !scan.findings.isEmpty else {
      let found = scan.pickleCount == 0 ? "no pickle" : "\(pickles), nothing but data"
      guard scan.unreadable.isEmpty else {
        return [.paragraph("\(name): \(found) in what could be read", style: .yellow)]
      }
      return [.paragraph("\(name): \(found)", style: scan.pickleCount == 0 ? .plain : .green)]
    }
    var shown: Document = [
      .heading("\(name): \(pickles)"), .findings(scan.findings.map(finding)),
    ]
    if scan.omittedCount > 0 { shown.append(.paragraph("and \(scan.omittedCount) more findings")) }
    return shown
  }

  private func finding(_ finding: PickleScan.Finding) -> Finding {
    let isError = strict || finding.severity == .dangerous
    let place = [finding.file, finding.offset.map { "byte \($0)" }, finding.opcode]
      .compactMap(\.self).joined(separator: ", ")
    return Finding(
      isError ? .error : .warning,
      rule: finding.rule,
      finding.message.printable,
      place: place.printable
    )
  }

  private func json(_ path: String, _ scan: PickleScan) -> JSONValue {
    [
      "path": .string(path), "pickles": .integer(scan.pickleCount),
      "data_names": .integer(scan.dataNameCount),
      "findings_left_out": .integer(scan.omittedCount),
      "unreadable_left_out": .integer(scan.omittedUnreadable),
      "unreadable": .array(scan.unreadable.map { .string($0.description) }),
      "findings": .array(
        scan.findings.map { finding in
          [
            "severity": .string(finding.severity == .dangerous ? "error" : "warning"),
            "rule": .string(finding.rule), "message": .string(finding.message),
            "file": finding.file.map { .string($0) } ?? .null,
            "offset": finding.offset.map { .integer($0) } ?? .null,
            "opcode": finding.opcode.map { .string($0) } ?? .null,
            "name": finding.name.map { .string($0) } ?? .null,
            "arguments": finding.arguments.map { .string($0) } ?? .null,
          ]
        }
      ),
    ]
  }
}
