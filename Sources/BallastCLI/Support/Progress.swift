import BallastReport
import Glibc

/// A progress bar on standard error, drawn at most ten times a second and only after a second.
final class Progress {
  private let console: Console
  private let isShown: Bool
  private var bar: ProgressBar
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var drawn: ContinuousClock.Instant?

  init(_ label: String, total: Int?, unit: ProgressBar.Unit, on console: Console) {
    self.console = console
    isShown = console.showsProgress
    bar = ProgressBar(label, total: total.map { max(0, $0) }, unit: unit)
    start = clock.now
  }

  deinit {
    clear()
  }

  /// Shows that so much is done; `note` stands at the end of the line.
  func advance(to completed: Int, note: String = "") {
    guard isShown else { return }
    let now = clock.now
    // Sums of sizes that a hostile file claims may have wrapped around.
    bar.advance(to: max(0, completed), at: now - start)
    guard now - start > .seconds(1), drawn.map({ now - $0 > .milliseconds(100) }) ?? true else {
      return
    }
    drawn = now
    let width = Terminal.width(of: STDERR_FILENO) ?? 80
    put("\r\u{1B}[K" + bar.line(width: width - 1, note: note))
  }

  /// Takes the bar away, so that a line can be written in its place.
  func clear() {
    if drawn != nil { put("\r\u{1B}[K") }
    drawn = nil
  }

  private func put(_ text: String) {
    console.put(text)
  }
}
