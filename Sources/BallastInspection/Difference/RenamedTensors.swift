import BallastBytes
import BallastCheckpoint

/// Finds the tensors that went on under other names: those of one content.
struct RenamedTensors {
  /// What two tensors of one content have in common beside it.
  private struct Kind: Hashable {
    let dtype: DType
    let shape: Shape
  }

  /// Of many tensors of one content, as of biases of zero, so many are looked at for one partner.
  private static let maximumCandidates = 32
  /// The bytes at either end of a name that tell how alike two names are.
  private static let comparedBytes = 128

  let runner: PieceRunner

  /// Pairs of positions in `a` and `b` whose tensors are the same, byte for byte; none comes twice.
  func pairs(_ a: [TensorView], _ b: [TensorView]) throws(DifferenceError) -> [(a: Int, b: Int)] {
    let kinds = Dictionary(grouping: b.indices) { Kind(dtype: b[$0].dtype, shape: b[$0].shape) }
    let wanted = Dictionary(grouping: a.indices) { Kind(dtype: a[$0].dtype, shape: a[$0].shape) }
    var pairs: [(a: Int, b: Int)] = []
    // In the order of A, so that the outcome is the same in every run.
    for index in a.indices {
      let kind = Kind(dtype: a[index].dtype, shape: a[index].shape)
      guard let ofA = wanted[kind], ofA.first == index, let ofB = kinds[kind] else { continue }
      pairs += try self.pairs(ofA, of: a, ofB, of: b)
    }
    return pairs.sorted { $0.a < $1.a }
  }

  /// The pairs of one kind.
  ///
  /// One tensor each is compared at once, several are told apart by their hashes.
  private func pairs(
    _ ofA: [Int],
    of a: [TensorView],
    _ ofB: [Int],
    of b: [TensorView]
  ) throws(DifferenceError) -> [(a: Int, b: Int)] {
    if ofA.count == 1, ofB.count == 1 {
      return try isSame(a[ofA[0]], b[ofB[0]]) ? [(ofA[0], ofB[0])] : []
    }
    var candidates: [UInt64: [Int]] = [:]
    for index in ofB {
      if let hash = try hash(b[index], .b) { candidates[hash, default: []].append(index) }
    }
    var pairs: [(a: Int, b: Int)] = []
    for index in ofA {
      guard let hash = try hash(a[index], .a), let places = candidates[hash] else { continue }
      let likeliest = places.indices.prefix(Self.maximumCandidates)
        .map { (place: $0, likeness: likeness(a[index], b[places[$0]])) }
        .sorted { ($1.likeness, $0.place) < ($0.likeness, $1.place) }
      for (place, _) in likeliest where try isSame(a[index], b[places[place]]) {
        pairs.append((index, places[place]))
        remove(place, from: &candidates[hash, default: []])
        break
      }
    }
    return pairs
  }

  /// Keeps the order where there are few.
  private func remove(_ place: Int, from places: inout [Int]) {
    if places.count > Self.maximumCandidates {
      places[place] = places[places.count - 1]
      places.removeLast()
    } else {
      places.remove(at: place)
    }
  }

  /// How many bytes two names have in common at both ends: `h.3.bias` and `model.h.3.bias` are alike.
  private func likeness(_ a: TensorView, _ b: TensorView) -> Int {
    let (a, b) = (a.name.utf8.span, b.name.utf8.span)
    let most = min(a.count, b.count, Self.comparedBytes)
    var head = 0
    while head < most, a[head] == b[head] { head += 1 }
    var tail = 0
    while tail < most, a[a.count - 1 - tail] == b[b.count - 1 - tail] { tail += 1 }
    return head + tail
  }

  /// Nil where the elements cannot be read, which for a tensor that is only on one side is no error.
  private func hash(
    _ view: TensorView,
    _ side: DifferenceError.Side
  ) throws(DifferenceError) -> UInt64? {
    do {
      return try ContentHash.of(view, runner)
    } catch {
      if error.fault is CheckpointFault { return nil }
      throw DifferenceError(side: side, error: error)
    }
  }

  private func isSame(_ a: TensorView, _ b: TensorView) throws(DifferenceError) -> Bool {
    do {
      return try TensorPair(a, b, runner).isSame()
    } catch {
      if error.error.fault is CheckpointFault { return false }
      throw error
    }
  }
}
