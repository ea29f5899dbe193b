import BallastCheckpoint
import BallastInspection
import BallastTestSupport
import Testing

/// Which names are one module, or one weight in several layers.
@Suite struct ModuleTreeTests {
  private func tensors(_ names: [String]) throws -> [TensorView] {
    try names.map { try tensor(.f32, [2], littleEndian([1, 2] as [Float]), named: $0) }
  }

  /// Each node as its name behind its depth, with its tensors, and its layers if it has any.
  private func tree(_ names: String...) throws -> [String] {
    ModuleTree(try tensors(names)) { _ in true }.nodes.map { node in
      String(repeating: " ", count: node.depth) + node.name + " \(node.tensors)"
        + (node.layers > 0 ? " × \(node.layers)" : "")
    }
  }

  private func aggregates(_ names: String...) throws -> [String] {
    let read = try tensors(names).map { ($0.name, try TensorStatistics(of: $0)) }
    return LayerAggregate.aggregates(of: read).map { "\($0.pattern) \($0.layers) \($0.count)" }
  }

  @Test func layersAreJoined() throws {
    #expect(try tree("h.0.w", "h.1.w", "wte") == ["h 2", " * 2 × 2", "  w 2", "wte 1"])
    #expect(try tree("m/h0/w", "m/h1/w") == ["m 2", " h* 2 × 2", "  w 2"])
    #expect(try aggregates("h.1.w", "h.0.w", "b") == ["h.*.w [0, 1] 4", "b [] 2"])
  }

  @Test func starsInNamesAreNoLayers() throws {
    #expect(
      try tree("h.0.w", "h.1.w", "h.*.w") == ["h 3", " * 2 × 2", "  w 2", " * 1", "  w 1"]
    )
    #expect(try aggregates("h.0.w", "h.*.w") == ["h.*.w [0] 2", "h.*.w [] 2"])
    // Of two stars either may stand for the number.
    #expect(try aggregates("h.*.0.w", "h.1.*.w") == ["h.*.*.w [0] 2", "h.*.*.w [1] 2"])
    #expect(try tree("*.0", "*.1") == ["* 2", " * 2 × 2"])
  }

  /// "é" as one scalar and as two.
  @Test func equivalentNamesAreTwo() throws {
    let (composed, decomposed) = ("\u{E9}.w", "e\u{301}.w")
    #expect(try tree(composed, decomposed).count == 4)
    #expect(try aggregates(composed, decomposed).count == 2)
    #expect(try aggregates("0." + composed, "1." + decomposed).count == 2)
    let tree = ModuleTree(try tensors(["0." + composed, "1." + decomposed])) { _ in true }
    #expect(tree.nodes.allSatisfy { $0.layers == 0 })
  }

  /// Zeros before a number are fine, but 01 and 1 are two tensors.
  @Test func numbersWrittenInTwoWays() throws {
    #expect(try aggregates("h.08.w", "h.10.w") == ["h.*.w [8, 10] 4"])
    #expect(
      try aggregates("h.01.w", "h.1.w", "h.2.w") == ["h.01.w [] 2", "h.1.w [] 2", "h.2.w [] 2"]
    )
    #expect(try tree("h.01.w", "h.1.w") == ["h 2", " 01 1", "  w 1", " 1 1", "  w 1"])
  }
}
