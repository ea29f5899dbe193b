package import BallastBytes
import Glibc

/// Reads many mutations of a fixture, in a process of its own that a trap may end.
package struct MutationRun {
  /// What a single file may take of the processor; optimised, the slowest takes a hundredth of it.
  private static let maximumSeconds = 2.0
  /// What all cases of a fixture may take at their worst, in bytes, beyond the start.
  private static let maximumResident = 200 << 20

  private static let tookTooLong: CInt = 2
  private static let tookTooMuch: CInt = 3

  package let fixture: String
  /// Where the process leaves the number of the case that it is at.
  package let report: String

  package init(fixture: String, report: String) {
    self.fixture = fixture
    self.report = report
  }

  /// Reads the cases one after another; ends the process where one takes too much.
  package func run(_ read: (SharedBytes) -> Void) {
    let descriptor = open(report, O_WRONLY | O_CREAT, 0o600)
    guard descriptor >= 0, let bytes = try? SharedBytes.contents(path: Fixtures.path(fixture))
    else { exit(EXIT_FAILURE) }
    let resident = Self.peakResident
    // The large fixtures differ from small ones in their data only.
    for number in 0..<min(1500, max(100, 9_000_000 / max(bytes.count, 1))) {
      var note = Int64(number)
      pwrite(descriptor, &note, 8, 0)
      let mutation = Mutation.apply(to: bytes, named: fixture, number: number)
      guard let source = try? SharedBytes.copying(mutation) else { exit(EXIT_FAILURE) }
      let start = Self.processorSeconds
      read(source)
      guard Self.processorSeconds - start <= Self.maximumSeconds else { exit(Self.tookTooLong) }
      guard Self.peakResident - resident <= Self.maximumResident else { exit(Self.tookTooMuch) }
    }
  }

  /// Where the process ended, for a failure's message.
  package var place: String {
    var number: Int64 = -1
    let descriptor = open(report, O_RDONLY)
    if descriptor >= 0 { _ = read(descriptor, &number, 8) }
    return "seed \(String(Mutation.seed, radix: 16)), \(fixture), case \(number)"
  }

  /// The time that this thread ran for: the machine may be busy with other tests.
  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// The most that this process was resident so far, in bytes.
  ///
  /// Not from getrusage, which starts from what the parent was.
  private static var peakResident: Int {
    let descriptor = open("/proc/self/status", O_RDONLY)
    defer { close(descriptor) }
    var status = [UInt8](repeating: 0, count: 4096)
    let count = max(0, read(descriptor, &status, status.count))
    let lines = String(decoding: status.prefix(count), as: UTF8.self).split(separator: "\n")
    let peak = lines.first { $0.hasPrefix("VmHWM:") }?.split(separator: " ").dropFirst().first
    return peak.flatMap { Int($0) }.map { $0 << 10 } ?? .max
  }
}
