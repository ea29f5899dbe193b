import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastInspection
import BallastModelIO
import BallastReport

/// Two paths whose checkpoints are compared, and how.
struct CheckpointComparison {
  /// What came out, what was compared, and what that is out of.
  struct Outcome {
    let a: Checkpoint
    let b: Checkpoint
    let wholeA: Checkpoint
    let wholeB: Checkpoint
    let difference: CheckpointDifference
  }

  let a: String
  let b: String
  /// Only tensors whose names match, unless empty.
  let match: [NamePattern]
  /// Whether both are GPT-2 that are compared under canonical names.
  let isCanonical: Bool
  let tolerance: Tolerance
  let limits: ReadingLimits

  func run(on context: Console) throws -> Outcome {
    let (wholeA, wholeB) = (try open(a, on: context), try open(b, on: context))
    var (left, right) = (wholeA, wholeB)
    if isCanonical { (left, right) = try comparable(left, right) }
    left = try selected(left, at: a)
    right = try selected(right, at: b)
    if left.tensors.isEmpty, right.tensors.isEmpty, !match.isEmpty {
      context.notice("no tensor's name matches")
    }
    let total = left.tensors.reduce(0) { $0 &+ $1.shape.elementCount }
    let progress = Progress("Comparing", total: total, unit: .things("values"), on: context)
    defer { progress.clear() }
    var done = 0
    do throws(DifferenceError) {
      let difference = try CheckpointDifference(from: left, to: right, tolerance: tolerance) {
        count throws(FormatError) in
        try Interruption.check()
        // What is read twice, to be explained, is counted once.
        done = min(done &+ count, total)
        progress.advance(to: done)
      }
      return Outcome(a: left, b: right, wholeA: wholeA, wholeB: wholeB, difference: difference)
    } catch {
      throw PathError(path: error.side == .a ? a : b, error: error.error)
    }
  }

  private func open(_ path: String, on context: Console) throws(PathError) -> Checkpoint {
    let checkpoint = try at(path) { () throws(FormatError) in
      try Checkpoint.open(path: path, limits: limits)
    }
    context.notice(of: checkpoint, at: path)
    return checkpoint
  }

  private func selected(_ checkpoint: Checkpoint, at path: String) throws(PathError) -> Checkpoint {
    guard !match.isEmpty else { return checkpoint }
    return try at(path) { () throws(FormatError) in
      try checkpoint.with(tensors: checkpoint.tensors.filter { match.select($0.name) })
    }
  }

  /// The weights of both under canonical names, in Linear's orientation.
  private func comparable(
    _ left: Checkpoint,
    _ right: Checkpoint
  ) throws(PathError) -> (Checkpoint, Checkpoint) {
    func weights(
      _ checkpoint: Checkpoint,
      _ path: String
    ) throws(PathError) -> (CanonicalCheckpoint, hasOwnHead: Bool) {
      try at(path) { () throws(FormatError) in
        let weights = try CanonicalCheckpoint(checkpoint)
        return (weights, try weights.hasOwnHead())
      }
    }
    let (ofA, ofB) = (try weights(left, a), try weights(right, b))
    let withHead = ofA.hasOwnHead || ofB.hasOwnHead
    return (
      try at(a) { () throws(FormatError) in try ofA.0.comparable(of: left, withHead: withHead) },
      try at(b) { () throws(FormatError) in try ofB.0.comparable(of: right, withHead: withHead) }
    )
  }
}
