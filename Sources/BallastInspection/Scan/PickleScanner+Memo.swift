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
    guard !sequence.loaded.isEmpty || sequence.shared != nil,
      walk.recallsOthers || walk.recallsCounted
    else { return nil }
    let position = walk.range.lowerBound
    sequence.recalling[position] = Self.dataNames(of: walk.names)
    var shared =
      sequence.shared.take() ?? PickleWalk(walk.source, range: walk.range, judgements: judgements)
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
    guard walk.recallsOthers else {
      addDangers(of: shared.ownNames, besides: walk.names, in: stream)
      return nil
    }
    guard shared.isPickle else { return nil }
    // By itself it comes as far as to what it lacks, and does what stands before.
    addDangers(of: walk.names, besides: shared.ownNames, in: stream)
    return shared
  }

  /// Reads the pickles of a sequence as unpicklers do that were made at a later one than the first, and adds the
  /// dangerous names that they alone would call.
  mutating func shareFromLater(_ sequence: Sequence, of stream: Stream) {
    guard !sequence.recalling.isEmpty else { return }
    var opcodesLeft = sharedOpcodesLeft
    for first in sequence.starts.indices.prefix(Self.maximumUnpicklers).dropFirst() {
      let source = stream.region.source
      var shared: PickleWalk?
      for start in sequence.starts[first...] {
        guard isAble, opcodesLeft > 0 else { return }
        var walk =
          shared.take() ?? PickleWalk(source, range: start..<stream.end, judgements: judgements)
        walk.resume(
          at: start..<stream.end,
          whileClean: true,
          maximumOpcodes: opcodesLeft,
          shouldStop: shouldStop
        )
        opcodesLeft -= walk.opcodeCount
        if start != sequence.starts[first], let harmless = sequence.recalling[start] {
          addDangers(of: walk.ownNames, besides: harmless, in: stream)
        }
        shared = walk
      }
    }
  }

  /// Adds the dangerous names of a pickle's second meaning.
  private mutating func addDangers(
    of names: [PickleName],
    besides others: [PickleName],
    in stream: Stream
  ) {
    addDangers(of: names, besides: Self.dataNames(of: others), in: stream)
  }

  /// The last parts of the names that make data: a text of another pickle in front of one of them is what nonsense
  /// looks like.
  private static func dataNames(of names: [PickleName]) -> Set<ExactString> {
    Set(names.lazy.filter { $0.form != nil }.map(\.lastPart))
  }

  private mutating func addDangers(
    of names: [PickleName],
    besides harmless: Set<ExactString>,
    in stream: Stream
  ) {
    let base = stream.region.range.lowerBound
    for name in names
    where !harmless.contains(name.lastPart) && !name.calls.isEmpty && name.isPlausible {
      if case .dangerous = name.verdict { result.add(name, base: base, file: stream.place) }
    }
  }
}
