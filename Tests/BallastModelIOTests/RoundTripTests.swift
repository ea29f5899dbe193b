import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastModelIO
import BallastTestSupport
import Testing

/// From each format that can be written to each other one: nothing is lost that both can hold.
@Suite struct RoundTripTests {
  private struct Element: Hashable {
    let dtype: DType
    let dimensions: [Int]
    let bytes: [UInt8]
  }

  private static let pairs = Conversion.Target.allCases.flatMap { first in
    Conversion.Target.allCases.map { (first, $0) }
  }
  private static let pairsByName = pairs.filter { !$0.isModel && !$1.isModel }

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func elements(_ tensors: [TensorView]) throws -> [String: Element] {
    var elements: [String: Element] = [:]
    for tensor in tensors {
      var bytes: [UInt8] = []
      try tensor.forEachPiece { piece, _ in bytes += [UInt8](copying: piece) }
      elements[tensor.name] = Element(
        dtype: tensor.dtype,
        dimensions: tensor.shape.dimensions,
        bytes: bytes
      )
    }
    return elements
  }

  /// GPT-2 through the weight map; formats without a configuration are given it.
  @Test(arguments: pairs)
  func aModelStaysTheSame(first: Conversion.Target, second: Conversion.Target) throws {
    let source = Fixtures.path("formats/micro")
    let original = try OpenedModel(path: source)
    var model = original
    for (number, target) in [first, second].enumerated() {
      let output = "\(folder.path)/\(number)"
      let layout: Conversion.Layout = target.isModel ? .keep : number == 0 ? .hf : .native
      let summary = try Conversion(to: target, layout: layout).run(model, to: output) { _, _ in }
      #expect(summary.casts.isEmpty)
      let carries = [.hf, .gguf, .llmc, .openai].contains(target)
      model = try OpenedModel(
        path: output,
        configurationPath: carries ? nil : source + "/config.json"
      )
    }
    #expect(
      try elements(model.weights.weights.filter { $0.name != "lm_head.weight" })
        == elements(original.weights.weights.filter { $0.name != "lm_head.weight" })
    )
    #expect(computation(model.configuration) == computation(original.configuration))
  }

  /// What of a configuration all formats say; dropout and special tokens are for config.json.
  private func computation(_ configuration: GPT2Configuration) -> GPT2Configuration {
    var configuration = configuration
    for keyPath in [\GPT2Configuration.residualDropout, \.embeddingDropout, \.attentionDropout] {
      configuration[keyPath: keyPath] = 0
    }
    configuration.normEpsilon = Double(Float(configuration.normEpsilon))
    configuration.explicitInnerWidth = configuration.innerWidth
    configuration.beginningToken = nil
    configuration.endTokens = []
    return configuration
  }

  /// Any checkpoint: values, names, types, and ties.
  @Test(arguments: pairsByName)
  func namesTypesAndTiesStay(first: Conversion.Target, second: Conversion.Target) throws {
    let types: [DType] = [.f64, .f32, .f16, .i64, .i32, .i16, .i8, .u8, .bool, .c64]
    let tensors = try types.enumerated().map { index, dtype in
      let bytes = (0..<(6 * dtype.byteCount(of: 1))).map { UInt8(($0 + index) % 2) }
      return try tensor(dtype, [2, 3], bytes, named: "layer.\(index)/\u{e9} \(dtype)").output()
    }
    let scalar = try tensor(.f32, [], [0, 0, 0x80, 0x3F], named: "scalar").output()
    let empty = try tensor(.f32, [0, 4], [], named: "empty").output()
    let start = folder.path + "/start.pt"
    let tie = (name: "tied", original: "scalar")
    try TorchZipWriter.write(tensors + [scalar, empty], ties: [tie], to: start)
    let original = try Checkpoint.open(path: start)
    var checkpoint = original
    for (number, target) in [first, second, .torch].enumerated() {
      let output = "\(folder.path)/\(number)"
      _ = try Conversion(to: target).run(checkpoint, to: output) { _, _ in }
      checkpoint = try Checkpoint.open(path: output)
    }
    #expect(try elements(checkpoint.tensors) == elements(original.tensors))
    let tied = try #require(checkpoint["tied"])
    let isTied = checkpoint.tie(of: tied)?.name == "scalar"
    #expect(isTied == (first != .npz && second != .npz))
  }

  /// What NumPy does not have passes between the others.
  @Test(
    arguments: pairsByName.filter { $0 != .npz && $1 != .npz },
    [DType.bf16, .f8e4m3, .f8e5m2, .u16, .u64]
  )
  func newerTypesStay(pair: (Conversion.Target, Conversion.Target), dtype: DType) throws {
    let bytes = [UInt8](0..<UInt8(6 * dtype.byteCount(of: 1)))
    let start = folder.path + "/start.safetensors"
    try SafetensorsWriter.write([try tensor(dtype, [3, 2], bytes, named: "x").output()], to: start)
    var checkpoint = try Checkpoint.open(path: start)
    let expected = try elements(checkpoint.tensors)
    for (number, target) in [pair.0, pair.1].enumerated() {
      let output = "\(folder.path)/\(number)"
      let conversion = Conversion(to: target)
      guard target != .torchLegacy || dtype == .bf16 else {
        let error = #expect(throws: FormatError.self) {
          try conversion.run(checkpoint, to: output) { _, _ in }
        }
        #expect(error?.fault as? TorchFault == .unwritableLegacyType(tensor: "x", dtype))
        return
      }
      _ = try conversion.run(checkpoint, to: output) { _, _ in }
      checkpoint = try Checkpoint.open(path: output)
    }
    #expect(try elements(checkpoint.tensors) == expected)
  }
}
