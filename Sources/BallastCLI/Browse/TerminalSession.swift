import BallastBytes
import Glibc
import Synchronization

/// A terminal that is drawn on as a whole and read key by key, from `init` to `leave`.
///
/// Whatever ends the process (an error, a signal, a trap) the terminal is put back before, but for
/// SIGKILL, which cannot be seen, and a stack that is full.
final class TerminalSession {
  private var decoder = KeyDecoder()

  /// How long more bytes of an escape sequence are waited for, in milliseconds.
  private static let sequencePatience: Int32 = 40
  /// How long a change of size can go unnoticed if its signal came at a bad moment.
  private static let longestWait: Int32 = 500

  /// Whether both standard input and output are a terminal that understands escape sequences.
  static var isPossible: Bool {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return false }
    let kind = getenv("TERM").map { String(cString: $0) } ?? ""
    return !kind.isEmpty && kind != "dumb"
  }

  /// Takes the terminal over.
  init() throws(FormatError) {
    guard tcgetattr(STDIN_FILENO, &TerminalState.original) == 0 else {
      throw FormatError(InputOutputFault(.open, code: errno), in: "the terminal")
    }
    TerminalState.watchSignals()
    try enter()
  }

  deinit {
    leave()
  }

  /// The terminal's columns and rows.
  var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
    else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Draws lines from the top, each at most as wide as the terminal.
  func draw(_ lines: [String]) throws(FormatError) {
    // Drawn over what stands there, and not cleared before: nothing flickers.
    // Each line, and what is below the last one, is cleared before its text: cleared behind it, the last
    // column would be empty.
    let frame = lines.enumerated().map { index, line in
      (index < lines.count - 1 ? "\u{1B}[K" : "\u{1B}[J") + line
    }
    try write("\u{1B}[?2026h\u{1B}[H" + frame.joined(separator: "\r\n") + "\u{1B}[?2026l")
  }

  /// Waits a while for keys; nil if there was nothing, and no key where all has to be drawn anew.
  ///
  /// Throws `Interrupted` when a signal wants the process to end.
  func keys() throws(FormatError) -> [Key]? {
    if TerminalState.stopRequested.exchange(false, ordering: .relaxed) {
      try suspend()
      return []
    }
    try Interruption.check()
    let patience = decoder.isPending ? Self.sequencePatience : Self.longestWait
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    let ready = poll(&input, 1, patience)
    guard ready != 0 else { return decoder.isPending ? decoder.flush() : nil }
    guard ready > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = read(STDIN_FILENO, &bytes, bytes.count)
    // A terminal that is gone has sent its signal before.
    if count <= 0 { try Interruption.check() }
    guard count != 0 else {
      throw FormatError(InputOutputFault(.read, code: EIO), in: "the terminal")
    }
    guard count > 0 else {
      if errno == EINTR || errno == EAGAIN { return nil }
      throw FormatError(InputOutputFault(.read, code: errno), in: "the terminal")
    }
    return decoder.keys(of: Array(bytes.prefix(count)))
  }

  /// Puts the terminal back as it was.
  func leave() {
    TerminalState.restore()
  }

  private func enter() throws(FormatError) {
    var raw = TerminalState.original
    raw.c_iflag &= ~tcflag_t(ICRNL | IXON | ISTRIP)
    // Ctrl-C and Ctrl-Z stay signals: the second Ctrl-C ends a long reading, too.
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
    // Waiting is for a byte, and not for a time.
    withUnsafeMutableBytes(of: &raw.c_cc) { characters in
      characters[Int(VMIN)] = 1
      characters[Int(VTIME)] = 0
    }
    TerminalState.isTaken.store(true, ordering: .sequentiallyConsistent)
    guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) == 0 else {
      throw FormatError(InputOutputFault(.open, code: errno), in: "the terminal")
    }
    // The other screen, without a cursor and without lines that wrap.
    try write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l")
  }

  private func suspend() throws(FormatError) {
    leave()
    // As the signal would have done by itself: the system takes no notice of it where nobody could bring
    // the process back.
    TerminalState.stop()
    try enter()
  }

  private func write(_ text: String) throws(FormatError) {
    var text = text[...].utf8
    while !text.isEmpty {
      let bytes = Array(text)
      let written = Glibc.write(STDOUT_FILENO, bytes, bytes.count)
      if written < 0 {
        if errno == EINTR { continue }
        if errno == EAGAIN {
          // Somebody has left the terminal so that it does not wait by itself.
          var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
          _ = poll(&output, 1, Self.longestWait)
          try Interruption.check()
          continue
        }
        throw FormatError(InputOutputFault(.write, code: errno), in: "the terminal")
      }
      text = text.dropFirst(written)
    }
  }
}

/// What signal handlers have to know: made before they are set, and only read by them.
private enum TerminalState {
  nonisolated(unsafe) static var original = termios()
  static let isTaken = Atomic(false)
  static let stopRequested = Atomic(false)

  /// Cursor, wrapping lines and the first screen.
  private static let farewell: StaticString = "\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

  /// Puts the terminal back; a signal handler may call it.
  static func restore() {
    guard isTaken.exchange(false, ordering: .sequentiallyConsistent) else { return }
    _ = Glibc.write(STDOUT_FILENO, farewell.utf8Start, farewell.utf8CodeUnitCount)
    tcsetattr(STDIN_FILENO, TCSANOW, &original)
  }

  /// Stops the process as SIGTSTP does, and returns when it is brought back.
  static func stop() {
    signal(SIGTSTP, SIG_DFL)
    raise(SIGTSTP)
    watchStops()
  }

  private static func watchStops() {
    signal(SIGTSTP) { _ in TerminalState.stopRequested.store(true, ordering: .relaxed) }
  }

  static func watchSignals() {
    // A change of size ends the wait for keys.
    signal(SIGWINCH) { _ in }
    watchStops()
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { number in
        if Interruption.signal == nil { return Interruption.note(number) }
        // The second one does not wait.
        TerminalState.restore()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
    // What ends a process unless it says otherwise.
    let others = [
      SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGUSR1, SIGUSR2, SIGALRM,
      SIGVTALRM, SIGPROF, SIGXCPU, SIGSYS, SIGPIPE,
    ]
    for number in others {
      signal(number) { number in
        TerminalState.restore()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }
}
