import BallastBytes
import Glibc

/// The target that the environment names; without a name, prints all of them and their seeds.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>?,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
  guard chosen == nil else { return 0 }
  for target in FuzzTarget.all { print(target.name, target.seeds.joined(separator: " ")) }
  exit(0)
}

/// Reads one input.
///
/// An error is an answer; traps and what the sanitizer finds end the process.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let chosen else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let source = try? SharedBytes.copying(bytes) else { return 0 }
  let start = processorSeconds
  defer {
    let seconds = processorSeconds - start
    if seconds > maximumSeconds { fatalError("took \(seconds) s of processor time") }
  }
  do {
    try chosen.read(source)
  } catch is FormatError {
    return 0
  } catch {
    fatalError("an error that is no FormatError: \(error)")
  }
  return 0
}

/// A second, doubled for what the sanitizer costs.
private let maximumSeconds = 2.0

/// Not the clock's: on a busy machine a process may wait for longer than it works.
private var processorSeconds: Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

private let chosen: FuzzTarget? = {
  guard let name = getenv("BALLAST_FUZZ_TARGET") else { return nil }
  return FuzzTarget.all.first { $0.name == String(cString: name) }
}()
