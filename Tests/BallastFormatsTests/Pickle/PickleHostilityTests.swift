import BallastBytes
import BallastFormats
import Testing

/// Pickles that mean harm to whoever decodes, walks or frees them recursively.
@Suite struct PickleHostilityTests {
  @Test func aMillionNestedLists() throws {
    let depth = 1_000_000
    let pickle =
      [UInt8](repeating: UInt8(ascii: "]"), count: depth)
      + [UInt8](repeating: UInt8(ascii: "a"), count: depth - 1) + bytes(".")
    let graph = try machine(pickle).graph
    var value = try #require(graph.root)
    var levels = 1
    while let inner = graph.elements(value)?.first {
      value = inner
      levels += 1
    }
    #expect(levels == depth)
  }

  @Test func aMillionNestedTuplesCallsAndMarks() throws {
    let depth = 1_000_000
    let tuples = bytes("N") + [UInt8](repeating: 0x85, count: depth) + bytes(".")
    #expect(throws: Never.self) { try machine(tuples) }
    let calls = bytes("cos\nsystem\n") + (0..<depth).flatMap { _ in bytes(")R") } + bytes(".")
    #expect(throws: Never.self) { try machine(calls) }
    let marks = [UInt8](repeating: UInt8(ascii: "("), count: 4_000_000)
    let error = try #require(throws: FormatError.self) { try machine(marks) }
    #expect(error.fault as? PickleFault == .stackTooDeep(limit: PickleLimits.standard.stackDepth))
  }

  @Test func sharingDoesNotUnfold() throws {
    // Each list holds the one before it twice: 2 to the power of 10 000 leaves.
    var pickle = bytes("]", 0x94)
    for level in 0..<10_000 {
      pickle += bytes(
        "]j",
        littleEndian(UInt32(level)),
        "aj",
        littleEndian(UInt32(level)),
        "a",
        0x94
      )
    }
    let graph = try machine(pickle + bytes(".")).graph
    let root = try #require(graph.root)
    #expect(graph.elements(root)?.count == 2)
  }

  @Test func listsMayHoldThemselves() throws {
    let graph = try machine(bytes("]q", 0, "h", 0, "a.")).graph
    let root = try #require(graph.root)
    #expect(graph.elements(root)?.first == root)
    // So may a tuple, by way of a list.
    let indirect = try machine(bytes("]q", 0, "h", 0, 0x85, "a.")).graph
    let list = try #require(indirect.root)
    let tuple = try #require(indirect.elements(list)?.first)
    #expect(indirect.elements(tuple)?.first == list)
  }

  @Test func aLargeMemoNumberCostsNothing() throws {
    #expect(
      try printed(bytes("Nr", 0xFF, 0xFF, 0xFF, 0xFF, "0j", 0xFF, 0xFF, 0xFF, 0xFF, ".")) == "None"
    )
    #expect(try printed(bytes("Np9223372036854775807\n0g9223372036854775807\n.")) == "None")
  }

  @Test func scatteredMemoNumbersAreFew() throws {
    func pickle(_ step: Int) -> [UInt8] {
      bytes("N", (0..<2000).flatMap { bytes("r", littleEndian(UInt32($0 * step))) }, ".")
    }
    var limits = PickleLimits()
    limits.scatteredMemos = 1000
    #expect(throws: Never.self) { try machine(pickle(1), limits: limits) }
    #expect(throws: Never.self) { try machine(pickle(1000), limits: limits) }
    let error = try #require(throws: FormatError.self) { try machine(pickle(5000), limits: limits) }
    #expect(error.fault as? PickleFault == .tooManyScatteredMemos(limit: 1000))
  }

  @Test func memoNumbersMayComeInAnyOrder() throws {
    // 1 goes aside; when 0 arrives, 1 must be found, replaced and counted once.
    let pickle = bytes(
      "K",
      1,
      "q",
      1,
      "K",
      0,
      "q",
      0,
      "K",
      2,
      "q",
      1,
      "K",
      3,
      0x94,
      "h",
      1,
      "h",
      2,
      0x86,
      "."
    )
    #expect(try printed(pickle) == "(2, 3)")
  }

  @Test func randomBytesNeverTrap() throws {
    var generator = SplitMix64(seed: 7)
    var survivors = 0
    for _ in 0..<20_000 {
      let count = Int.random(in: 1...60, using: &generator)
      let opcodes = PickleOpcode.allCases.map(\.rawValue)
      let pickle = (0..<count).map { _ in
        Bool.random(using: &generator)
          ? opcodes.randomElement(using: &generator) ?? 0
          : UInt8.random(in: 0...255, using: &generator)
      }
      if (try? machine(pickle)) != nil { survivors += 1 }
    }
    #expect(survivors > 0)
  }
}

/// A small generator with a seed, so that a failure can be had again (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
