import BallastBytes
import BallastInspection

/// Names for a line of text, where those of which one number counts up are one run: h.0.attn.bias
/// to h.11.attn.bias.
package struct NameRuns {
  private struct Run {
    var names: [String]
    /// What the names have in common, once there are two.
    var family: LayeredName.Family?
  }

  private var runs: [Run] = []
  /// For what may go on, the number that it stands at, and its run.
  private var latest: [LayeredName.Family: (run: Int, number: Int)] = [:]

  /// Gathers names; what stands between those of a run comes behind it.
  package init(_ names: [String]) {
    for name in names { append(name) }
  }

  private mutating func append(_ name: String) {
    let numbers = Self.numbers(of: name)
    for (family, number) in numbers {
      guard let last = latest[family], last.number < number, last.number + 1 == number,
        runs[last.run].family == nil || runs[last.run].family == family
      else { continue }
      runs[last.run].names.append(name)
      runs[last.run].family = family
      latest[family] = (last.run, number)
      return
    }
    for (family, number) in numbers { latest[family] = (runs.count, number) }
    runs.append(Run(names: [name]))
  }

  /// The numbers of a name that may count up: that of its layer, and the one at its end.
  private static func numbers(of name: String) -> [(family: LayeredName.Family, number: Int)] {
    let layered = LayeredName(name)
    var numbers: [(family: LayeredName.Family, number: Int)] = []
    if let layer = layered.layer { numbers.append((layered.family, layer)) }
    let digits = name.utf8.reversed().prefix { (0x30...0x39).contains($0) }.count
    if let number = Int(name.suffix(digits)) {
      let before = ExactString(String(name.dropLast(digits)))
      numbers.append((.init(before: before, after: ExactString("")), number))
    }
    // 01 is no number that counts up: what stood between 01 and 3 would be a guess.
    return numbers.filter { family, number in
      let length = name.utf8.count - family.before.count - (family.after?.count ?? 0)
      return length == String(number).utf8.count
    }
  }

  /// The first of the runs, and how many names are not among them.
  package func text(atMost maximum: Int) -> String {
    let shown = runs.prefix(maximum).map { run in
      let names = run.names
      return names.count > 2
        ? "\(names[0]) … \(names[names.count - 1])" : names.joined(separator: ", ")
    }
    let more = runs.dropFirst(maximum).reduce(0) { $0 + $1.names.count }
    return shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }
}

extension ExactString {
  fileprivate var count: Int { string.utf8.count }
}
