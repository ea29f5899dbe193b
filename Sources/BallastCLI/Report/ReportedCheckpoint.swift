import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastInspection
import BallastModelIO
import BallastReport

/// A checkpoint with all that a page tells about it.
struct ReportedCheckpoint {
  /// Something that was found, and the tensor that it is about.
  struct NamedFinding {
    let finding: Finding
    let tensor: String?
  }

  /// The parts that a histogram has.
  static let bins = 48
  /// The tensors whose values are read in one pass.
  private static let group = 64

  let path: String
  let checkpoint: Checkpoint
  /// What GPT-2 it is, and the state of what training run, if any.
  let model: ModelRecognition?
  let run: TrainingRecognition?
  /// Of each tensor; nil where its values cannot be read, for which `unread` has the reason.
  private(set) var statistics: [TensorStatistics?] = []
  private(set) var unread: [Int: String] = [:]
  private(set) var findings: [NamedFinding] = []
  /// The number of findings beyond them, of rules that are broken very often.
  private(set) var findingsLeftOut = 0
  /// The positions of the tensors that are listed, ascending: all of them, or so many.
  private(set) var listed: [Int] = []
  /// Of the tensors that are listed and have a finite value.
  private(set) var histograms: [Int: Histogram] = [:]

  var tensors: [TensorView] { checkpoint.tensors }

  /// Reads the values of all tensors of `checkpoint`, and of those that are listed once more.
  ///
  /// Of more than `rows` tensors those with a finding and then the largest are listed.
  ///
  /// What is recognised is recognised in `whole`, of which `checkpoint` may be a part.
  init(
    of checkpoint: Checkpoint,
    outOf whole: Checkpoint,
    at path: String,
    rows: Int,
    on context: Console
  ) throws(FormatError) {
    self.path = path
    self.checkpoint = checkpoint
    model = ModelRecognition(whole, path: path)
    run = TrainingRecognition(whole)
    let total = checkpoint.tensors.reduce(0) { $0 &+ $1.byteCount }
    let progress = Progress("Reading", total: 3 &* total, unit: .bytes, on: context)
    defer { progress.clear() }
    try readStatistics(progress)
    try find(progress, after: total)
    let check = try ModelCheck(whole, path: path) { (_) throws(FormatError) in
      try Interruption.check()
    }
    for notice in check.notices { context.notice("\(path): \(notice)".printable) }
    findingsLeftOut = check.leftOut
    findings += check.findings
      .map { NamedFinding(finding: $0.finding, tensor: $0.tensor) }
    findings = Self.ordered(findings)
    listed = chosen(rows)
    var done = 2 &* total
    for position in listed {
      histograms[position] = try histogram(of: position)
      done &+= tensors[position].byteCount
      progress.advance(to: done)
    }
  }

  private mutating func readStatistics(_ progress: Progress) throws(FormatError) {
    var done = 0
    for start in stride(from: 0, to: tensors.count, by: Self.group) {
      let group = Array(tensors[start..<min(start + Self.group, tensors.count)])
      let results = try StatisticsPass.results(of: group) { (bytes) throws(FormatError) in
        try Interruption.check()
        progress.advance(to: done &+ bytes)
      }
      for (index, result) in results.enumerated() {
        switch result {
        case .success(let summary): statistics.append(summary.statistics)
        case .failure(let error):
          guard error.fault is CheckpointFault else { throw error }
          statistics.append(nil)
          unread[start + index] = error.fault.description
        }
      }
      for tensor in group { done &+= tensor.byteCount }
    }
  }

  /// What is wrong before what is only odd, in the order in which it was found.
  private static func ordered(_ findings: [NamedFinding]) -> [NamedFinding] {
    Finding.Severity.allCases.flatMap { severity in
      findings.filter { $0.finding.severity == severity }
    }
  }

  /// What `check` and `stats` would find.
  private mutating func find(_ progress: Progress, after base: Int) throws(FormatError) {
    let integrity = try IntegrityCheck.findings(in: checkpoint) { (done) throws(FormatError) in
      try Interruption.check()
      progress.advance(to: base &+ done)
    }
    let known = Set(integrity.compactMap(\.tensor).map { ExactString($0) })
    var read: [(tensor: TensorView, statistics: TensorStatistics)] = []
    for (tensor, statistics) in zip(tensors, statistics) {
      guard let statistics, checkpoint.tie(of: tensor) == nil else { continue }
      read.append((tensor, statistics))
    }
    let values = try StatisticsFinding.findings(about: read, check: Interruption.check).filter {
      finding in
      // The check says the same, and where the values stand.
      if case .notFinite = finding.kind { return !known.contains(ExactString(finding.tensor)) }
      return true
    }
    findings = integrity.map { NamedFinding(finding: $0.finding, tensor: $0.tensor) }
    findings += values.map { found in
      var finding = found.finding
      finding.place = ""
      return NamedFinding(finding: finding, tensor: found.tensor)
    }
  }

  private func chosen(_ rows: Int) -> [Int] {
    guard tensors.count > rows else { return Array(tensors.indices) }
    let found = Set(findings.compactMap(\.tensor).map { ExactString($0) })
    let order = tensors.indices.map { position in
      (
        found.contains(ExactString(tensors[position].name)) ? 0 : 1, -tensors[position].byteCount,
        position
      )
    }
    return order.sorted { $0 < $1 }.prefix(rows).map(\.2).sorted()
  }

  private func histogram(of position: Int) throws(FormatError) -> Histogram? {
    guard let low = statistics[position]?.minimum, let high = statistics[position]?.maximum else {
      return nil
    }
    return try Histogram(
      of: tensors[position],
      in: low...high,
      bins: Self.bins,
      check: Interruption.check
    )
  }
}
