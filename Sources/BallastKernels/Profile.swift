import Glibc
import Synchronization

/// What the operations of a model cost while `Profile.taking` runs; otherwise nothing is measured.
///
/// An operation that calls another is charged for it: only the outermost counts. Operations are called
/// by one thread, which hands parts of them to others; those of other threads are left out.
package struct Profile: Sendable {
  /// The kinds of work of a pass over a model.
  package enum Operation: String, CaseIterable, Sendable {
    case embedding
    case layerNorm = "layer norm"
    case linear
    case linearGradient = "linear gradient"
    case attention
    case attentionGradient = "attention gradient"
    case activation
    case dropout
    case elementwise
    case head
    case headGradient = "head gradient"
    case crossEntropy = "cross entropy"
    case gradientNorm = "gradient norm"
    case optimizer
  }

  /// What one kind of work cost.
  package struct Cost: Sendable {
    package var calls = 0
    package var seconds = 0.0
    /// Additions and multiplications, one of each counted as two.
    package var operations = 0.0
    /// Bytes that have to be read and written at least once.
    package var bytes = 0.0
  }

  /// The costs, by kind.
  package fileprivate(set) var costs: [Operation: Cost] = [:]
  /// How long `taking` took in all.
  package fileprivate(set) var seconds = 0.0

  private struct Recorder {
    var profile = Profile()
    var isWithin = false
  }

  /// The thread that takes a profile; 0 while none does.
  private static let taker = Atomic<UInt>(0)
  private static let recorder = Mutex(Recorder())
  private static let turn = Mutex(())

  private init() {}

  /// The costs of what `body` does; whoever wants another profile waits for the end of this one.
  package static func taking<Failure: Error>(
    _ body: () throws(Failure) -> Void
  ) throws(Failure) -> Profile {
    try turn.withLock { (_) throws(Failure) in
      recorder.withLock { $0 = Recorder() }
      let clock = ContinuousClock()
      let start = clock.now
      taker.store(pthread_self(), ordering: .relaxed)
      defer { taker.store(0, ordering: .relaxed) }
      try body()
      let seconds = (clock.now - start) / .seconds(1)
      return recorder.withLock { recorder in
        recorder.profile.seconds = seconds
        return recorder.profile
      }
    }
  }

  /// Runs `body`, and notes what it cost if a profile is being taken.
  ///
  /// - `operations`: additions and multiplications.
  /// - `bytes`: what has to be read and written.
  @inline(__always)
  package static func measure<Result>(
    _ operation: Operation,
    operations: @autoclosure () -> Double = 0,
    bytes: @autoclosure () -> Double,
    _ body: () -> Result
  ) -> Result {
    let taker = taker.load(ordering: .relaxed)
    guard taker != 0, taker == pthread_self(), enter() else { return body() }
    let clock = ContinuousClock()
    let start = clock.now
    let result = body()
    leave(
      operation,
      Cost(
        calls: 1,
        seconds: (clock.now - start) / .seconds(1),
        operations: operations(),
        bytes: bytes()
      )
    )
    return result
  }

  /// The bytes of so many floats in all.
  package static func floats(_ counts: Int...) -> Double {
    4 * counts.reduce(0) { $0 + Double($1) }
  }

  /// Whether no other operation is being measured.
  private static func enter() -> Bool {
    recorder.withLock { recorder in
      defer { recorder.isWithin = true }
      return !recorder.isWithin
    }
  }

  private static func leave(_ operation: Operation, _ cost: Cost) {
    recorder.withLock { recorder in
      recorder.isWithin = false
      recorder.profile.costs[operation, default: Cost()].add(cost)
    }
  }
}

extension Profile.Cost {
  fileprivate mutating func add(_ other: Profile.Cost) {
    calls += other.calls
    seconds += other.seconds
    operations += other.operations
    bytes += other.bytes
  }
}
