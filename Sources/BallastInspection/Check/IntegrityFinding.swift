package import BallastBytes
import Synchronization

/// Something that is wrong with a checkpoint, or suspicious.
package struct IntegrityFinding: Hashable, Sendable {
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

  /// A finding out of what a reader refused, or accepted with a warning; `details` go on from what
  /// the fault says.
  package init(
    _ severity: Severity,
    _ error: FormatError,
    tensor: String? = nil,
    details: String = ""
  ) {
    self.init(
      severity,
      rule: Self.rule(of: error.fault),
      error.fault.description + details + (error.fault.limitName.map { " (limit \($0))" } ?? ""),
      file: error.file,
      offset: error.offset,
      tensor: tensor
    )
  }

  /// How many findings of one rule are listed: a small file can break a rule a million times.
  package static let maximumOfRule = 1000

  /// The first findings of each rule, and the number of those that are left out.
  package static func listed(
    _ findings: [IntegrityFinding]
  ) -> (findings: [IntegrityFinding], leftOut: Int) {
    var counts: [String: Int] = [:]
    let listed = findings.filter { finding in
      counts[finding.rule, default: 0] += 1
      return counts[finding.rule, default: 0] <= maximumOfRule
    }
    return (listed, findings.count - listed.count)
  }

  /// Errors before warnings, each in their order.
  package static func ordered(_ findings: [IntegrityFinding]) -> [IntegrityFinding] {
    findings.filter { $0.severity == .error } + findings.filter { $0.severity == .warning }
  }
}

extension IntegrityFinding {
  /// The name of the rule that was broken: the format, and the fault where there are several.
  package static func rule(of fault: some FormatFault) -> String {
    knownRules.withLock { known in
      let type = ObjectIdentifier(Swift.type(of: fault))
      let isEnumeration =
        known[type]?.isEnumeration ?? (Mirror(reflecting: fault).displayStyle == .enum)
      // Safe: the runtime gives the name of an enumeration's case, a constant of the program.
      let name = isEnumeration ? unsafe caseName(of: fault) : nil
      let place = UInt(bitPattern: name)
      if let rule = known[type]?.rules[place] { return rule }
      let text = unsafe name.map { unsafe String(cString: $0) }
      let rule = rule(fault: String(describing: Swift.type(of: fault)), case: text)
      known[type, default: KnownRules(isEnumeration: isEnumeration)].rules[place] = rule
      return rule
    }
  }

  /// The rules of a type of faults by where the names of its cases stand in the program: a file can
  /// break one rule a hundred thousand times.
  private struct KnownRules {
    let isEnumeration: Bool
    var rules: [UInt: String] = [:]
  }

  private static let knownRules = Mutex<[ObjectIdentifier: KnownRules]>([:])

  /// The name of the rule that a case of an enumeration of faults stands for: `TorchZipFault` and
  /// `badMember` are "torch-zip.bad-member".
  package static func rule(fault: String, case name: String?) -> String {
    let type = fault.hasSuffix("Fault") ? String(fault.dropLast("Fault".count)) : fault
    return [type, name].compactMap { $0?.kebabCased }.joined(separator: ".")
  }
}

extension String {
  /// "headerTooLarge" as "header-too-large", "GGUFModel" as "gguf-model", and "NumPy" as one word.
  fileprivate var kebabCased: String {
    let characters = Array(self)
    var result = ""
    for (index, character) in characters.enumerated() {
      if character.isUppercase, index > 0 {
        let endsWord = !characters[index - 1].isUppercase
        let startsWord = index + 1 < characters.count && characters[index + 1].isLowercase
        if endsWord || startsWord { result += "-" }
      }
      result += character.lowercased()
    }
    for (parts, word) in [("num-py", "numpy"), ("d-type", "dtype")] where result.hasSuffix(parts) {
      result = result.dropLast(parts.count) + word
    }
    return result
  }
}

/// The name of the case that an enumeration has as its value: what `print` writes of one that does
/// not describe itself.
///
/// A mirror shows it for cases with values alone, and the faults describe themselves.
@_silgen_name("swift_EnumCaseName")
private func caseName<Enumeration>(of value: Enumeration) -> UnsafePointer<CChar>?
