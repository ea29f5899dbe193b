import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import Testing

/// Containers in containers that would take forever, or all memory.
@Suite struct TorchHostileShapesTests: TorchWalkSuite {
  @Test func containersMayHoldThemselves() throws {
    let pickle = bytes(
      "]q",
      0,
      "(",
      Self.tensor,
      "h",
      0,
      "}q",
      1,
      "X",
      1,
      0,
      0,
      0,
      "k",
      "h",
      0,
      "se"
    )
    #expect(try names(pickle) == ["0"])
  }

  @Test func laughsThatHoldNothingAreWalkedOnce() throws {
    // Sixty levels of ten: more paths than atoms, and no tensor at their end.
    var pickle = bytes("]q", 0, "0")
    for level in 0..<60 {
      pickle += bytes("](", (0..<10).flatMap { _ in bytes("h", level) }, "eq", level + 1, "0")
    }
    pickle += bytes("](h", 60, Self.tensor, "e")
    #expect(try names(pickle) == ["1"])
  }

  @Test func laughsThatHoldATensorAreRefused() throws {
    var pickle = bytes(TorchPickle.list([Self.tensor]), "q", 0, "0")
    for level in 0..<60 {
      pickle += bytes("](", (0..<10).flatMap { _ in bytes("h", level) }, "eq", level + 1, "0")
    }
    var limits = TorchLimits()
    let repeated = try #require(throws: FormatError.self) { try open(pickle + bytes("h", 60)) }
    #expect(repeated.fault as? TorchFault == .tooManyRepetitions(limit: 1 << 15))
    limits.tensors = 1000
    let error = try #require(throws: FormatError.self) {
      try open(pickle + bytes("h", 60), limits: limits)
    }
    #expect(error.fault as? TorchFault == .tooManyTensors(limit: 1000))
    limits.tensors = 1 << 18
    limits.nameBytes = 1 << 20
    let named = try #require(throws: FormatError.self) {
      try open(pickle + bytes("h", 60), limits: limits)
    }
    #expect(named.fault as? TorchFault == .namesTooLong(limit: 1 << 20))
  }

  @Test func knotsAreRefused() throws {
    // Thirty lists, each holding all of them: paths without end, and a tensor in one.
    let count = 30
    var pickle = bytes("(", (0..<count).flatMap { bytes("]q", $0) }, "t0")
    for list in 0..<count {
      pickle += bytes("h", list, "(", (0..<count).flatMap { bytes("h", $0) }, "e0")
    }
    pickle += bytes("h", 0, Self.tensor, "a")
    var limits = TorchLimits()
    limits.steps = 1 << 18
    let error = try #require(throws: FormatError.self) { try open(pickle, limits: limits) }
    #expect(error.fault as? TorchFault == .tooManyPaths(limit: 1 << 18))
  }

  @Test func whatLiesTooDeepIsLeftOutAloud() throws {
    let depth = 600
    let nested =
      [UInt8](repeating: UInt8(ascii: "]"), count: depth) + Self.tensor
      + [UInt8](repeating: UInt8(ascii: "a"), count: depth)
    let checkpoint = try open(TorchPickle.list([nested, Self.tensor]))
    #expect(checkpoint.tensors.map(\.name) == ["1"])
    guard case .nestedTooDeep(_, limit: 512)? = checkpoint.warnings.first?.fault as? TorchFault
    else {
      Issue.record("nothing was said")
      return
    }
    var limits = TorchLimits()
    limits.depth = 1000
    #expect(try open(TorchPickle.list([nested]), limits: limits).tensors.count == 1)
  }

  @Test func aMillionLevelsDoNotOverflow() throws {
    let depth = 1_000_000
    let nested =
      [UInt8](repeating: UInt8(ascii: "]"), count: depth)
      + [UInt8](repeating: UInt8(ascii: "a"), count: depth - 1)
    let checkpoint = try open(TorchPickle.list([Self.tensor, nested]))
    #expect(checkpoint.tensors.map(\.name) == ["0"])
  }
}
