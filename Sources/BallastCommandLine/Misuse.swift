/// Wrong usage as the user reads it; the program then ends with `ExitCode.usage`.
package struct Misuse: Hashable, Sendable {
  /// What is wrong.
  package let error: UsageError
  /// How it is used right, in one line.
  package let usage: String
  private let program: String
  private let invocation: String

  init(_ error: UsageError, program: String, usage: String, of invocation: String) {
    self.error = error
    self.usage = usage
    self.program = program
    self.invocation = invocation
  }

  /// The message, a usage line and a hint: three lines without a line break at the end.
  package var text: String {
    """
    \(program): error: \(error)
    Usage: \(usage)
      See '\(invocation) --help' for more information.
    """
  }
}
