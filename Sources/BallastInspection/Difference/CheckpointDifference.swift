import BallastBytes
package import BallastCheckpoint
package import BallastJSON

/// What differs between two checkpoints, A and B: names, types, shapes, values, ties and metadata.
///
/// Both are read in pieces. Tensors whose bytes are the same cost a comparison of bytes, others a
/// pass of arithmetic in double on all cores.
package struct CheckpointDifference: Sendable {
  /// Two names that stand for one tensor in only one of the checkpoints.
  package struct Tie: Hashable, Sendable {
    /// The first name in its checkpoint, and the one that is tied to it.
    package let names: [String]
    /// Whether B ties the names; else A does.
    package let isInB: Bool
  }

  /// A key of the metadata that only one has, or whose values differ.
  package struct Metadata: Hashable, Sendable {
    package let key: String
    package let a: JSONValue?
    package let b: JSONValue?
  }

  /// What became of every tensor, in the order of A, and then of B for those that A lacks.
  package private(set) var tensors: [TensorDifference] = []
  /// Ties that one checkpoint has and the other has not, though both have the names.
  ///
  /// No value differs for them, so they do not make checkpoints different.
  package let ties: [Tie]
  /// Keys of the metadata, in order.
  package let metadata: [Metadata]
  /// How far each layer moved; none where no tensor's name has a layer.
  package private(set) var layers: [LayerChange] = []

  /// Whether a tensor differs beyond the tolerance.
  package var isDifferent: Bool { tensors.contains { $0.status.isDifference } }

  /// The number of tensors that fared so.
  package func count(_ status: TensorDifference.Status) -> Int {
    tensors.count { $0.status == status }
  }

  /// Compares two checkpoints.
  ///
  /// - Parameters:
  ///   - a: the checkpoint that relative changes relate to.
  ///   - b: what became of it.
  ///   - tolerance: by how much values may differ and count as equal.
  ///   - progress: is told how many elements were read, now and then; may throw to give up.
  /// - Throws: `DifferenceError` where values that have to be compared cannot be read.
  package init(
    from a: Checkpoint,
    to b: Checkpoint,
    tolerance: Tolerance = Tolerance(),
    progress: @escaping DifferenceProgress = { _ in }
  ) throws(DifferenceError) {
    let runner = PieceRunner(progress: progress)
    ties = Self.ties(a, b)
    metadata = Self.metadata(a.metadata, b.metadata)
    tensors = try Self.tensors(a, b, TensorComparison(tolerance: tolerance, runner: runner))
    layers = try LayerChange.layers(of: tensors, runner)
  }

  private static func tensors(
    _ a: Checkpoint,
    _ b: Checkpoint,
    _ comparison: TensorComparison
  ) throws(DifferenceError) -> [TensorDifference] {
    /// The tensors that two tied names stand for: they are compared once.
    struct Elements: Hashable {
      let a: ExactString
      let b: ExactString
    }
    var compared: [Elements: TensorDifference] = [:]
    var differences: [TensorDifference?] = []
    var removed: [(place: Int, tensor: TensorView)] = []
    for tensor in a.tensors {
      guard let other = b[tensor.name] else {
        removed.append((differences.count, tensor))
        differences.append(nil)
        continue
      }
      let elements = Elements(a: a.root(of: tensor), b: b.root(of: other))
      if let known = compared[elements] {
        differences.append(known.of(tensor, other))
      } else {
        let found = try comparison.compare(tensor, other)
        compared[elements] = found
        differences.append(found)
      }
    }
    var added = b.tensors.filter { a[$0.name] == nil }
    for isTransposed in [false, true] {
      for (place, tensor, other) in try renamed(&removed, &added, isTransposed, comparison.runner) {
        differences[place] = TensorDifference(
          status: .renamed,
          a: tensor,
          b: other,
          isTransposed: isTransposed
        )
      }
    }
    for (place, tensor) in removed {
      differences[place] = TensorDifference(status: .removed, a: tensor, b: nil)
    }
    return differences.compactMap(\.self)
      + added.map { TensorDifference(status: .added, a: nil, b: $0) }
  }

  /// Takes out of what is left over those that are the same under two names.
  private static func renamed(
    _ removed: inout [(place: Int, tensor: TensorView)],
    _ added: inout [TensorView],
    _ isTransposed: Bool,
    _ runner: PieceRunner
  ) throws(DifferenceError) -> [(Int, TensorView, TensorView)] {
    // Transposed blocks or packed elements would have to be taken apart.
    func view(_ tensor: TensorView) -> TensorView? {
      guard isTransposed else { return tensor }
      guard tensor.shape.rank == 2, tensor.dtype.byteWidth != nil else { return nil }
      return try? tensor.transposed
    }
    let places = added.indices.filter { view(added[$0]) != nil }
    let views = added.compactMap(view)
    let pairs = try RenamedTensors(runner: runner).pairs(removed.map(\.tensor), views)
    let found = pairs.map { (removed[$0.a].place, removed[$0.a].tensor, added[places[$0.b]]) }
    let (goneFromA, goneFromB) = (Set(pairs.map(\.a)), Set(pairs.map { places[$0.b] }))
    removed = removed.indices.filter { !goneFromA.contains($0) }.map { removed[$0] }
    added = added.indices.filter { !goneFromB.contains($0) }.map { added[$0] }
    return found
  }
}

extension TensorDifference {
  /// The same for another pair of names of the same elements.
  fileprivate func of(_ a: TensorView, _ b: TensorView) -> TensorDifference {
    TensorDifference(
      status: status,
      a: a,
      b: b,
      recast: recast,
      isTransposed: isTransposed,
      figures: figures
    )
  }
}
