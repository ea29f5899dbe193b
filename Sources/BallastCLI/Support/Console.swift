import BallastBytes
import BallastCheckpoint
import BallastJSON
import BallastModelIO
import BallastReport
import Glibc

/// Where a command writes: data to standard output, everything else to standard error.
package final class Console: Sendable {
  private let globals: GlobalOptions
  private let renderer: TerminalRenderer

  /// Whether what is written to standard output may be in colours.
  var usesStyles: Bool { renderer.usesStyles }

  init(_ globals: GlobalOptions) {
    self.globals = globals
    let usesStyles =
      switch globals.color {
      case .always: true
      case .never: false
      case .auto: isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil
      }
    renderer = TerminalRenderer(
      width: Terminal.width(of: STDOUT_FILENO),
      usesStyles: usesStyles
    )
  }

  /// Writes a text and a line break to standard output.
  func print(_ text: String) throws(FormatError) {
    try write(text + "\n")
  }

  /// Writes a document to standard output.
  func print(_ document: Document) throws(FormatError) {
    try print(renderer.text(of: document))
  }

  /// Writes a JSON value to standard output.
  func print(_ value: JSONValue) throws(FormatError) {
    try print(value.text(.indented, escapesInvisible: true))
  }

  /// Writes bytes to standard output at once.
  func write(_ text: String) throws(FormatError) {
    try Self.write(Array(text.utf8), to: STDOUT_FILENO)
  }

  /// Writes bytes to standard output at once.
  func write(_ bytes: [UInt8]) throws(FormatError) {
    try Self.write(bytes, to: STDOUT_FILENO)
  }

  /// Writes a line to standard error; a failure to do so has nowhere to be told.
  func message(_ text: String) {
    put(text + "\n")
  }

  /// Writes to standard error as it is.
  func put(_ text: String) {
    try? Self.write(Array(text.utf8), to: STDERR_FILENO)
  }

  /// Says something that a user should know but need not act on.
  func notice(_ text: String) {
    message("ballast: note: \(text)")
  }

  /// Tells what was assumed about a model, and what is odd about its checkpoint.
  func notice(of model: OpenedModel, at path: String) {
    for text in model.notices { notice("\(path): \(text)".printable) }
    notice(of: model.checkpoint, at: path)
  }

  /// Tells what is odd about a checkpoint, such as tensors that cannot be read.
  func notice(of checkpoint: Checkpoint, at path: String) {
    for warning in checkpoint.warnings { notice("\(path): \(warning)".printable) }
  }

  /// What errors call standard output.
  static let outputName = "standard output"

  private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(FormatError) {
    var done = 0
    while done < bytes.count {
      let written = bytes[done...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw FormatError(InputOutputFault(.write, code: errno), in: Self.outputName)
      }
      done += written
    }
  }

  /// Whether progress is shown.
  var showsProgress: Bool {
    switch globals.progress {
    case .always: true
    case .never: false
    case .auto: isatty(STDERR_FILENO) == 1
    }
  }
}

/// What is known about a terminal.
enum Terminal {
  /// The number of columns, or nil where there is no terminal.
  static func width(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}
