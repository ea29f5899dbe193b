import BallastBytes

/// What the names of a file were judged to be: bytes can look like thousands of pickles that import the
/// same names, and the text of a finding takes longer than finding it.
final class PickleJudgements {
  /// Names that are remembered; others are judged every time.
  private static let maximumCount = 1 << 14

  /// Calls whose arguments are shown: many more than there can be findings.
  private static let maximumShown = 1 << 12

  struct Judgement {
    /// The module and the name in it, with a dot between them.
    let path: String
    let verdict: PickleVerdict
    let form: PickleForm?
  }

  private var judgements: [ExactString: Judgement] = [:]

  private var shown = 0
  private var compared = 0
  /// The values that were looked at to judge others, which costs time that opcodes do not tell.
  private var checked = 0
  /// So many of them cost as much as an opcode.
  private static let checksPerOpcode = 16
  /// What it costs to judge a name.
  private static let opcodesPerName = 8
  private static let checksPerByte = 4

  /// Notes that so many values are looked at.
  func check(_ count: Int) { checked += count }

  /// Notes that as much was done as for so many opcodes.
  func charge(_ opcodes: Int) { checked += opcodes * Self.checksPerOpcode }

  /// What was done besides reading opcodes, in opcodes.
  var effort: Int { checked / Self.checksPerOpcode }

  /// Whether the arguments of one more call are shown, the first of its name.
  func isWorthShowing() -> Bool {
    shown += 1
    return shown <= Self.maximumShown
  }

  /// Whether those of a further call are: however many there are, they take nothing from first ones.
  func isWorthComparing() -> Bool {
    compared += 1
    return compared <= Self.maximumShown
  }

  /// The judgement of a name; the key is module, line feed and name.
  func judgement(of key: ExactString, module: String, name: String) -> Judgement {
    check(Self.checksPerOpcode)
    if let known = judgements[key] { return known }
    charge(Self.opcodesPerName)
    check(Self.checksPerByte * (module.utf8.count + name.utf8.count))
    let judgement = Judgement(
      path: "\(module).\(name)",
      verdict: PickleVerdict(module: module, name: name),
      form: PickleForm.all[key]
    )
    if judgements.count < Self.maximumCount { judgements[key] = judgement }
    return judgement
  }
}
