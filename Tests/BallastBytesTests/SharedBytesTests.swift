import BallastBytes
import BallastTestSupport
import Glibc
import Testing

/// Bytes in files and in memory, and ranges of them.
@Suite struct SharedBytesTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func bytes(of source: SharedBytes) -> [UInt8] {
    // Safe: the bytes are copied before the closure returns.
    unsafe source.bytes.withUnsafeBytes { unsafe Array($0) }
  }

  @Test func aFileIsMapped() throws {
    let path = try folder.write([1, 2, 3], to: "file")
    let source = try SharedBytes.mapping(path: path)
    #expect(source.count == 3)
    #expect(bytes(of: source) == [1, 2, 3])
  }

  @Test func anEmptyFileHasNoBytes() throws {
    let source = try SharedBytes.mapping(path: try folder.write([], to: "empty"))
    #expect(source.count == 0)
    #expect(source.bytes.byteCount == 0)
    source.giveBack(0..<0)
  }

  @Test func growingMemoryIsZeroAndKept() throws {
    var sizes: [Int] = []
    let grown = try SharedBytes.growing(limit: 100_000) { span, count in
      sizes.append(span.byteCount)
      // Safe: the bytes are looked at and written within the closure.
      unsafe span.withUnsafeMutableBytes { bytes in
        for index in count..<bytes.count {
          #expect(unsafe bytes[index] == 0)
          unsafe bytes[index] = 7
        }
      }
      count = span.byteCount
      return .needsRoom
    }
    #expect(sizes == [1 << 14, 1 << 15, 1 << 16, 100_000])
    #expect(bytes(of: grown) == [UInt8](repeating: 7, count: 100_000))
    let nothing = try SharedBytes.growing(limit: 0) { _, _ in .needsRoom }
    #expect(nothing.count == 0)
    let part = try SharedBytes.growing(limit: 1 << 40) { _, count in
      count = 3
      return .complete
    }
    #expect(bytes(of: part) == [0, 0, 0])
  }

  @Test func whatIsNoFileIsRefused() throws {
    let missing = Failure { try SharedBytes.mapping(path: folder.path + "/missing") }
    #expect(missing == Failure(InputOutputFault.noSuchFile))
    let directory = Failure { try SharedBytes.mapping(path: folder.path) }
    #expect(directory == Failure(InputOutputFault(.read, code: EISDIR)))
    let device = Failure { try SharedBytes.mapping(path: "/dev/null") }
    #expect(device == Failure(ByteFault.notMappable))
  }

  @Test(.timeLimit(.minutes(1)))
  func aPipeIsRefusedRatherThanWaitedFor() throws {
    let pipe = folder.path + "/pipe"
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    let failed = Failure { try SharedBytes.mapping(path: pipe) }
    #expect(failed == Failure(ByteFault.notMappable))
  }

  @Test func givenBackPagesComeBackFromTheFile() throws {
    let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let source = try SharedBytes.mapping(path: try folder.write(content, to: "file"))
    source.giveBack(0..<content.count)
    source.giveBack(5000..<20_000)
    #expect(bytes(of: source) == content)
    let copy = try SharedBytes.copying(content)
    copy.giveBack(0..<content.count)
    #expect(bytes(of: copy) == content)
  }

  @Test func memoryStartsAsZerosAndIsFilledOnce() throws {
    let source = try SharedBytes.filled(count: 4) { span in
      span.storeBytes(of: 7, toByteOffset: 2, as: UInt8.self)
    }
    #expect(bytes(of: source) == [0, 0, 7, 0])
  }

  /// AddressSanitizer ends the process where `calloc` would return null.
  private static let isSanitized = unsafe dlsym(nil, "__asan_init") != nil

  @Test(.enabled(if: !isSanitized))
  func memoryThatThereIsNotIsRefused() {
    let failed = Failure { try SharedBytes.filled(count: .max) { _ in } }
    #expect(failed == Failure(InputOutputFault(.allocate, code: ENOMEM)))
  }

  @Test func aRegionIsARangeOfItsSource() throws {
    let source = try SharedBytes.copying([0, 1, 2, 3, 4])
    #expect(ByteRegion(source).range == 0..<5)
    let region = try ByteRegion(source, offset: 2, count: 3)
    #expect(region.count == 3)
    #expect(unsafe region.bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == 2)
    #expect(try ByteRegion(source, offset: 5, count: 0).count == 0)
  }

  @Test(
    arguments: [
      (2, 4, ByteFault.truncated(needed: 1)), (6, 0, .truncated(needed: 1)),
      (-1, 1, .overflow), (0, -1, .overflow), (1, .max, .overflow),
    ]
  )
  func regionsStayWithinTheirSource(offset: Int, count: Int, fault: ByteFault) throws {
    let source = try SharedBytes.copying([0, 1, 2, 3, 4])
    let failed = Failure { try ByteRegion(source, offset: offset, count: count) }
    #expect(failed == Failure(fault, at: offset))
  }

  /// The system's own files say that they are empty.
  @Test func aFileThatSaysItIsEmptyAndIsNot() {
    #expect(throws: FormatError.self) { try SharedBytes.mapping(path: "/proc/self/status") }
  }
}
