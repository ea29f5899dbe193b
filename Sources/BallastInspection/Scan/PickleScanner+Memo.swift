import BallastBytes
import BallastFormats

/// Pickles that one unpickler loads, one after the other: it keeps its memo, so that a later one may mean another
/// thing than it does by itself.
extension PickleScanner {
  /// An unpickler may have been made at any of so many first pickles.
  private static let maximumUnpicklers = 8

  /// Reads a pickle as an unpickler does that has loaded those before it and has kept its memo; returns that walk
  /// if the pickle makes sense to such a one alone.
  ///
  /// Where it makes sense to both, or comes some way by itself, what the memo holds is another thing for each of them,
  /// and of honest pickles one reading is nonsense: only its dangerous names are kept.
  mutating func shared(
    _ walk: PickleWalk,
    _ sequence: inout Sequence,
    of stream: Stream,
    isCertain: Bool
  ) -> PickleWalk? {
    sequence.dataNames.formUnion(walk.ownNames.lazy.filter { $0.form != nil }.map(\.lastPart))
    guard !sequence.loaded.isEmpty || sequence.shared != nil,
      walk.recallsOthers || walk.recallsCounted
    else { return nil }
    let position = walk.range.lowerBound
    sequence.recalling.insert(position)
    var shared =
      sequence.shared.take() ?? newWalk(walk.range, of: walk.source, in: stream)
    let all = sequence.loaded + [position]
    sequence.loaded = []
    for start in all {
      let isLast = start == position
      let isGuess = isLast && (!walk.recallsOthers || !isCertain)
      shared.resume(
        at: start..<stream.end,
        whileClean: isGuess,
        maximumOpcodes: sharedOpcodesLeft,
        shouldStop: shouldStop
      )
      effort -= shared.position - start + 1
      sharedOpcodesLeft -= shared.opcodeCount
      guard sharedOpcodesLeft > 0, effort > 0 else {
        let message =
          "has more than \(limits.opcodes) opcodes (scan.opcodes) that share a memo: the rest was not looked at"
        result.add(PickleScan.Finding(rule: "pickle.limit", message, file: stream.place))
        return nil
      }
    }
    defer { sequence.shared = shared }
    sequence.dataNames.formUnion(shared.ownNames.lazy.filter { $0.form != nil }.map(\.lastPart))
    let isOthers = walk.recallsOthers ? shared.isPickle : !walk.isWhole && shared.isWhole
    guard isOthers else {
      // Where it recalls others and makes no sense to them, nobody reads it further than by itself.
      if !walk.recallsOthers { addSecondMeaning(of: shared, sequence, in: stream) }
      return nil
    }
    // By itself it comes as far as to what it lacks, and does what stands before.
    let range = position..<stream.end
    let alone = self.walk(range, of: walk.source, whileClean: true, stream: stream)
    addSecondMeaning(of: alone, sequence, in: stream)
    return shared
  }

  /// Reads the pickles of a sequence as unpicklers do that were made at a later one than the first, and adds what
  /// is dangerous to them alone.
  mutating func shareFromLater(_ sequence: Sequence, of stream: Stream) {
    guard !sequence.recalling.isEmpty else { return }
    var opcodesLeft = limits.opcodes + stream.region.source.count / Self.bytesPerOpcode
    for first in sequence.starts.indices.prefix(Self.maximumUnpicklers).dropFirst() {
      let source = stream.region.source
      var shared: PickleWalk?
      for start in sequence.starts[first...] {
        guard isAble, opcodesLeft > 0 else { return }
        var walk =
          shared.take() ?? newWalk(start..<stream.end, of: source, in: stream)
        walk.resume(
          at: start..<stream.end,
          whileClean: true,
          maximumOpcodes: opcodesLeft,
          shouldStop: shouldStop
        )
        opcodesLeft -= walk.opcodeCount
        if start != sequence.starts[first], sequence.recalling.contains(start) {
          addSecondMeaning(of: walk, sequence, in: stream)
        }
        shared = walk
      }
    }
  }

  /// Adds the dangerous names that a pickle's second meaning calls.
  ///
  /// Most second meanings are nonsense, of pickles that have nothing to do with each other. A text of another one in
  /// front of the name of a class is what that looks like, and so is whatever is computed.
  private mutating func addSecondMeaning(
    of walk: PickleWalk,
    _ sequence: Sequence,
    in stream: Stream
  ) {
    let base = stream.region.range.lowerBound
    for name in walk.ownNames
    where !sequence.dataNames.contains(name.lastPart) && !name.calls.isEmpty && name.isPlausible {
      if case .dangerous = name.verdict { result.add(name, base: base, file: stream.place) }
    }
  }
}

extension PickleWalk {
  /// Whether some Python comes to the end.
  fileprivate var isWhole: Bool { isClean && end == .stop }
}
