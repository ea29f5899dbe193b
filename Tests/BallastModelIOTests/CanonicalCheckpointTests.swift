import BallastBytes
import BallastCheckpoint
import BallastGPT2
import BallastModelIO
import BallastTestSupport
import Testing

@Suite struct CanonicalCheckpointTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func checkpoint(_ outputs: [TensorOutput]) throws -> Checkpoint {
    try TinyCheckpoint.checkpoint(outputs, at: folder.path + "/model.safetensors")
  }

  @Test(arguments: [
    "", "transformer.", "module.transformer.", "model.", "model._orig_mod.module.transformer.",
    "state_dict.module._orig_mod.transformer.", "model_state_dict.",
  ])
  func wrappersAndPrefixesAreTakenOff(prefix: String) throws {
    let canonical = try CanonicalCheckpoint(
      try checkpoint(try TinyCheckpoint.outputs { prefix + $0 })
    )
    #expect(
      Set(canonical.weights.map(\.name))
        == Set(WeightMap.slots(TinyCheckpoint.configuration).map(\.name))
    )
    #expect(canonical.layout == .hf)
    #expect(canonical["h.1.mlp.c_fc.weight"]?.shape.dimensions == [16, 4])
    #expect(canonical.sourceNames["wte.weight"] == prefix + "wte.weight")
  }

  @Test func conv1DWeightsAreTransposedByTheirStrides() throws {
    let canonical = try CanonicalCheckpoint(try checkpoint(try TinyCheckpoint.outputs()))
    let view = try #require(canonical["h.0.attn.c_attn.weight"])
    #expect(view.shape.dimensions == [12, 4] && view.strides == [1, 12])
    let values = try view.floats()
    #expect(values[1] - values[0] == 12.0 / 64)
  }

  @Test func maskBuffersAreSetApart() throws {
    let buffers = [
      try TinyCheckpoint.tensor("h.0.attn.bias", [1, 1, 5, 5], from: 0),
      try TinyCheckpoint.tensor("h.1.attn.masked_bias", [], from: 0),
    ]
    let canonical = try CanonicalCheckpoint(try checkpoint(try TinyCheckpoint.outputs() + buffers))
    #expect(Set(canonical.buffers.map(\.name)) == ["h.0.attn.bias", "h.1.attn.masked_bias"])
    #expect(canonical["h.0.attn.c_attn.bias"] != nil)
  }

  @Test func tensorsBesideTheModelAreNoPartOfIt() throws {
    let moment = try TinyCheckpoint.tensor("optimizer.state.0.exp_avg", [3], from: 0)
    let canonical = try CanonicalCheckpoint(
      try checkpoint(try TinyCheckpoint.outputs { "model." + $0 } + [moment])
    )
    #expect(canonical.others.map(\.name) == ["optimizer.state.0.exp_avg"])
  }

  @Test func aTensorThatGPT2DoesNotHaveIsNamed() throws {
    let score = try TinyCheckpoint.tensor("score.weight", [2, 4], from: 0)
    let checkpoint = try checkpoint(try TinyCheckpoint.outputs { "transformer." + $0 } + [score])
    let error = #expect(throws: FormatError.self) { try CanonicalCheckpoint(checkpoint) }
    #expect(error?.fault as? ModelFault == .unexpected(["score.weight"]))
  }

  @Test func twoNamesForOneWeightAreRefused() throws {
    let second = try TinyCheckpoint.tensor("transformer.wte.weight", [7, 4], from: 9)
    let checkpoint = try checkpoint(try TinyCheckpoint.outputs() + [second])
    let error = #expect(throws: FormatError.self) { try CanonicalCheckpoint(checkpoint) }
    guard case .twice("wte.weight", _, _) = error?.fault as? ModelFault else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func otherModelsAreNoGPT2() throws {
    let checkpoint = try checkpoint([try TinyCheckpoint.tensor("fc.weight", [2], from: 0)])
    let error = #expect(throws: FormatError.self) { try CanonicalCheckpoint(checkpoint) }
    #expect(error?.fault as? ModelFault == .notGPT2)
  }
}
