import BallastBytes
import BallastFormats

/// Pickles and arrays that follow one another: whoever loads twice from an open file reads on where
/// the first one ended.
extension PickleScanner {
  /// Where in a stream the reading stands.
  struct Sequence {
    var position: Int
    /// The pickles and arrays so far.
    var count = 0
    /// What findings are told to stand in.
    var data: Stream
    /// Where the pickles of a legacy file of torch start, how many of them there were, and how many in front of them.
    var legacy: (start: Int, pickles: Int, before: Int)?
    /// How many pickles there were with the first that has values that only its loader knows, and behind whose storages
    /// was not gone on.
    var persistentIDs: Int?
    /// Whether it was said that storages were not followed.
    var isLost = false
    /// What is passed over, and searched in the end.
    var gaps: [Range<Int>] = []
    /// Whether what follows may be a pickle of any protocol.
    var isUnknown = false
    /// Where the pickles start.
    var starts: [Int] = []
    /// Where those start that ask the memo for what may be another's.
    var recalling: Set<Int> = []
    /// The last parts of the names that make data in any of them.
    var dataNames: Set<ExactString> = []
    /// Where the pickles start that the shared walk has not read yet.
    var loaded: [Int] = []
    /// A walk that keeps the memo from pickle to pickle.
    var shared: PickleWalk?
    /// The zip archive that ends the stream, if one does, once that was asked.
    var archiveEnd: ScannedArchive.End??
  }

  /// A legacy file of torch has so many pickles, and its storages behind them.
  private static let legacyPickles = 5
  /// What the first of them takes, in any protocol.
  private static let magicNumberBytes = 12...64

  /// Walks the pickles and passes over the arrays at the start of a stream, and searches the rest.
  mutating func scanSequence(_ stream: Stream) {
    if stream.isTarMember, !stream.isTarHeader { return scanLayout(stream) }
    var sequence = Sequence(position: stream.region.range.lowerBound, data: stream)
    while sequence.position < stream.end, isAble, read(&sequence, of: stream) {}
    checkStorages(&sequence, of: stream)
    guard sequence.count > 0, !stream.isTarHeader else { return }
    shareFromLater(sequence, of: stream)
    if sequence.position < stream.end {
      addLZMA(rest(of: stream, from: sequence.position))
    }
    for gap in sequence.gaps { search(gap, of: sequence.data, anyProtocol: false) }
    search(sequence.position..<stream.end, of: sequence.data, anyProtocol: sequence.isUnknown)
  }

  /// Reads the next pickle or array; returns whether another may follow it.
  private mutating func read(_ sequence: inout Sequence, of stream: Stream) -> Bool {
    let source = stream.region.source
    let position = sequence.position
    if sequence.count > 0 {
      openRest(of: stream, from: position)
      tryBase(&sequence, of: stream)
    }
    let kind = PickleSniffing.plainKind(of: source.bytes.extracting(position..<stream.end))
    if case .numpy = kind {
      sequence.count += 1
      guard let rest = skipArray(at: position, of: stream) else { return false }
      sequence.position = rest.stream.region.range.lowerBound
      // Objects are a pickle, for which the array is the place; so may be what is not understood.
      if !rest.isNumeric {
        sequence.data = rest.stream
        sequence.isUnknown = true
      }
      return true
    }
    let isHeader = if case .pickle = kind { true } else { false }
    let isCertain = isHeader || sequence.count == 0 && stream.isPickle
    var walk = walk(
      position..<stream.end,
      of: source,
      whileClean: !isCertain,
      stream: stream
    )
    if let shared = shared(walk, &sequence, of: stream, isCertain: isCertain) { walk = shared }
    guard isCertain || walk.isPickle || walk.end == .limit, effort > 0 else { return false }
    // A header at the start of a file, or a place where pickles are kept, leaves no doubt.
    let isBeyondDoubt =
      sequence.count == 0 && isCertain && (stream.isPickle || stream.depth == 0)
    take(walk, of: sequence.data, isBeyondDoubt: isBeyondDoubt)
    sequence.count += 1
    sequence.starts.append(position)
    if walk.holdsJoblibArrays {
      result.add(FormatError(ScanFault.joblibArrays).inFile(sequence.data.place))
      sequence.isUnknown = true
      sequence.position = walk.end == .stop ? walk.position : position + 1
      return false
    }
    guard walk.end == .stop else {
      // Elements may look like the start of a pickle, behind which there may be a true one.
      sequence.position = isBeyondDoubt ? stream.end : position + 1
      return false
    }
    sequence.position = walk.position
    if sequence.shared?.range.lowerBound != position { sequence.loaded.append(position) }
    passStorages(&sequence, behind: walk, from: position, of: stream)
    return true
  }

  /// Behind the last pickle of a legacy file of torch, moves past its storages.
  mutating func passStorages(
    _ sequence: inout Sequence,
    behind walk: PickleWalk,
    from start: Int,
    of stream: Stream
  ) {
    let range = start..<sequence.position
    if sequence.legacy == nil, Self.magicNumberBytes.contains(range.count),
      TorchLegacy.isMagicNumber(in: stream.region.source, at: range)
    {
      sequence.legacy = (start, 0, sequence.count - 1)
    }
    if walk.hasPersistentIDs, sequence.persistentIDs == nil {
      sequence.persistentIDs = sequence.count
    }
    guard var legacy = sequence.legacy else { return }
    legacy.pickles += 1
    sequence.legacy = legacy.pickles < Self.legacyPickles ? legacy : nil
    guard legacy.pickles == Self.legacyPickles else { return }
    let source = stream.region.source.slice(legacy.start..<stream.end)
    do {
      let end = legacy.start + (try TorchLegacy.end(of: source))
      if let first = sequence.persistentIDs, first > legacy.before { sequence.persistentIDs = nil }
      sequence.gaps.append(sequence.position..<end)
      sequence.position = end
    } catch {
      // A file that ends with its pickles has no storages that could be missed.
      if sequence.position < stream.end { loseStorages(&sequence, of: stream) }
    }
  }

  /// A file of torch whose magic number is another spelling of the same has storages behind its pickles, too; those may
  /// read as pickles, but in such a file one alone follows that with the ids.
  mutating func checkStorages(_ sequence: inout Sequence, of stream: Stream) {
    guard let first = sequence.persistentIDs, first >= Self.legacyPickles - 1,
      sequence.position < stream.end || sequence.count > first + 1
    else { return }
    loseStorages(&sequence, of: stream)
  }

  /// Says once that nobody knows where the next pickle starts.
  private mutating func loseStorages(_ sequence: inout Sequence, of stream: Stream) {
    if !sequence.isLost {
      result.add(FormatError(ScanFault.storagesNotFollowed).inFile(stream.place))
    }
    sequence.isLost = true
    sequence.isUnknown = true
  }
}

extension PickleWalk {
  /// Whether the elements of joblib's arrays stand in the midst of the opcodes.
  var holdsJoblibArrays: Bool {
    ownNames.contains { name in
      let parts = name.path.utf8.split(separator: UInt8(ascii: ".")).suffix(2)
      guard parts.count == 2, let module = parts.first, let last = parts.last else { return false }
      return module.starts(with: "numpy_pickle".utf8)
        && last.elementsEqual("NumpyArrayWrapper".utf8)
    }
  }
}
