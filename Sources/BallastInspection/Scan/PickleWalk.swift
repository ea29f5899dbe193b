import BallastBytes
import BallastFormats

/// Reads a pickle without running it, and notes what it would import and call.
///
/// Unlike `PickleMachine` it refuses nothing: a pickle that fails after its payload has done its harm,
/// so reading ends only where Python's would, at a byte that is no opcode, an argument that is cut
/// off, or STOP. Whatever cannot be followed is opaque, and an opaque name is a dangerous one.
struct PickleWalk {
  /// Values on the stack at once: picklers write lists in pieces of a thousand.
  static let maximumValues = 1 << 21
  /// Whether somebody has had enough is asked every so many opcodes.
  private static let opcodesBetweenLooks = 1 << 12
  /// Pages that were read are given back in pieces.
  private static let readPiece = 16 << 20
  /// Different names; honest files have dozens.
  static let maximumNames = 1 << 12
  /// Collections that are followed: a tensor has four.
  static let maximumCollections = 1 << 20
  /// Their elements that are kept, in all.
  static let maximumElements = 1 << 22
  /// Texts and bytes that may be pickles themselves.
  static let maximumNested = 1 << 15
  /// Names longer than this are not decoded; Python's own take less than 100 bytes.
  static let maximumNameBytes = 1 << 12

  /// Why reading ended.
  enum End {
    case stop
    case unknownOpcode
    case truncated
    /// More was asked for than is followed.
    case limit
  }

  let source: SharedBytes
  private(set) var range: Range<Int>
  /// Where reading ended.
  private(set) var position: Int
  private(set) var end = End.truncated
  /// The opcodes that were read, and what was done besides, in opcodes.
  private(set) var opcodeCount = 0
  /// How many bytes there are too few, where reading ended at the end of the bytes.
  private(set) var missing = 0
  /// Whether some Python could have come as far: nothing happened at which all of them stop.
  private(set) var isClean = true
  /// Whether it is only a guess that this is a pickle: then reading ends where it is not clean.
  private(set) var isGuess = false
  var hasCalls = false
  var names: [PickleName] = []
  /// Which of the names that were imported before are called in this pickle.
  var calledNames: Set<Int> = []
  var findings: [PickleOddity] = []
  /// What may be a pickle or an archive, within the source.
  var nested: [PickleNested] = []
  /// Where the ones that start at an offset stand in `nested`.
  var nestedIndex: [Int: Int] = [:]
  /// Whether this only answers whether a text may be a pickle; texts in it are not looked at.
  var isProbe = false
  /// Whether it is a text or bytes of another pickle.
  var isNested = false

  var stack: [PickleSymbol] = []
  var marks: [Int] = []
  var memo = SymbolMemo()
  /// Whether something was forgotten: what is not known then is no finding of its own.
  private(set) var isForgetful = false
  var collections: [PickleCollection] = []
  /// The elements that the collections keep.
  var elementCount = 0
  /// The collection that stands for all empty tuples.
  var emptyTuple: Int?
  /// What the containers hold that calls made, all of them together.
  var resultsHold = (
    keys: PickleCollection.Pair(), values: PickleCollection.Pair(), arrayTypes: false,
    // Objects with attributes in a defaultdict, as which optimizers keep their state.
    objects: false, oddLists: false
  )
  /// Whether optimizers get a state.
  var buildsOptimizers = false
  /// Whether bytes that can be written to get more of them, and whether arrays of texts lie over such.
  var changesBuffers = false
  var hasTextBuffers = false
  /// Where texts of arrays start that were looked at.
  var inspectedTexts: Set<Int> = []
  /// Whether a container holds a name by which NumPy, torch or Python ask objects, not as a key.
  var holdsProtocols = false
  /// Whether it has values that only who loads it knows.
  var hasPersistentIDs = false
  /// Whether torch would read it as a part of a tar archive of 2016.
  var isInTar = false
  /// Whether an id of torch's had a name that is read as what it names, and in a tar archive of 2016 as the text "module".
  var namesMayBeTexts = false
  /// Whether somebody who loads this gives what it holds to another pickle, which nobody sees.
  var isLoaded = false
  /// Whether objects of torch's classes get a state.
  var buildsTorchObjects = false
  var arrayTypes: [PickleArrayType] = []
  var arrays: [PickleArray] = []
  /// Where the bytes start over which arrays lie, and those that torch's loader was called with.
  var bufferPlaces: Set<Int> = []
  var filePlaces: Set<Int> = []
  var nameIndex: [ExactString: Int] = [:]
  /// The names whose module and name stand at two places.
  var placedNames: [PlacedName: Int] = [:]
  /// The bytes of names that were decoded.
  var decodedBytes = 0
  /// Where the frame ends that is being read.
  var frameEnd: Int?
  /// Whether readers disagree about what follows.
  private(set) var crossesFrame = false
  /// Whether a mark was taken for a value, which it was in Python before 3.6: there may be copies.
  var hasLooseMarks = false
  /// Whether some Python would come to an import or a call of something that was forgotten, or that only
  /// the running program knows.
  private(set) var reachesUnknown = false
  /// Whether it asks the memo for an entry that it does not make: an unpickler that has loaded another
  /// pickle before may have it.
  private(set) var recallsOthers = false
  /// Whether it asks for one that MEMOIZE made, whose number depends on what was loaded before.
  private(set) var recallsCounted = false
  /// Whether an entry was made that is counted up from those before it.
  private var countsMemo = false
  /// The names that pickles before this one imported, in a walk that goes on.
  private(set) var inheritedNames = 0
  /// Whether the memo may have entries whose index is unknown.
  var hasUnknownMemos = false
  var opcode = PickleOpcode.stop
  var opcodeOffset = 0

  /// What is known about names.
  let judgements: PickleJudgements
  /// How much effort may be spent until reading ends.
  private var effortLimit = Int.max

  /// Whether reading ends behind this opcode: one may have any number of values to look at.
  var isExhausted: Bool { judgements.effort >= effortLimit }

  init(
    _ source: SharedBytes,
    range: Range<Int>,
    judgements: PickleJudgements = PickleJudgements()
  ) {
    self.judgements = judgements
    self.source = source
    self.range = range
    position = range.lowerBound
  }

  /// Reads to the end, or `maximumOpcodes`; with `whileClean`, only as far as Python would come.
  mutating func run(
    whileClean: Bool = false,
    maximumOpcodes: Int = .max,
    shouldStop: () -> Bool = { false }
  ) {
    isGuess = whileClean
    let start = judgements.effort
    let (limit, isEndless) = start.addingReportingOverflow(maximumOpcodes)
    effortLimit = isEndless ? .max : limit
    let source = source  // borrowed from here, so that `self` can change
    var reader = ByteReader(source.bytes.extracting(range), base: range.lowerBound)
    var given = range.lowerBound
    defer {
      position = reader.offset
      opcodeCount += judgements.effort - start
    }
    while isClean || !whileClean {
      guard opcodeCount + judgements.effort - start < maximumOpcodes,
        opcodeCount % Self.opcodesBetweenLooks != 0 || !shouldStop()
      else {
        end = .limit
        return
      }
      opcodeCount += 1
      opcodeOffset = reader.offset
      if opcodeOffset - given >= Self.readPiece {
        source.giveBack(given..<opcodeOffset)
        given = opcodeOffset
      }
      do {
        guard let next = PickleOpcode(rawValue: try reader.read(UInt8.self)) else {
          end = .unknownOpcode
          return
        }
        opcode = next
        if case .stop = next {
          end = .stop
          // Whoever loads on from the same file goes on behind the frame, and not here.
          if let frameEnd, frameEnd > reader.offset { crossFrame() }
          keep(pop())
          return
        }
        try step(&reader)
        leaveFrame(at: reader.offset)
      } catch {
        end = .truncated
        // Frames end within the file: what reaches past its end reaches past theirs.
        if frameEnd != nil { crossFrame() }
        if case .truncated(let needed)? = error.fault as? ByteFault { missing = needed }
        return
      }
      guard stack.count <= Self.maximumValues, marks.count <= Self.maximumValues else {
        end = .limit
        return
      }
    }
  }

  /// The frame, if there is one, ends where an opcode does: no pickler writes another, and Python in C
  /// then skips bytes that Python in Python reads or refuses.
  mutating func leaveFrame(at offset: Int) {
    guard let end = frameEnd, offset >= end else { return }
    frameEnd = nil
    if offset > end { crossFrame() }
  }

  mutating func crossFrame() {
    crossesFrame = true
    note(.crossedFrame)
  }

  /// Goes on with another pickle, as one unpickler does that loads several: it keeps the memo.
  mutating func resume(
    at range: Range<Int>,
    whileClean: Bool,
    maximumOpcodes: Int,
    shouldStop: () -> Bool
  ) {
    self.range = range
    position = range.lowerBound
    end = .truncated
    opcodeCount = 0
    missing = 0
    isClean = true
    hasCalls = false
    reachesUnknown = false
    recallsOthers = false
    hasPersistentIDs = false
    crossesFrame = false
    hasLooseMarks = false
    frameEnd = nil
    stack = []
    marks = []
    nested = []
    nestedIndex = [:]
    findings = []
    decodedBytes = 0
    for index in inheritedNames..<names.count { names[index].forgetCalls() }
    for index in calledNames { names[index].forgetCalls() }
    calledNames = []
    inheritedNames = names.count
    run(whileClean: whileClean, maximumOpcodes: maximumOpcodes, shouldStop: shouldStop)
  }

  /// Forgets the values, of which nobody asks once the end is reached.
  mutating func forgetValues() {
    stack = []
    memo = SymbolMemo()
    collections = []
    arrays = []
    arrayTypes = []
  }

  /// The names that the pickle imports itself, and those that it calls.
  var ownNames: [PickleName] {
    inheritedNames == 0 ? names : calledNames.sorted().map { names[$0] } + names[inheritedNames...]
  }

  /// Notes that the memo is asked for an entry.
  mutating func noteRecall(isMissing: Bool) {
    guard isClean else { return }
    if isMissing { recallsOthers = true } else if countsMemo { recallsCounted = true }
  }

  mutating func noteCounted() { countsMemo = true }

  /// What every Python fails at; what only some of them refuse is none.
  mutating func stumble() {
    isClean = false
  }

  /// Notes what every Python should fail at, in what is beyond doubt a pickle: no pickler writes it, and were there a
  /// Python that passes it, what follows would not be noted.
  mutating func noteImpossible(_ oddity: PickleOddity.Kind) {
    if isClean, !isGuess { note(oddity) }
  }

  /// Says that there is more than is followed.
  mutating func forget() {
    note(.tooManyValues)
    isForgetful = true
  }

  /// Says that something is imported or called of which nothing is known.
  ///
  /// Taken from below a mark, such a value need not be there in any Python, and texts in parentheses look
  /// like that.
  mutating func reachUnknown() {
    guard isClean, !hasLooseMarks || isForgetful || hasUnknownMemos else { return }
    reachesUnknown = true
  }

  mutating func note(_ oddity: PickleOddity.Kind) {
    // Bytes of tensors can look like a pickle for a while; what is beyond doubt one is not excused.
    guard !isForgetful || !oddity.isAboutTheUnknown else { return }
    guard isClean || !isGuess, !findings.contains(where: { $0.kind == oddity }) else { return }
    findings.append(PickleOddity(kind: oddity, opcode: opcode, offset: opcodeOffset))
  }
}

/// Where the module and the name of an import stand: the same texts can be used again and again.
struct PlacedName: Hashable {
  let module: Int
  let name: Int
}

/// A text or bytes of a pickle that may be a pickle, or an archive, itself.
struct PickleNested {
  let text: PickleText
  /// Whether torch's loader is called with it: then it is one beyond doubt.
  var isLoaded: Bool
}
