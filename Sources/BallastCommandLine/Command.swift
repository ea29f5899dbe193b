/// A struct whose properties are declared with `@Argument`, `@Option`, `@Flag` and `@OptionGroup`.
///
/// Declarations are found by reflection on an instance made with `init()`; a parsed instance is
/// made through `Decodable`, whose synthesised initialiser fills in every property by its label.
/// So a stored property without a declaration cannot be filled in; `Program.inconsistencies`
/// finds it.
package protocol ParsableArguments: Decodable, Sendable {
  /// The declarations, without values.
  init()

  /// Checks what one argument alone cannot tell; throws `UsageError`.
  func validate() throws
}

extension ParsableArguments {
  /// Accepts every combination.
  package func validate() throws {}
}

/// A verb of the program: its declared arguments, and what it does with them.
package protocol Command<Context>: ParsableArguments {
  /// What the program gives a command to work with, such as its output.
  associatedtype Context

  /// The name and the help of the command.
  static var configuration: CommandConfiguration { get }

  /// Does the work, and says how the program ends.
  func run(in context: Context) throws -> ExitCode
}

/// The name of a command, and the part of its help that its arguments do not tell.
package struct CommandConfiguration: Hashable, Sendable {
  /// The word that calls the command.
  package let name: String
  /// What the command does, in one line.
  package let abstract: String
  /// More about it; paragraphs are separated by an empty line.
  package let discussion: String
  /// Calls to learn from.
  package let examples: [CommandExample]

  /// Describes a command.
  package init(
    _ name: String,
    abstract: String,
    discussion: String = "",
    examples: [CommandExample] = []
  ) {
    self.name = name
    self.abstract = abstract
    self.discussion = discussion
    self.examples = examples
  }
}

/// A call to learn from, and what it does.
package struct CommandExample: Hashable, Sendable {
  /// The call, with the program's name.
  package let call: String
  /// What it does, in one line.
  package let explanation: String

  /// An example of a call.
  package init(_ call: String, _ explanation: String) {
    self.call = call
    self.explanation = explanation
  }
}

/// How the program ends, as its caller sees it.
package struct ExitCode: RawRepresentable, Hashable, Sendable {
  /// The number given to the operating system.
  package let rawValue: Int32

  /// An exit code from its number.
  package init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// Done.
  package static let success = ExitCode(rawValue: 0)
  /// The check found something.
  package static let findings = ExitCode(rawValue: 1)
  /// The input could not be read or is not supported, or writing failed.
  package static let failure = ExitCode(rawValue: 2)
  /// Wrong usage: EX_USAGE of sysexits.h.
  package static let usage = ExitCode(rawValue: 64)
  /// Interrupted by SIGINT (128 + 2).
  package static let interrupted = ExitCode(rawValue: 130)
  /// Interrupted by SIGTERM (128 + 15).
  package static let terminated = ExitCode(rawValue: 143)
  /// Interrupted by SIGHUP.
  package static let hungUp = ExitCode(rawValue: 129)
}

/// Why a command line cannot be understood, in the words the user reads.
package struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, in one line that starts in lower case and has no full stop.
  package let description: String

  /// An error with its message; what a terminal would obey is written as an escape.
  package init(_ message: String) {
    description = message.escapingControls
  }
}
