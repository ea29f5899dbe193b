import BallastBytes
import Glibc
import Synchronization

/// Set by SIGINT, SIGTERM and SIGHUP, and asked between pieces of work, so that nothing is left half done.
enum Interruption {
  private static let received = Atomic<Int32>(0)

  /// Starts to note signals in place of dying from them; the second one kills.
  static func watch() {
    // Touched here, so that the handler never is the first to.
    received.store(0, ordering: .relaxed)
    // A file that may not grow further is an error of its writer, which takes it away again.
    Glibc.signal(SIGXFSZ, SIG_IGN)
    // A parent may have started this process with its signals blocked; a service manager does.
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      sigaddset(&signals, signal)
      // Under nohup a hang-up is nothing to end for.
      if signal == SIGHUP, isIgnored(signal) { continue }
      Glibc.signal(signal) { number in
        Interruption.received.store(number, ordering: .relaxed)
        Glibc.signal(number, SIG_DFL)
      }
    }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Notes a signal that another handler got.
  static func note(_ number: Int32) {
    received.store(number, ordering: .relaxed)
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// The signal that came, if one did.
  static var signal: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// Throws `Interrupted` if a signal came.
  static func check() throws(FormatError) {
    if let signal { throw FormatError(Interrupted(signal: signal)) }
  }
}

/// The work was given up because of a signal.
struct Interrupted: FormatFault {
  let signal: Int32
  var description: String { "interrupted" }
}
