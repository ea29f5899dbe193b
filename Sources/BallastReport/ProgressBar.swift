/// How far a piece of work has come, as a line to be shown again and again.
///
/// It knows no clock and no terminal: the time that has passed and the width are given to it.
package struct ProgressBar: Sendable {
  /// What is counted.
  package enum Unit: Hashable, Sendable {
    /// Bytes, shown as "1.2 MB".
    case bytes
    /// Things with a name in the plural, such as "tokens".
    case things(String)
  }

  /// What is being done, such as "Converting".
  package let label: String
  /// How much there is to do; nil if that is not known.
  package let total: Int?
  private let unit: Unit
  private var completed: Int
  private var elapsed = Duration.zero
  private var speed = Speed()

  /// Work that begins; a resumed one has been `completed` in part.
  package init(_ label: String, total: Int?, unit: Unit, completed: Int = 0) {
    self.label = label
    self.total = total
    self.unit = unit
    self.completed = completed
  }

  /// Notes how much is done when so much time has passed since the beginning.
  package mutating func advance(to completed: Int, at elapsed: Duration) {
    speed.observe(completed - self.completed, after: (elapsed - self.elapsed).seconds)
    self.completed = completed
    self.elapsed = max(self.elapsed, elapsed)
  }

  /// A line of at most `width` columns, without a line break; `note` stands at its end.
  ///
  /// Where there is little room the note goes first, then the amounts, the rate and the bar.
  package func line(width: Int, note: String = "") -> String {
    let label = label.printable
    let note = note.printable
    let details = [[amount, rate, time, note], [amount, rate, time], [rate, time], [time]]
      .map { $0.filter { !$0.isEmpty }.joined(separator: ", ") }
    guard let fraction else {
      let lines = details.map { [label, $0].filter { !$0.isEmpty }.joined(separator: " ") }
      return lines.first { $0.displayWidth <= width } ?? label.shortened(to: width)
    }
    let percent = "\(Int((fraction * 100).rounded(.down)))%".aligned(to: 4)
    for details in details {
      let details = details.isEmpty ? "" : " \(details)"
      let room = width - "\(label) \(percent) ||\(details)".displayWidth
      if room >= Self.narrowestBar {
        let columns = min(room, Self.widestBar)
        let bar = BlockBar.text(fraction, width: columns).padded(to: columns)
        return "\(label) \(percent) |\(bar)|\(details)"
      }
    }
    let lines = ["\(label) \(percent) \(time)", "\(label) \(percent)", percent]
    return lines.first { $0.displayWidth <= width } ?? ""
  }

  private static let narrowestBar = 8
  private static let widestBar = 30
}

extension ProgressBar {
  private var fraction: Double? {
    guard let total else { return nil }
    return total > 0 ? min(1, max(0, Double(completed) / Double(total))) : 1
  }

  private var isDone: Bool { total.map { completed >= $0 } ?? false }

  private var amount: String {
    switch unit {
    case .bytes:
      let done = Readable.bytes(completed)
      return isDone ? done : total.map { "\(done) of \(Readable.bytes($0))" } ?? done
    case .things(let name):
      let done = Readable.count(completed)
      return (isDone ? done : total.map { "\(done) of \(Readable.count($0))" } ?? done) + " \(name)"
    }
  }

  private var rate: String {
    guard let rate = speed.perSecond else { return "" }
    switch unit {
    case .bytes: return Readable.bytesPerSecond(rate)
    case .things(let name): return Readable.rate(rate, of: name)
    }
  }

  /// The time left; once all is done, or where no end is known, the time that has passed.
  private var time: String {
    guard let total, !isDone else { return elapsed == .zero ? "" : Readable.duration(elapsed) }
    guard let rate = speed.perSecond, rate > 0 else { return "" }
    let seconds = Double(total - completed) / rate
    guard seconds < Self.farthestEnd else { return "" }
    return "\(Readable.duration(.seconds(seconds.rounded(.up)))) left"
  }

  /// A year; an estimate beyond it says nothing.
  private static let farthestEnd = 31_536_000.0
}

/// A rate averaged over the recent past, which counts the more the less it is past.
private struct Speed: Sendable {
  /// The seconds after which an observation counts for half.
  static let memory = 5.0

  private var average = 0.0
  private var weight = 0.0
  private var pending = 0

  /// Nil as long as nothing was observed.
  var perSecond: Double? { weight > 0 ? average / weight : nil }

  /// Takes in what was done since the last observation; without time passed, it waits for the next.
  mutating func observe(_ amount: Int, after seconds: Double) {
    pending += amount
    guard seconds > 0 else { return }
    let share = seconds / (Self.memory + seconds)
    average += share * (Double(pending) / seconds - average)
    weight += share * (1 - weight)
    pending = 0
  }
}

extension Duration {
  fileprivate var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
