import Glibc

/// A file that grows line by line, such as a log; it starts empty.
public final class AppendingFile {
  private let descriptor: Int32

  /// Creates the file; one that is there is refused, or with `replacing` emptied.
  public init(path: String, replacing: Bool) throws(FormatError) {
    let existing = replacing ? O_TRUNC : O_EXCL
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | existing | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw InputOutputFault.last(.create) }
  }

  deinit {
    close(descriptor)
  }

  /// Appends a text; it is with the system when this returns.
  public func write(_ text: String) throws(FormatError) {
    let bytes = Array(text.utf8)
    try writeAll(bytes.span.bytesOfBytes, to: descriptor)
  }
}

/// Writes all of the bytes, however many calls it takes.
func writeAll(_ bytes: RawSpan, to descriptor: Int32) throws(FormatError) {
  // Safe: write reads within the buffer, from `done` on.
  let failed = unsafe bytes.withUnsafeBytes { buffer in
    var done = 0
    while done < buffer.count {
      let written = unsafe write(
        descriptor,
        buffer.baseAddress?.advanced(by: done),
        buffer.count - done
      )
      if written < 0 {
        if errno == EINTR { continue }
        return true
      }
      done += written
    }
    return false
  }
  if failed { throw InputOutputFault.last(.write) }
}
