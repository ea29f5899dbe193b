import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastTestSupport
import Testing

@Suite struct OpenedModelTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Writes a folder with a configuration and returns the fault of opening it, if there is one.
  private func fault(
    _ outputs: [TensorOutput],
    configuration: String = TinyCheckpoint.configurationText
  ) throws -> ModelFault? {
    try SafetensorsWriter.write(outputs, to: folder.path + "/model.safetensors")
    _ = try folder.write(configuration.utf8, to: "config.json")
    do {
      _ = try OpenedModel(path: folder.path)
      return nil
    } catch {
      return error.fault as? ModelFault
    }
  }

  @Test func aWholeFolderOpens() throws {
    #expect(try fault(try TinyCheckpoint.outputs()) == nil)
    let model = try OpenedModel(path: folder.path).loadModel()
    #expect(model.parameters.count == 544)
  }

  @Test func aMissingWeightIsNamed() throws {
    let outputs = try TinyCheckpoint.outputs().filter { $0.name != "h.1.ln_2.bias" }
    #expect(try fault(outputs) == .missing(["h.1.ln_2.bias"]))
  }

  /// A million layers, of which the file has a part of the first and of the last.
  @Test func layersThatAreNotThereAreNotUnfolded() throws {
    var configuration = TinyCheckpoint.configuration
    configuration.layers = 1_000_000
    let outputs = [
      try TinyCheckpoint.tensor("h.0.attn.c_attn.weight", [4, 12], from: 0),
      try TinyCheckpoint.tensor("h.999999.ln_1.weight", [4], from: 0),
    ]
    let text = JSONValue.object(configuration.json()).text()
    #expect(try fault(outputs, configuration: text) == .missing(["h.0.ln_1.weight"]))
    let first = try TinyCheckpoint.tensor("h.0.ln_1.weight", [4], from: 0)
    #expect(try fault(outputs + [first], configuration: text) == .missing(["h.0.ln_1.bias"]))
    for tiesHead in [true, false] {
      configuration = TinyCheckpoint.configuration
      configuration.tiesHead = tiesHead
      let slots = WeightMap.slots(configuration)
      #expect(WeightMap.slotCount(configuration) == slots.count)
      #expect(
        Array(WeightMap.blockNames(configuration)) == slots.filter { $0.layer != nil }.map(\.name)
      )
    }
  }

  @Test func aWeightOfABlockTooManyIsNamed() throws {
    let extra = try TinyCheckpoint.tensor("h.2.ln_1.bias", [4], from: 0)
    #expect(try fault(try TinyCheckpoint.outputs() + [extra]) == .unexpected(["h.2.ln_1.bias"]))
  }

  @Test func aWeightOfTheWrongShapeIsNamed() throws {
    var outputs = try TinyCheckpoint.outputs().filter { $0.name != "wpe.weight" }
    outputs.append(try TinyCheckpoint.tensor("wpe.weight", [6, 4], from: 0))
    #expect(
      try fault(outputs) == .wrongShape("wpe.weight", expected: [5, 4], found: [6, 4])
    )
  }

  @Test func weightsMustBeFloatingPoint() throws {
    var outputs = try TinyCheckpoint.outputs().filter { $0.name != "ln_f.bias" }
    let bytes = [UInt8](repeating: 0, count: 16)
    outputs.append(
      TensorOutput(name: "ln_f.bias", dtype: .i32, shape: try Shape([4])) {
        (sink) throws(FormatError) in try sink(bytes.span.bytesOfBytes)
      }
    )
    #expect(try fault(outputs) == .notFloatingPoint("ln_f.bias", "I32"))
  }

  @Test func aTiedHeadMustBeTheEmbedding() throws {
    let same = try TinyCheckpoint.tensor("lm_head.weight", [7, 4], from: 0)
    #expect(try fault(try TinyCheckpoint.outputs() + [same]) == nil)
    let other = try TinyCheckpoint.tensor("lm_head.weight", [7, 4], from: 1)
    #expect(try fault(try TinyCheckpoint.outputs() + [other]) == .headDiffers)
  }

  @Test func aConfigurationThatIsNoJSONNamesItsFile() throws {
    try SafetensorsWriter.write(
      try TinyCheckpoint.outputs(),
      to: folder.path + "/model.safetensors"
    )
    _ = try folder.write("{".utf8, to: "config.json")
    let error = #expect(throws: FormatError.self) { try OpenedModel(path: folder.path) }
    #expect(error?.file == "config.json" && error?.offset == 1)
  }

  @Test func withoutAConfigurationAPublishedModelIsAssumed() throws {
    var configuration = TinyCheckpoint.configuration
    configuration.width = 768
    configuration.heads = 12
    configuration.explicitInnerWidth = 100
    try SafetensorsWriter.write(
      try TinyCheckpoint.outputs(configuration),
      to: folder.path + "/model.safetensors"
    )
    let opened = try OpenedModel(path: folder.path + "/model.safetensors")
    #expect(opened.configuration == configuration)
    #expect(opened.notices.count == 1)
    #expect(opened.notices.first?.contains("12 heads") == true)
    // A width that only its header claims: four times it would overflow.
    let huge = try TemporaryFolder()
    let empty = (DType.f32, [0, Int.max / 2])
    try SafetensorsWriter.write(
      try ["wte.weight", "wpe.weight", "h.0.mlp.c_fc.weight", "h.0.attn.c_attn.weight"].map {
        TensorOutput(name: $0, dtype: empty.0, shape: try Shape(empty.1)) { _ in }
      },
      to: huge.path + "/a.safetensors"
    )
    #expect(throws: FormatError.self) { try OpenedModel(path: huge.path + "/a.safetensors") }
    let tiny = try TemporaryFolder()
    try SafetensorsWriter.write(try TinyCheckpoint.outputs(), to: tiny.path + "/a.safetensors")
    let error = #expect(throws: FormatError.self) {
      try OpenedModel(path: tiny.path + "/a.safetensors")
    }
    #expect(error?.fault as? ModelFault == .unknownHeads(width: 4))
  }

  @Test(arguments: [false, true])
  func loadingGivesLinearWeights(copying: Bool) throws {
    #expect(try fault(try TinyCheckpoint.outputs()) == nil)
    let opened = try OpenedModel(path: folder.path)
    let parameters = try opened.loadModel(copying: copying).parameters
    for slot in WeightMap.slots(opened.configuration) {
      let parameter = try #require(parameters[slot.name])
      let stored = try #require(opened.checkpoint[slot.name]).floats()
      guard slot.isConv1D else {
        #expect(parameter.values == stored)
        continue
      }
      let (outputs, inputs) = (slot.dimensions[0], slot.dimensions[1])
      for output in 0..<outputs {
        for input in 0..<inputs {
          #expect(
            parameter.values[output * inputs + input] == stored[input * outputs + output]
          )
        }
      }
    }
  }
}
