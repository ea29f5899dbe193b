import BallastCommandLine
import BallastParallel

/// The options that every command has.
package struct GlobalOptions: ParsableArguments {
  /// Whether something is done always, never, or where a person is looking.
  package enum When: String, CaseIterable, ExpressibleByArgument {
    case always
    case never
    case auto
  }

  @Option(value: "WHEN", help: "Colour the output.") var color = When.auto
  @Option(value: "WHEN", help: "Show progress on standard error.") var progress = When.auto
  @Option(in: 1...1024, help: "The number of threads; as many as there are cores if not given.")
  var threads: Int?

  /// Sets what holds for the whole process.
  func apply() {
    if let threads { Parallel.setThreadCount(threads) }
  }
}
