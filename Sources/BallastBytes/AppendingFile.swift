import Glibc

/// A file that grows line by line, such as a log.
public final class AppendingFile {
  private let path: String
  private var descriptor: Int32

  /// Creates the file; one that is there is refused, or with `replacing` emptied.
  public init(path: String, replacing: Bool) throws(FormatError) {
    self.path = path
    descriptor = try Self.open(path, replacing ? O_TRUNC : O_EXCL)
  }

  /// Goes on with a file of which the first `length` bytes are kept; it is made where there is none.
  public init(path: String, keeping length: Int) throws(FormatError) {
    self.path = path
    descriptor = try Self.open(path, 0)
    guard ftruncate(descriptor, off_t(length)) == 0 else { throw InputOutputFault.last(.write) }
  }

  deinit {
    close(descriptor)
  }

  /// Appends a text, as `write(_: [UInt8])` does.
  public func write(_ text: String) throws(FormatError) {
    try write(Array(text.utf8))
  }

  /// Appends bytes; they are with the system when this returns.
  ///
  /// Where the file, or its folder, was removed meanwhile, it is made again with all that was in it.
  public func write(_ bytes: [UInt8]) throws(FormatError) {
    var status = stat()
    // Safe: fstat fills in the structure that it is given.
    if unsafe fstat(descriptor, &status) == 0, status.st_nlink == 0 { try restore() }
    try writeAll(bytes.span.bytesOfBytes, to: descriptor)
  }

  private static func open(_ path: String, _ flags: Int32) throws(FormatError) -> Int32 {
    let mode: mode_t = 0o666
    let all = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | flags
    // Safe: open reads a string that ends in NUL, as Swift passes it.
    let descriptor = unsafe Glibc.open(path, all, mode)
    guard descriptor >= 0 else { throw InputOutputFault.last(.create) }
    return descriptor
  }

  /// Writes what the removed file holds to a new one in its place.
  private func restore() throws(FormatError) {
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    if let slash { try FileSystem.createFolders(String(path[..<slash])) }
    let new = try Self.open(path, O_TRUNC)
    do throws(FormatError) {
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      var done: off_t = 0
      while true {
        // Safe: pread fills at most as many bytes as the buffer has.
        let count = unsafe piece.withUnsafeMutableBytes { buffer in
          unsafe pread(descriptor, buffer.baseAddress, buffer.count, done)
        }
        guard count >= 0 else { throw InputOutputFault.last(.read) }
        if count == 0 { break }
        try writeAll(piece.span.extracting(first: count).bytesOfBytes, to: new)
        done += off_t(count)
      }
    } catch {
      close(new)
      throw error
    }
    close(descriptor)
    descriptor = new
  }
}

/// The most bytes of one call.
///
/// For more Linux takes pages of megabytes that nobody has touched for long, which the host of a virtual machine
/// may have to find first: 548 MB took 0.5 to 0.8 s by 4 and 16 MiB, 0.2 s by up to 1 MiB.
private let largestWrite = 256 << 10

/// Writes all of the bytes, however many calls it takes.
func writeAll(_ bytes: RawSpan, to descriptor: Int32) throws(FormatError) {
  // Safe: write reads within the buffer, from `done` on.
  let failed = unsafe bytes.withUnsafeBytes { buffer in
    var done = 0
    while done < buffer.count {
      let written = unsafe write(
        descriptor,
        buffer.baseAddress?.advanced(by: done),
        min(buffer.count - done, largestWrite)
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
