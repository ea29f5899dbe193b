package import BallastBytes
import BallastFormats

/// What the pickles of a file would do if they were run: nothing is.
///
/// Every pickle that can be found is read, whatever the file's name says and however broken the file
/// is: plain and stacked ones, those in archives and arrays, and those that pickles hold as bytes.
package struct PickleScan: Sendable {
  /// Something that a pickle should not do.
  package struct Finding: Sendable {
    package enum Severity: String, Sendable {
      /// It can run code.
      case dangerous
      /// It uses a package of which nothing is known.
      case unknown
    }

    package let severity: Severity
    /// The rule's name, such as "pickle.standard-library".
    package let rule: String
    package let message: String
    /// The member of an archive, and the place of a nested pickle, where it is not the file itself.
    package let file: String?
    /// The offset within the file or the member.
    package let offset: Int?
    /// The opcode that does it, as pickletools names it.
    package let opcode: String?
    /// The name that is imported, its module first.
    package let name: String?
    /// What it would be called with.
    package let arguments: String?
  }

  /// What was found, in the order of the file.
  package internal(set) var findings: [Finding] = []
  /// The number of pickles that were read.
  package internal(set) var pickleCount = 0
  /// The number of names that make data and nothing else.
  package internal(set) var dataNameCount = 0
  /// Parts that could not be read, and so were not scanned.
  package private(set) var unreadable: [FormatError] = []
  /// How many more such parts there were.
  package private(set) var omittedUnreadable = 0

  /// Findings of a severity are kept up to this number; one is enough to distrust a file, and many
  /// unknown names must not crowd out a dangerous one.
  static let maximumFindings = 1 << 8
  /// Parts that could not be read are told apart up to this number.
  static let maximumUnreadable = 1 << 5
  /// How many more there were.
  package private(set) var omittedCount = 0

  /// Scans a file, or what of it could be scanned until `shouldStop` is true.
  package init(
    of source: SharedBytes,
    limits: ScanLimits = .standard,
    shouldStop: @escaping () -> Bool = { false }
  ) {
    var scanner = PickleScanner(source, limits: limits, shouldStop: shouldStop)
    scanner.run()
    self = scanner.result
  }

  init() {}

  private var counts: [Finding.Severity: Int] = [:]

  /// Adds a part that could not be read; as with findings, there is an end to them.
  mutating func add(_ error: FormatError) {
    guard unreadable.count < Self.maximumUnreadable else {
      omittedUnreadable += 1
      return
    }
    // A member can be read as two things.
    guard !unreadable.contains(where: { $0.description == error.description }) else { return }
    unreadable.append(error)
  }

  mutating func add(_ finding: Finding) {
    guard hasRoom(for: finding.severity) else { return }
    keep(finding)
  }

  /// Adds what is to be said about a name, call by call, or counts it where it makes data only.
  mutating func add(_ name: PickleName, base: Int, file: String?) {
    guard let severity = name.severity else {
      dataNameCount += 1
      return
    }
    let calls: [PickleName.Call?] = name.calls.isEmpty ? [nil] : name.calls
    for (index, call) in calls.enumerated()
    where hasRoom(for: severity, isRepeated: index > 0) {
      keep(Finding(name, call, severity, base: base, file: file))
    }
    omittedCount += name.omittedCalls
  }

  /// Adds a finding about something odd.
  mutating func add(_ oddity: PickleOddity, base: Int, file: String?) {
    guard hasRoom(for: .dangerous) else { return }
    keep(Finding(oddity, base: base, file: file))
  }

  /// Whether a further finding is kept; if not, it is counted: making one takes longer than finding it.
  ///
  /// Further calls of a name take no room from other names.
  private mutating func hasRoom(
    for severity: Finding.Severity,
    isRepeated: Bool = false
  ) -> Bool {
    let maximum = isRepeated ? Self.maximumFindings / 4 : Self.maximumFindings
    guard counts[severity, default: 0] < maximum else {
      omittedCount += 1
      return false
    }
    return true
  }

  private mutating func keep(_ finding: Finding) {
    // What is searched can be come upon twice.
    guard !findings.contains(where: finding.isSame) else { return }
    counts[finding.severity, default: 0] += 1
    findings.append(finding)
  }
}

extension PickleScan.Finding {
  /// A finding about a call of a name, or its import.
  fileprivate init(
    _ name: PickleName,
    _ call: PickleName.Call?,
    _ severity: Severity,
    base: Int,
    file: String?
  ) {
    self.severity = severity
    let reason: String
    switch name.verdict {
    case .data, .loadsBytes:
      rule = "pickle.\(PickleOddity.Kind.oddCall.rawValue)"
      reason = "it makes data, but no pickler calls it so"
    case .unknown:
      rule = "pickle.unknown-package"
      reason = "a package that is not known"
    case .dangerous(let danger):
      rule = "pickle.\(danger.rawValue)"
      reason = danger.description
    }
    let path = name.shownPath
    let action = call.map { "calls \(path)\($0.arguments)" } ?? "imports \(path)"
    message = "\(action): \(reason)"
    self.file = file
    offset = (call?.offset ?? name.offset) - base
    opcode = (call?.opcode ?? name.opcode).name
    self.name = name.path
    arguments = call?.arguments
  }

  /// A finding about something odd.
  fileprivate init(_ oddity: PickleOddity, base: Int, file: String?) {
    self.init(
      rule: "pickle.\(oddity.kind.rawValue)",
      oddity.kind.description,
      file: file,
      offset: oddity.offset - base,
      opcode: oddity.opcode.name
    )
  }

  /// Whether another says the same of the same place.
  fileprivate func isSame(_ other: PickleScan.Finding) -> Bool {
    offset == other.offset && offset != nil && rule == other.rule && file == other.file
      && name.map(ExactString.init) == other.name.map(ExactString.init)
  }

  /// A finding that is about no name.
  init(
    _ severity: Severity = .dangerous,
    rule: String,
    _ message: String,
    file: String?,
    offset: Int? = nil,
    opcode: String? = nil
  ) {
    self.severity = severity
    self.rule = rule
    self.message = message
    self.file = file
    self.offset = offset
    self.opcode = opcode
    name = nil
    arguments = nil
  }
}

extension PickleName {
  /// How bad it is; nil where it makes data only.
  fileprivate var severity: PickleScan.Finding.Severity? {
    switch verdict {
    case .data, .loadsBytes: calls.isEmpty ? nil : .dangerous
    case .unknown: .unknown
    case .dangerous: .dangerous
    }
  }
}

extension PickleVerdict.Danger: CustomStringConvertible {
  /// Why such a name is dangerous.
  package var description: String {
    switch self {
    case .standardLibrary: "of Python's library only a few data classes are safe"
    case .installer: "it installs packages"
    case .library: "of torch and NumPy only their data classes are safe"
    case .process: "the package runs programs or code, or talks to a network"
    case .attributePath: "attributes of attributes lead anywhere"
    case .expression: "it is no path of identifiers, and TorchScript's loader evaluates such names"
    case .modulePath: "Python 2 imports a module whose name is a path from wherever that leads"
    case .borrowedName: "the name runs code in any module that imports it"
    }
  }
}
