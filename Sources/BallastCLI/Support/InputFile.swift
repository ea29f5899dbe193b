import BallastBytes
import Glibc

/// Bytes out of a file or of standard input.
enum InputFile {
  /// Reads all of a file; `-` is standard input.
  static func read(_ path: String) throws(PathError) -> [UInt8] {
    try at(path == "-" ? "standard input" : path) { () throws(FormatError) in
      path == "-"
        ? try standardInput() : try SharedBytes.contents(path: path)
    }
  }

  private static func standardInput() throws(FormatError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // A read goes on after a signal; waiting with poll ends at it.
      var source = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      if poll(&source, 1, -1) < 0, errno == EINTR { try Interruption.check() }
      let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw FormatError(InputOutputFault(.read, code: errno))
      }
      bytes += buffer[..<count]
    }
  }
}
