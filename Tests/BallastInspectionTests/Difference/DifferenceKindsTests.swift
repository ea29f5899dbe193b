import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastInspection
import BallastTestSupport
import Testing

/// One thing is done to a checkpoint, and that and nothing else is told.
@Suite struct DifferenceKindsTests {
  private let folder: TemporaryFolder
  private let original: Checkpoint
  private let matrix = "transformer.h.1.mlp.c_fc.weight"
  private let square = "transformer.h.2.attn.c_proj.weight"
  private let vector = "transformer.h.3.ln_1.weight"

  init() throws {
    folder = try TemporaryFolder()
    original = try Checkpoint.open(path: Fixtures.path("tiny-gpt2"))
  }

  private func said(
    tolerance: Tolerance = Tolerance(),
    _ change: (inout TinyVariant) throws -> Void
  ) throws -> [String] {
    var variant = try TinyVariant()
    try change(&variant)
    let difference = try CheckpointDifference(
      from: original,
      to: try variant.checkpoint(in: folder),
      tolerance: tolerance
    )
    #expect(difference.isDifferent == difference.tensors.contains { $0.status.isDifference })
    return difference.said
  }

  @Test func nothing() throws {
    let difference = try CheckpointDifference(from: original, to: original)
    #expect(difference.said.isEmpty && difference.metadata.isEmpty && !difference.isDifferent)
    #expect(difference.count(.identical) == original.tensors.count)
    #expect(difference.layers.map(\.layer) == [0, 1, 2, 3, nil])
    #expect(difference.layers.allSatisfy { $0.relativeL2 == 0 })
    #expect(try said { _ in }.isEmpty)
  }

  @Test func aFewValues() throws {
    var variant = try TinyVariant()
    variant[matrix].floats[7] += 0.5
    variant[matrix].floats[900] -= 0.25
    let difference = try CheckpointDifference(
      from: original,
      to: try variant.checkpoint(in: folder)
    )
    #expect(difference.said == ["changed \(matrix)"])
    let figures = try #require(difference.tensors.first { $0.name == matrix }?.figures)
    #expect(figures.changed == 2 && figures.beyondTolerance == 2)
    #expect(abs(figures.maximumAbsolute - 0.5) < 1e-7)
    // Of a layer, the norm is that of all its tensors; others did not move.
    var squares = 0.0
    for view in original.tensors where view.name.contains(".h.1.") {
      squares += try view.floats().reduce(0) { $0 + Double($1) * Double($1) }
    }
    let expected = (0.5 * 0.5 + 0.25 * 0.25).squareRoot() / squares.squareRoot()
    for layer in difference.layers {
      let found = layer.relativeL2
      #expect(layer.layer == 1 ? abs(found - expected) < 1e-6 * expected : found == 0)
    }
  }

  @Test func withinTheTolerance() throws {
    let change: (inout TinyVariant) -> Void = { $0[matrix].floats[7] += 0.5 }
    #expect(try said(tolerance: Tolerance(absolute: 0.6), change) == ["equal \(matrix)"])
    #expect(try said(tolerance: Tolerance(absolute: 0.4), change) == ["changed \(matrix)"])
    #expect(try said(tolerance: Tolerance(relative: 3), change) == ["equal \(matrix)"])
  }

  @Test func notNumbers() throws {
    #expect(try said { $0[vector].floats[3] = .nan } == ["changed \(vector)"])
    #expect(
      try said(tolerance: Tolerance(absolute: 9)) { $0[vector].floats[3] = .nan }
        == ["changed \(vector)"]
    )
    let (a, b) = (Float.nan, Float(bitPattern: 0x7FC0_0001))
    let difference = try CheckpointDifference(
      from: try checkpoint(tensor(.f32, [3], littleEndian([a, 1, .infinity]))),
      to: try checkpoint(tensor(.f32, [3], littleEndian([b, 1, .infinity])))
    )
    // Other bits, but the same values.
    #expect(difference.said == ["equal t"] && difference.figures?.changed == 0)
  }

  @Test func transposed() throws {
    #expect(try said { $0[matrix] = $0[matrix].transposed } == ["transposed \(matrix)"])
    #expect(try said { $0[square] = $0[square].transposed } == ["transposed \(square)"])
    #expect(
      try said {
        $0[square] = $0[square].transposed
        $0[square].floats[5] += 1
      } == ["changed \(square)"]
    )
    #expect(
      try said {
        $0[matrix] = $0[matrix].transposed
        $0[matrix].floats[5] += 1
      } == ["resized \(matrix)"]
    )
  }

  @Test(arguments: [DType.f16, .bf16, .f8e4m3])
  func recast(dtype: DType) throws {
    func cast(_ stored: TinyVariant.Stored) throws -> TinyVariant.Stored {
      let view = try tensor(stored.dtype, stored.sizes, stored.bytes)
      var result = stored
      result.bytes = try view.output(as: dtype).contents()
      result.dtype = dtype
      return result
    }
    #expect(try said { $0[matrix] = try cast($0[matrix]) } == ["recast \(matrix) b_is_rounded"])
    #expect(
      try said { $0[matrix] = try cast($0[matrix].transposed) }
        == ["transposed \(matrix) b_is_rounded"]
    )
    #expect(
      try said { $0[square] = try cast($0[square].transposed) }
        == ["transposed \(square) b_is_rounded"]
    )
    #expect(
      try said {
        $0[matrix] = try cast($0[matrix])
        $0[matrix].sizes = [16, 32, 32]
      } == ["reshaped \(matrix) b_is_rounded"]
    )
    #expect(
      try said {
        $0[matrix] = try cast($0[matrix])
        $0[matrix].bytes[8] ^= 1
      } == ["retyped \(matrix)"]
    )
    // The other way round, and back: what was rounded is the same number in the wider type.
    var variant = try TinyVariant()
    variant[matrix] = try cast(variant[matrix])
    let narrow = try variant.checkpoint(in: folder, "narrow")
    let back = try CheckpointDifference(from: narrow, to: original)
    #expect(back.said == ["recast \(matrix) a_is_rounded"])
    let view = try #require(narrow[matrix])
    variant[matrix] = TinyVariant.Stored(
      dtype: .f32,
      sizes: view.shape.dimensions,
      bytes: littleEndian(try view.floats())
    )
    let wide = try variant.checkpoint(in: folder, "wide")
    #expect(
      try CheckpointDifference(from: narrow, to: wide).said == ["recast \(matrix) exact"]
    )
  }

  @Test func reshapedAndResized() throws {
    #expect(try said { $0[matrix].sizes = [4, 64, 64] } == ["reshaped \(matrix)"])
    #expect(try said { $0[vector].sizes = [64, 1] } == ["reshaped \(vector)"])
    var variant = try TinyVariant()
    variant["transformer.wte.weight"].sizes[0] += 1
    variant["transformer.wte.weight"].floats += [Float](repeating: 1, count: 64)
    let difference = try CheckpointDifference(
      from: original,
      to: try variant.checkpoint(in: folder)
    )
    #expect(difference.said == ["resized transformer.wte.weight"])
    let figures = difference.tensors.first { $0.status == .resized }?.figures
    #expect(figures?.changed == 0 && figures?.count == 768 * 64)
  }

  @Test func renamed() throws {
    #expect(
      try said { $0.tensors["new"] = $0.tensors.removeValue(forKey: matrix) }
        == ["renamed \(matrix) as new"]
    )
    #expect(
      try said { $0.tensors["new"] = $0.tensors.removeValue(forKey: matrix)?.transposed }
        == ["renamed \(matrix) as new transposed"]
    )
    #expect(
      try said { variant in
        variant.tensors["new"] = variant.tensors.removeValue(forKey: matrix)
        variant["new"].floats[0] += 1
      } == ["removed \(matrix)", "added new"]
    )
    // All of them, among which many have one shape, and some perhaps one content.
    let all = try said { variant in
      variant.tensors = Dictionary(
        uniqueKeysWithValues: variant.tensors.map { ("model." + $0, $1) }
      )
    }
    #expect(all == original.tensors.map { "renamed \($0.name) as model.\($0.name)" })
  }

  @Test func addedAndRemoved() throws {
    #expect(try said { $0.tensors[vector] = nil } == ["removed \(vector)"])
    let extra = TinyVariant.Stored(dtype: .i64, sizes: [2], bytes: littleEndian([1, 2] as [Int64]))
    #expect(try said { $0["extra"] = extra } == ["added extra"])
  }
}
