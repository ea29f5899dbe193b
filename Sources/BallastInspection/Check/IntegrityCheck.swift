package import BallastBytes
package import BallastCheckpoint
import BallastParallel
import Synchronization

/// What a checkpoint's values and checksums are held to, whatever its format.
package enum IntegrityCheck {
  /// The rules about values, which no reader's fault stands for.
  package enum Rule {
    package static let checksum = "values.checksum"
    package static let finite = "values.finite"
  }

  /// The bytes that are read together between two looks at whether to go on.
  private static let batchBytes = 256 << 20

  /// The bytes that `findings` reads and counts in its progress.
  package static func byteCount(of checkpoint: Checkpoint) -> Int {
    checkpoint.checksums.reduce(0) { $0 &+ $1.byteCount }
      &+ checkedTensors(of: checkpoint).reduce(0) { $0 &+ $1.byteCount }
  }

  /// Checks the values of a checkpoint that could be opened, on all cores, and repeats its reader's
  /// warnings, but for what is only a remark.
  ///
  /// Tied tensors are read once. A tensor that cannot be read is a finding. Throws only what
  /// `progress` does, which gets the number of bytes that were read.
  package static func findings(
    in checkpoint: Checkpoint,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> [IntegrityFinding] {
    var findings = checkpoint.warnings.filter { !$0.fault.isRemark }.map {
      IntegrityFinding(.warning, $0)
    }
    let (checksums, done) = try wrongChecksums(checkpoint.checksums, progress: progress)
    findings += checksums
    let tensors = checkedTensors(of: checkpoint)
    let results = try StatisticsPass.results(of: tensors) { (bytes) throws(FormatError) in
      try progress(done &+ bytes)
    }
    for (tensor, result) in zip(tensors, results) {
      switch result {
      case .success(let summary) where summary.statistics.isFinite: continue
      case .success(let summary): findings.append(finding(tensor, summary.statistics))
      case .failure(let error):
        // What goes beyond a limit is not wrong by itself.
        let severity: IntegrityFinding.Severity = error.fault.limitName == nil ? .error : .warning
        findings.append(
          IntegrityFinding(severity, error.inFile(tensor.storage.file), tensor: tensor.name)
        )
      }
    }
    return findings
  }

  /// The tensors that have values which can be other than finite, those that are tied once.
  private static func checkedTensors(of checkpoint: Checkpoint) -> [TensorView] {
    checkpoint.tensors.filter {
      $0.dtype.holdsNonFinite && $0.shape.elementCount > 0 && checkpoint.tie(of: $0) == nil
    }
  }

  /// A finding for all bytes that do not have the checksum that their file states, or cannot be
  /// read; and the number of bytes that were.
  private static func wrongChecksums(
    _ checksums: [StoredChecksum],
    progress: (Int) throws(FormatError) -> Void
  ) throws(FormatError) -> ([IntegrityFinding], Int) {
    var findings: [IntegrityFinding] = []
    var done = 0
    var start = 0
    while start < checksums.count {
      var end = start
      var bytes = 0
      while end < checksums.count, bytes < batchBytes {
        bytes += checksums[end].byteCount
        end += 1
      }
      let batch = Array(checksums[start..<end])
      let found = Mutex([IntegrityFinding?](repeating: nil, count: batch.count))
      Parallel.forEachPartition(batch.count) { index in
        let finding = finding(batch[index])
        found.withLock { $0[index] = finding }
      }
      findings += found.withLock { $0 }.compactMap(\.self)
      done += bytes
      try progress(done)
      start = end
    }
    return (findings, done)
  }

  private static func finding(_ checksum: StoredChecksum) -> IntegrityFinding? {
    do {
      if try checksum.holds() { return nil }
    } catch {
      return IntegrityFinding(.error, error.inFile(checksum.file), tensor: checksum.tensor)
    }
    return IntegrityFinding(
      .error,
      rule: Rule.checksum,
      "\(checksum.subject) does not have its checksum",
      file: checksum.file,
      offset: checksum.fileOffset,
      tensor: checksum.tensor
    )
  }

  private static func finding(
    _ tensor: TensorView,
    _ statistics: TensorStatistics
  ) -> IntegrityFinding {
    let infinities = statistics.positiveInfinities + statistics.negativeInfinities
    let parts = [(statistics.notNumbers, "NaN"), (infinities, "infinite")]
      .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return IntegrityFinding(
      .error,
      rule: Rule.finite,
      "tensor \(quoted(tensor.name)) has values that are not finite: "
        + parts.joined(separator: ", "),
      file: tensor.storage.file,
      offset: tensor.fileOffset,
      tensor: tensor.name
    )
  }
}

extension DType {
  /// Whether there are elements of this type that are NaN or infinite.
  fileprivate var holdsNonFinite: Bool {
    switch self {
    case .c32, .c64, .c128: true
    // The types of four and six bits have neither.
    default: isFloatingPoint && (byteWidth != nil || block != nil)
    }
  }
}
