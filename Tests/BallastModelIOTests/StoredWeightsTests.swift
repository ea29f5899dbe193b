import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastKernels
import BallastModelIO
import BallastTestSupport
import Testing

/// Generating with weights as they are stored, against the float32 model of the same values.
@Suite struct StoredWeightsTests {
  private let folder: TemporaryFolder
  private let source: OpenedModel

  init() throws {
    folder = try TemporaryFolder()
    source = try OpenedModel(path: Fixtures.path("tiny-gpt2"))
  }

  private func gguf(_ dtype: DType) throws -> OpenedModel {
    let path = folder.path + "/model.gguf"
    try GGUFModel.write(source, as: dtype, tokenizer: nil, to: path)
    return try OpenedModel(path: path)
  }

  private func converted(_ layout: Conversion.Layout, _ dtype: DType) throws -> OpenedModel {
    let target: Conversion.Target = layout == .hf ? .hf : .safetensors
    let path = folder.path + (layout == .hf ? "/hf" : "/native.safetensors")
    _ = try Conversion(to: target, layout: layout, dtype: dtype).run(source, to: path) { _, _ in }
    return try OpenedModel(path: path)
  }

  /// The logits after a prompt of more rows than few, after short pieces, and after single tokens.
  private func logits(_ model: GPT2Model) throws -> [[Float]] {
    let generator = try GPT2Generator(model)
    let tokens = (0..<40).map { Int32($0 * 37 % 768) }
    var logits = [try generator.append(Array(tokens[..<20]))]
    logits.append(try generator.append(Array(tokens[20..<23])))
    for token in tokens[23...] { logits.append(try generator.append([token])) }
    return logits
  }

  private func largestDifference(_ left: [[Float]], _ right: [[Float]]) -> Float {
    zip(left.joined(), right.joined()).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  @Test(arguments: [DType.f32, .f16, .bf16])
  func narrowWeightsComputeWhatTheirFloatsDo(dtype: DType) throws {
    for opened in [try gguf(dtype), try converted(.hf, dtype), try converted(.native, dtype)] {
      let stored = try opened.loadModelAsStored()
      #expect(stored.parameters.weightElements.map(\.rawValue) == [dtype.rawValue.lowercased()])
      #expect(opened.hasNarrowWeights == (dtype != .f32))
      let difference = largestDifference(
        try logits(stored),
        try logits(opened.loadModel())
      )
      #expect(difference <= 1e-4, "\(opened.path)")
      #expect(dtype != .f32 || difference == 0)
    }
  }

  @Test func quantisedWeightsComputeNearlyWhatTheirFloatsDo() throws {
    let opened = try gguf(.q80)
    let stored = try opened.loadModelAsStored()
    #expect(stored.parameters.weightElements == [.q80])
    let expected = try logits(opened.loadModel())
    let actual = try logits(stored)
    let difference = largestDifference(actual, expected)
    let scale = expected.joined().reduce(0) { max($0, abs($1)) }
    // 0.18 of 16 was seen: rows of up to 16 tokens are rounded to a 254th of their largest, block by block.
    #expect(difference > 0 && difference <= 0.02 * scale)
  }

  @Test(arguments: [DType.f32, .f16, .bf16, .q80])
  func weightsAreUsedWhereTheyLie(dtype: DType) throws {
    var models = [try gguf(dtype)]
    if dtype != .q80 { models.append(try converted(.native, dtype)) }
    for opened in models {
      let parameters = try opened.loadModelAsStored().parameters
      for slot in WeightMap.slots(opened.configuration) where slot.dimensions.count == 2 {
        let parameter = try #require(parameters[slot.name])
        let isMapped = parameter.storage.isMapped
        // Positions are added and not multiplied by: they are float32.
        #expect(isMapped || slot.name == "wpe.weight", "\(opened.path) \(slot.name)")
        let view = try #require(opened.weights[slot.name])
        #expect(try parameter.values == view.floats(), "\(slot.name)")
      }
    }
  }

  /// Conv1D's weights are transposed once, in their own width.
  @Test func conv1DIsTransposedAsItIs() throws {
    let opened = try converted(.hf, .bf16)
    let parameters = try opened.loadModelAsStored().parameters
    for slot in WeightMap.slots(opened.configuration) where slot.isConv1D {
      let parameter = try #require(parameters[slot.name])
      #expect(!parameter.storage.isMapped && parameter.element == .bf16)
      #expect(try parameter.values == opened.weights[slot.name]?.floats())
    }
    #expect(parameters["wte.weight"]?.storage.isMapped == true)
  }

  /// A scale that is NaN makes logits that are not finite, which is said.
  @Test func aScaleThatIsNoNumber() throws {
    _ = try gguf(.q80)
    let path = folder.path + "/model.gguf"
    var bytes = try SharedBytes.contents(path: path)
    let view = try #require(try OpenedModel(path: path).weights["h.1.mlp.c_fc.weight"])
    let offset = try #require(view.fileOffset)
    bytes[offset + 34] = 0
    bytes[offset + 35] = 0x7e
    _ = try folder.write(bytes, to: "nan.gguf")
    let model = try OpenedModel(path: folder.path + "/nan.gguf").loadModelAsStored()
    for tokens: [Int32] in [[1], Array(repeating: 1, count: 20)] {
      let error = #expect(throws: FormatError.self) { try GPT2Generator(model).append(tokens) }
      #expect(error?.fault as? GenerationFault == .notFinite)
    }
  }
}
