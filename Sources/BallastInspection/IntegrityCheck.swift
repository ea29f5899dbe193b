package import BallastBytes
package import BallastCheckpoint
import BallastFormats

/// Something that is wrong with a checkpoint, or suspicious.
package struct IntegrityFinding: Sendable {
  /// How much it matters.
  package enum Severity: String, Sendable {
    case error
    case warning
  }

  package let severity: Severity
  /// The rule's name, such as "safetensors.hole".
  package let rule: String
  package let message: String
  package let file: String?
  package let offset: Int?
  package let tensor: String?

  package init(
    _ severity: Severity,
    rule: String,
    _ message: String,
    file: String? = nil,
    offset: Int? = nil,
    tensor: String? = nil
  ) {
    self.severity = severity
    self.rule = rule
    self.message = message
    self.file = file
    self.offset = offset
    self.tensor = tensor
  }

  /// A finding out of what a reader refused, or accepted with a warning.
  package init(_ severity: Severity, _ error: FormatError) {
    self.init(
      severity,
      rule: error.fault.rule,
      error.fault.description + (error.fault.limitName.map { " (limit \($0))" } ?? ""),
      file: error.file,
      offset: error.offset
    )
  }
}

extension FormatFault {
  /// The name of the rule that was broken: the format, and the fault where it has details.
  fileprivate var rule: String {
    let type = String(describing: Self.self).replacingSuffix("Fault", with: "")
    let mirror = Mirror(reflecting: self)
    let detail = mirror.displayStyle == .enum ? mirror.children.first?.label : nil
    return [type, detail].compactMap { $0?.kebabCased }.joined(separator: ".")
  }
}

/// Every rule of the format, and the values.
package enum IntegrityCheck {
  /// Checks the values of a checkpoint that could be opened, and repeats its reader's warnings.
  package static func findings(
    in checkpoint: Checkpoint,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> [IntegrityFinding] {
    var findings = checkpoint.warnings.map { IntegrityFinding(.warning, $0) }
    var done = 0
    for checksum in checkpoint.checksums {
      let found = try finding(checksum) { () throws(FormatError) in try progress(0) }
      if let found { findings.append(found) }
    }
    for tensor in checkpoint.tensors {
      done &+= tensor.byteCount
      try progress(done)
      guard checkpoint.tie(of: tensor) == nil, tensor.dtype.isFloatingPoint,
        tensor.dtype.byteWidth != nil || tensor.dtype.block != nil
      else { continue }
      let statistics: TensorStatistics
      do {
        statistics = try TensorStatistics(of: tensor)
      } catch {
        guard error.fault is CheckpointFault else { throw error }
        findings.append(IntegrityFinding(.warning, error))
        continue
      }
      if !statistics.isFinite { findings.append(finding(tensor, statistics)) }
    }
    return findings
  }

  /// A finding where bytes do not have the checksum that the file states.
  private static func finding(
    _ checksum: StoredChecksum,
    progress: () throws(FormatError) -> Void
  ) throws(FormatError) -> IntegrityFinding? {
    if try checksum.holds(progress: progress) { return nil }
    return IntegrityFinding(
      .error,
      rule: "values.checksum",
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
      rule: "values.finite",
      "tensor \(quoted(tensor.name)) has values that are not finite: "
        + parts.joined(separator: ", "),
      file: tensor.storage.file,
      offset: tensor.fileOffset,
      tensor: tensor.name
    )
  }
}

extension String {
  fileprivate func replacingSuffix(_ suffix: String, with replacement: String) -> String {
    hasSuffix(suffix) ? dropLast(suffix.count) + replacement : self
  }

  /// "headerTooLarge" as "header-too-large", and "JSON" as "json".
  fileprivate var kebabCased: String {
    var result = ""
    var previous: Character?
    for character in self {
      if character.isUppercase, let previous, !previous.isUppercase { result += "-" }
      result += character.lowercased()
      previous = character
    }
    return result
  }
}
