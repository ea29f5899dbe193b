package import BallastBytes

/// A machine that decodes every opcode of pickle protocols 0 to 5 and executes nothing.
///
/// Classes and functions are names, calls are notes of what would be called. Time and memory are
/// linear in the input, whatever the pickle shares, nests or refers to.
///
/// The graph stays readable when `run` throws: it holds what was built up to there.
package struct PickleMachine {
  package internal(set) var graph: PickleGraph
  /// Where the next opcode stands in the file; after `run`, the end of the pickle.
  package private(set) var position: Int

  let limits: PickleLimits
  let recordsEvents: Bool
  private let end: Int
  private(set) var stack: [PickleValue] = []
  private var marks: [Int] = []
  private(set) var memo = PickleMemo()
  /// The values that went into containers so far.
  var elementCount = 0
  /// Where the current opcode stands.
  private(set) var offset: Int

  /// A machine at the start of a pickle, which ends at its STOP or at the end of `range`.
  ///
  /// `isInFile` is false where `source` was decompressed.
  package init(
    _ source: SharedBytes,
    range: Range<Int>,
    isInFile: Bool = true,
    limits: PickleLimits = .standard,
    recordsEvents: Bool = false
  ) {
    graph = PickleGraph(source: source, isInFile: isInFile)
    position = range.lowerBound
    offset = range.lowerBound
    end = range.upperBound
    self.limits = limits
    self.recordsEvents = recordsEvents
  }

  /// Decodes one pickle; throws `PickleFault` or `ByteFault` at the offset in the file.
  package mutating func run() throws(FormatError) {
    let source = graph.source
    var reader = ByteReader(source.bytes.extracting(position..<end), base: position)
    defer { position = reader.offset }
    for _ in 0..<limits.opcodes {
      offset = reader.offset
      let byte = try reader.read(UInt8.self)
      guard let opcode = PickleOpcode(rawValue: byte) else { throw fault(.unknownOpcode(byte)) }
      if opcode == .stop {
        graph.root = try pop(for: opcode)
        return
      }
      try step(opcode, &reader)
    }
    throw fault(.tooManyOpcodes(limit: limits.opcodes))
  }

  /// A fault at the current opcode.
  func fault(_ fault: PickleFault) -> FormatError { FormatError(fault, at: offset) }

  // MARK: The stack

  mutating func push(_ value: PickleValue) throws(FormatError) {
    guard stack.count + marks.count < limits.stackDepth else {
      throw fault(.stackTooDeep(limit: limits.stackDepth))
    }
    stack.append(value)
  }

  mutating func pop(for opcode: PickleOpcode) throws(FormatError) -> PickleValue {
    guard stack.count > floor, let value = stack.popLast() else {
      throw fault(.stackUnderflow(opcode: opcode.name))
    }
    return value
  }

  func top(for opcode: PickleOpcode) throws(FormatError) -> PickleValue {
    guard stack.count > floor, let value = stack.last else {
      throw fault(.stackUnderflow(opcode: opcode.name))
    }
    return value
  }

  /// The values below the last mark are out of reach until that mark is gone.
  private var floor: Int { marks.last ?? 0 }

  mutating func pushMark() throws(FormatError) {
    guard stack.count + marks.count < limits.stackDepth else {
      throw fault(.stackTooDeep(limit: limits.stackDepth))
    }
    marks.append(stack.count)
  }

  /// Takes the values above the last mark, and the mark.
  mutating func popToMark(for opcode: PickleOpcode) throws(FormatError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw fault(.noMark(opcode: opcode.name)) }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  /// POP: drops the last value, or the last mark where nothing stands above it.
  mutating func drop() throws(FormatError) {
    if stack.count == floor, marks.popLast() != nil { return }
    _ = try pop(for: .pop)
  }

  // MARK: The memo

  mutating func remember(_ value: PickleValue, as index: Int) throws(FormatError) {
    guard memo.count < limits.memos || memo[index] != nil else {
      throw fault(.tooManyMemos(limit: limits.memos))
    }
    guard !memo.isScattered(index) || memo.scatteredCount < limits.scatteredMemos else {
      throw fault(.tooManyScatteredMemos(limit: limits.scatteredMemos))
    }
    memo[index] = value
  }

  func recall(_ index: Int) throws(FormatError) -> PickleValue {
    guard let value = memo[index] else { throw fault(.notMemoized(index)) }
    return value
  }
}
