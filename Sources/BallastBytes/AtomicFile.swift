import Glibc

/// A file that appears whole or not at all.
///
/// The bytes go to a temporary file beside the target; `commit` synchronises it with the disk and
/// renames it, and until then a file that was there stays as it is. A writer that goes away without
/// `commit` takes its temporary file with it.
public final class AtomicFile {
  /// The path that the file will have.
  public let path: String
  private let temporaryPath: String
  private let replacing: Bool
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 20
  /// How much may wait in memory before the system is told to begin writing it to the disk.
  private static let writebackSize = 16 << 20
  private var writtenBack = 0

  /// Creates the temporary file beside `path`.
  ///
  /// Without `replacing`, here and in `commit`, throws `InputOutputFault` with EEXIST where something is
  /// there, and be it that another process put it there meanwhile.
  public init(path: String, replacing: Bool) throws(FormatError) {
    guard replacing || !FileSystem.isThere(path) else {
      throw FormatError(InputOutputFault(.create, code: EEXIST))
    }
    let path = try FileSystem.writableTarget(path)
    self.path = path
    self.replacing = replacing
    let (folder, name) = split(path)
    // A name has at most 255 bytes, and this one must not be longer than what it stands for may be.
    let stem = String(decoding: name.utf8.prefix(200), as: UTF8.self)
    temporaryPath = "\(folder).\(stem).\(String(UInt32.random(in: 0 ... .max), radix: 16)).tmp"
    // Exclusive: a file that somebody else made is never written to.
    descriptor = unsafe open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw InputOutputFault.last(.create) }
    // Who may read the old file may read the new one, and nobody else.
    if let mode = FileSystem.mode(of: path) { fchmod(descriptor, mode) }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unsafe unlink(temporaryPath)
  }

  /// The number of bytes written so far.
  public private(set) var count = 0

  /// Appends bytes.
  public func write(_ bytes: RawSpan) throws(FormatError) {
    count += bytes.byteCount
    if bytes.byteCount + buffer.count <= Self.bufferSize {
      // Safe: the bytes are copied before the closure returns.
      unsafe bytes.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
      return
    }
    try flush()
    try writeAll(bytes, to: descriptor)
    beginWriteback()
  }

  /// Appends bytes.
  public func write(_ bytes: [UInt8]) throws(FormatError) {
    try write(bytes.span.bytesOfBytes)
  }

  /// Appends text as UTF-8.
  public func write(_ text: String) throws(FormatError) {
    try write(Array(text.utf8))
  }

  /// Makes the file appear under its path, safely on disk.
  public func commit() throws(FormatError) {
    try flush()
    guard fsync(descriptor) == 0 else { throw InputOutputFault.last(.synchronize) }
    if replacing {
      try FileSystem.rename(temporaryPath, to: path)
    } else {
      try FileSystem.renameToNew(temporaryPath, to: path)
    }
    close(descriptor)
    descriptor = -1
    synchronizeFolder(of: path)
  }

  private func flush() throws(FormatError) {
    guard !buffer.isEmpty else { return }
    let pending = buffer
    buffer.removeAll(keepingCapacity: true)
    try writeAll(pending.span.bytesOfBytes, to: descriptor)
  }

  /// Has the disk work while the next pieces are made, so that `commit` has little to wait for.
  ///
  /// For pages that are not on disk yet, that is what Linux takes this advice for.
  private func beginWriteback() {
    guard count - writtenBack >= Self.writebackSize else { return }
    posix_fadvise(descriptor, writtenBack, count - writtenBack, POSIX_FADV_DONTNEED)
    writtenBack = count
  }
}

extension Span where Element == UInt8 {
  /// The bytes of a span of bytes: there is no padding that could be seen.
  package var bytesOfBytes: RawSpan {
    @_lifetime(copy self)
    get { RawSpan(_elements: self) }
  }
}

/// The folder, with its slash, and the name; a slash is a byte, even before a combining mark.
private func split(_ path: String) -> (folder: Substring, name: Substring) {
  let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
  let start = slash.map(path.utf8.index(after:)) ?? path.startIndex
  return (Substring(path.utf8[..<start]), Substring(path.utf8[start...]))
}

/// Puts a rename on disk, where the file system can; a failure loses no data.
private func synchronizeFolder(of path: String) {
  let folder = split(path).folder
  let descriptor = unsafe open(
    folder.isEmpty ? "." : String(folder),
    O_RDONLY | O_DIRECTORY | O_CLOEXEC
  )
  guard descriptor >= 0 else { return }
  fsync(descriptor)
  close(descriptor)
}

/// The bytes of an integer, the least significant one first.
package func littleEndianBytes<Value: FixedWidthInteger>(of value: Value) -> [UInt8] {
  (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}
