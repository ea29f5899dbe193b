import BallastBytes
import BallastTraining
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

  /// Standard input as a mapped file, which may be larger than memory.
  static func mappedStandardInput() throws(FormatError) -> SharedBytes {
    try UnnamedFile.make { (path) throws(FormatError) in
      let file = try AtomicFile(path: path, replacing: false)
      try readStandardInput { (piece) throws(FormatError) in try file.write(Array(piece)) }
      try file.commit()
      return try SharedBytes.mapping(path: path)
    }
  }

  private static func standardInput() throws(FormatError) -> [UInt8] {
    var bytes: [UInt8] = []
    try readStandardInput { (piece) throws(FormatError) in bytes += piece }
    return bytes
  }

  private static func readStandardInput(
    _ body: (ArraySlice<UInt8>) throws(FormatError) -> Void
  ) throws(FormatError) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // A read goes on after a signal; waiting with poll ends at it.
      var source = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      if poll(&source, 1, -1) < 0, errno == EINTR { try Interruption.check() }
      let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
      if count == 0 { return }
      if count < 0 {
        if errno == EINTR { continue }
        throw FormatError(InputOutputFault(.read, code: errno))
      }
      try body(buffer[..<count])
    }
  }
}
