import Glibc

/// A refusal of the operating system, with its error number.
public struct InputOutputFault: FormatFault {
  /// What was attempted.
  public enum Operation: String, Sendable {
    case open, read, map, allocate, write, rename, create, list, synchronize, lock
  }

  /// What was attempted.
  public let operation: Operation
  /// The error number, as in `errno.h`.
  public let code: Int32

  /// A fault of an operation that has just failed with `code`.
  public init(_ operation: Operation, code: Int32) {
    self.operation = operation
    self.code = code
  }

  /// The fault of the system call that has just failed on this thread.
  package static func last(_ operation: Operation) -> FormatError {
    FormatError(InputOutputFault(operation, code: errno))
  }

  /// What might be done about a folder or file that is there.
  public var hint: String? {
    guard code == EEXIST else { return nil }
    return switch operation {
    case .create: "use --force to write into it"
    case .rename: "something appeared there meanwhile; use --force to replace it"
    default: nil
    }
  }

  /// What is wrong, in one line.
  public var description: String {
    if operation == .lock { return "another process is writing into this folder" }
    // Safe: strerror returns a terminated string that is copied at once.
    let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    return "cannot \(operation.rawValue): \(reason)"
  }
}

extension InputOutputFault {
  /// There is no file of that name.
  package static let noSuchFile = InputOutputFault(.open, code: ENOENT)

  /// Whether the file is simply not there.
  package var isNoSuchFile: Bool { code == ENOENT }
}
