import Glibc

/// Immutable bytes that live until the last reference goes: a mapped file, or memory.
@safe public final class SharedBytes: Sendable {
  private enum Owner {
    case mapping
    case heap
    /// Bytes of another, which it keeps alive.
    case slice(SharedBytes, offset: Int)
  }

  private nonisolated(unsafe) let buffer: UnsafeRawBufferPointer
  private let owner: Owner

  private init(unsafeBuffer buffer: UnsafeRawBufferPointer, owner: Owner) {
    unsafe self.buffer = buffer
    self.owner = owner
  }

  deinit {
    guard let base = unsafe buffer.baseAddress else { return }
    switch owner {
    case .mapping:
      // Safe: address and length are mmap's own, and no span outlives `self`.
      unsafe munmap(UnsafeMutableRawPointer(mutating: base), buffer.count)
    case .heap:
      // Safe: `base` came from the allocator, in `filled` or `growing`.
      unsafe free(UnsafeMutableRawPointer(mutating: base))
    case .slice: break
    }
  }

  /// Maps a file, read-only.
  ///
  /// If another process shortens the file afterwards, reading the lost part ends this process with
  /// SIGBUS: that is how mappings work. Ballast's own writers replace files and never shorten them.
  public static func mapping(path: String) throws(FormatError) -> SharedBytes {
    // Without O_NONBLOCK, opening a pipe waits for somebody to write to it.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw InputOutputFault.last(.open) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw InputOutputFault.last(.open) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isDirectory = status.st_mode & S_IFMT == S_IFDIR
      throw isDirectory
        ? FormatError(InputOutputFault(.read, code: EISDIR)) : FormatError(ByteFault.notMappable)
    }
    let count = Int(status.st_size)
    guard count > 0 else {  // mmap refuses a length of zero
      var byte: UInt8 = 0
      // Safe: one byte is read into one.
      if unsafe read(descriptor, &byte, 1) == 1 { throw FormatError(ByteFault.noSize) }
      return unsafe SharedBytes(unsafeBuffer: .init(start: nil, count: 0), owner: .heap)
    }
    let address = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw InputOutputFault.last(.map)
    }
    return unsafe SharedBytes(
      unsafeBuffer: UnsafeRawBufferPointer(start: address, count: count),
      owner: .mapping
    )
  }

  /// Memory of `count` bytes that `fill` writes once; it starts as zeros.
  public static func filled(
    count: Int,
    by fill: (inout MutableRawSpan) throws(FormatError) -> Void
  ) throws(FormatError) -> SharedBytes {
    guard count > 0 else {
      var nothing = MutableRawSpan()
      try fill(&nothing)
      return unsafe SharedBytes(unsafeBuffer: .init(start: nil, count: 0), owner: .heap)
    }
    guard let base = unsafe calloc(count, 1) else {
      throw FormatError(InputOutputFault(.allocate, code: ENOMEM))
    }
    let shared = unsafe SharedBytes(
      unsafeBuffer: UnsafeRawBufferPointer(start: base, count: count),
      owner: .heap
    )
    // Safe: nobody else knows this memory yet, and the span ends with this scope.
    var span = unsafe MutableRawSpan(_unsafeStart: base, byteCount: count)
    try fill(&span)
    return shared
  }

  /// Whether memory that grows is filled.
  package enum Filling {
    case complete
    /// All of it is written, and there is more.
    case needsRoom
  }

  /// Memory of at most `limit` bytes that grows with what `fill` writes; the rest of it is given back.
  ///
  /// `fill` gets all memory so far and the number of bytes that are written, which it raises.
  package static func growing(
    limit: Int,
    by fill: (inout MutableRawSpan, inout Int) -> Filling
  ) throws(FormatError) -> SharedBytes {
    var written = 0
    var capacity = 0
    var base: UnsafeMutableRawPointer?
    repeat {
      let larger = min(
        limit,
        max(firstCapacity, capacity.multipliedReportingOverflow(by: 2).partialValue)
      )
      // Safe: `base` is nil or from here, and is used no more where it has moved.
      guard let moved = unsafe realloc(base, max(larger, 1)) else {
        unsafe free(base)
        throw FormatError(InputOutputFault(.allocate, code: ENOMEM))
      }
      // Safe: the memory reaches from `capacity` to `larger`.
      unsafe (moved + capacity).initializeMemory(
        as: UInt8.self,
        repeating: 0,
        count: larger - capacity
      )
      unsafe base = moved
      capacity = larger
      // Safe: nobody else knows this memory yet, and the span ends with this scope.
      var span = unsafe MutableRawSpan(_unsafeStart: moved, byteCount: capacity)
      if case .complete = fill(&span, &written) { break }
    } while capacity < limit
    written = min(written, capacity)
    // Safe: as above; where memory cannot be made smaller, it stays as it is.
    if let cut = unsafe realloc(base, max(written, 1)) { unsafe base = cut }
    return unsafe SharedBytes(
      unsafeBuffer: UnsafeRawBufferPointer(start: base, count: written),
      owner: .heap
    )
  }

  /// Enough for most of what is tried and turns out to be nothing.
  private static let firstCapacity = 1 << 14

  /// A copy of `bytes`.
  public static func copying(_ bytes: [UInt8]) throws(FormatError) -> SharedBytes {
    try filled(count: bytes.count) { (span) throws(FormatError) in
      // Safe: both hold `bytes.count` bytes and cannot overlap.
      unsafe span.withUnsafeMutableBytes { unsafe $0.copyBytes(from: bytes) }
    }
  }

  /// The bytes of a range as bytes of their own, without a copy; `range` must lie within these.
  package func slice(_ range: Range<Int>) -> SharedBytes {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    // Safe: the range was checked, and the owner keeps the memory.
    return unsafe SharedBytes(
      unsafeBuffer: UnsafeRawBufferPointer(rebasing: buffer[range]),
      owner: .slice(self, offset: range.lowerBound)
    )
  }

  /// The number of bytes.
  public var count: Int { unsafe buffer.count }

  /// The bytes; they cannot outlive this object.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      // Safe: the memory stays until deinit, and the span is tied to `self`.
      unsafe _overrideLifetime(RawSpan(_unsafeBytes: buffer), borrowing: self)
    }
  }

  /// A copy of a file's bytes.
  package static func contents(path: String) throws(FormatError) -> [UInt8] {
    let source = try mapping(path: path)
    // Safe: the bytes are copied before the closure returns.
    return unsafe source.bytes.withUnsafeBytes { unsafe Array($0) }
  }

  /// Tells the system that a range of a mapped file is not needed for now.
  ///
  /// The pages leave this process's resident memory and come back from the file when read again.
  public func giveBack(_ range: Range<Int>) {
    _ = advise(range, MADV_DONTNEED)
  }

  /// Maps the pages of a range in one go, which is cheaper than one fault after another.
  ///
  /// Throws `ByteFault.unreadable` where the file has become shorter since it was mapped, or the disk
  /// fails: to read such a page would end the process.
  package func populate(_ range: Range<Int>) throws(FormatError) {
    let code = advise(range, Self.populateForReading, isOutward: true)
    guard code != EFAULT, code != EHWPOISON else {
      throw FormatError(ByteFault.unreadable, at: range.lowerBound)
    }
  }

  /// Linux's MADV_POPULATE_READ; before 5.14 it is unknown, and refused without consequence.
  private static let populateForReading: Int32 = 22

  /// Advises on the whole pages of a range, or on all pages that it touches; returns the error number,
  /// or 0.
  private func advise(_ range: Range<Int>, _ advice: Int32, isOutward: Bool = false) -> Int32 {
    if case .slice(let whole, let offset) = owner {
      let range = range.lowerBound + offset..<range.upperBound + offset
      return whole.advise(range, advice, isOutward: isOutward)
    }
    guard case .mapping = owner, let base = unsafe buffer.baseAddress else { return 0 }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let before = page - 1
    let end = min(range.upperBound, unsafe buffer.count)
    let lower = (isOutward ? range.lowerBound : range.lowerBound + before) / page * page
    let upper = (isOutward ? end + before : end) / page * page
    guard lower < upper else { return 0 }
    // Safe: the range lies within the mapping, which is read-only and backed by the file.
    let result = unsafe madvise(
      UnsafeMutableRawPointer(mutating: base + lower),
      upper - lower,
      advice
    )
    return result == 0 ? 0 : errno
  }
}
