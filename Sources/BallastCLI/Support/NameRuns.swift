import BallastBytes

/// Names for a line of text, where those of which one number counts up are one run: h.0.attn.bias
/// to h.11.attn.bias.
package struct NameRuns {
  /// What names have in common of which a number counts up: all but that, and where it stands.
  private struct Family: Hashable {
    let rest: ExactString
    let place: Int
  }

  /// Of a name so many numbers are looked at.
  private static let maximumNumbers = 4
  /// Longer names are not looked at.
  private static let maximumBytes = 1000
  /// Two names are shorter than a run of two.
  private static let shortestRun = 3

  /// Names that are shown as one, or alone.
  private let runs: [[String]]

  /// Gathers names; a run stands where its first name does.
  package init(_ names: [String]) {
    let numbers = names.map(Self.numbers)
    // A name goes with the most others: h.0.ln_1.bias with the other layers, not with ln_2.
    var sizes: [Family: Int] = [:]
    for (family, _) in numbers.joined() { sizes[family, default: 0] += 1 }
    var members: [Family: [(number: Int, position: Int)]] = [:]
    for (position, numbers) in numbers.enumerated() {
      var best: (family: Family, number: Int, size: Int)?
      for (family, number) in numbers {
        let size = sizes[family, default: 0]
        if size >= Self.shortestRun, size > best?.size ?? 0 { best = (family, number, size) }
      }
      if let best { members[best.family, default: []].append((best.number, position)) }
    }
    var runs: [[Int]?] = names.indices.map { [$0] }
    for members in members.values {
      for stretch in Self.stretches(of: members) where stretch.count >= Self.shortestRun {
        for position in stretch { runs[position] = nil }
        if let first = stretch.min() { runs[first] = stretch }
      }
    }
    self.runs = runs.compactMap { $0?.map { names[$0] } }
  }

  /// The positions of those whose numbers follow one another, in the order of the numbers.
  private static func stretches(of members: [(number: Int, position: Int)]) -> [[Int]] {
    var stretches: [[Int]] = []
    var last: Int?
    for (number, position) in members.sorted(by: <) {
      if let last, last + 1 == number {
        stretches[stretches.count - 1].append(position)
      } else {
        stretches.append([position])
      }
      last = number
    }
    return stretches
  }

  /// The numbers of a name, and what it has besides each of them.
  private static func numbers(of name: String) -> [(family: Family, number: Int)] {
    let bytes = Array(name.utf8)
    guard bytes.count <= maximumBytes else { return [] }
    var numbers: [(family: Family, number: Int)] = []
    var start = 0
    while start < bytes.count, numbers.count < maximumNumbers {
      let digits = bytes[start...].prefix { (0x30...0x39).contains($0) }
      // 01 is no number that counts up: what stands between 01 and 3 would be a guess.
      if !digits.isEmpty, digits.count == 1 || digits.first != 0x30,
        let number = Int(String(decoding: digits, as: UTF8.self)), number < .max
      {
        let rest = bytes[..<start] + bytes[digits.endIndex...]
        let family = Family(rest: ExactString(String(decoding: rest, as: UTF8.self)), place: start)
        numbers.append((family, number))
      }
      start = digits.endIndex + 1
    }
    return numbers
  }

  /// The first of the runs, and how many names are not among them.
  package func text(atMost maximum: Int) -> String {
    let shown = runs.prefix(maximum).map { names in
      names.count > 1 ? "\(names[0]) … \(names[names.count - 1])" : names[0]
    }
    let more = runs.dropFirst(maximum).reduce(0) { $0 + $1.count }
    return shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }
}
