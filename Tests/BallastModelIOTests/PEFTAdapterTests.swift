import BallastBytes
import BallastCheckpoint
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastTestSupport
import Foundation
import Testing

/// Adapters in PEFT's folders: what is read of them, what is refused, and the sums that are written.
@Suite struct PEFTAdapterTests {
  private let folder: TemporaryFolder
  private let tiny: OpenedModel
  private let model: GPT2Model
  /// Adapters of rank 3 for two maps, which are not zero.
  private let adapters: LoRAAdapters

  init() throws {
    folder = try TemporaryFolder()
    tiny = try OpenedModel(path: Fixtures.path("tiny-gpt2"))
    model = try tiny.loadModel()
    adapters = try LoRAAdapters(
      LoRAOptions(rank: 3, alpha: 5, dropout: 0.25, targets: [.attentionInput, .mlpOutput]),
      for: model.parameters,
      rows: 64
    )
    var generator = SplitMix64(state: 4)
    for parameter in adapters.parameters.all {
      for index in 0..<parameter.count {
        parameter.pointer[index] = Float.random(in: -0.3...0.3, using: &generator)
      }
    }
    try adapters.folder(base: "tiny", companions: []).write(to: path, replacing: true)
  }

  private var path: String { folder.path + "/adapter" }
  private var settingsFile: String { path + "/adapter_config.json" }

  /// The adapter with other settings.
  private func adapter(_ settings: [(String, JSONValue?)]) throws -> PEFTAdapter {
    let text = try String(contentsOfFile: settingsFile, encoding: .utf8)
    defer { try? text.write(toFile: settingsFile, atomically: true, encoding: .utf8) }
    var json = try JSONValue(parsing: text).object ?? [:]
    for (key, value) in settings { json[key] = value }
    try JSONValue.object(json).text().write(
      toFile: settingsFile,
      atomically: true,
      encoding: .utf8
    )
    return try PEFTAdapter(path: path)
  }

  @Test func whatIsWrittenIsRead() throws {
    let read = try PEFTAdapter(path: path)
    #expect(read.options == adapters.options)
    let others = try LoRAAdapters(read.options, for: model.parameters, rows: 64)
    try read.read(into: others, of: model.parameters)
    #expect(others.parameters.all.map(\.name) == adapters.parameters.all.map(\.name))
    #expect(others.parameters.all.map(\.values) == adapters.parameters.all.map(\.values))
  }

  /// Each weight against sums in double precision, made one by one.
  @Test(arguments: [nil, DType.f32, .f64, .bf16])
  func weightsAreTheSums(dtype: DType?) throws {
    let adapted = try tiny.adapted(by: PEFTAdapter(path: path), dtype: dtype)
    let outputs = try adapted.outputs(layout: .native, dtype: dtype)
    #expect(outputs.count == model.parameters.all.count)
    for (output, parameter) in zip(outputs, model.parameters.all) {
      #expect(output.name == parameter.name && output.dtype == dtype ?? .f32)
      var bytes: [UInt8] = []
      try output.write { (piece) throws(FormatError) in
        bytes += piece.withUnsafeBytes { Array($0) }
      }
      let view = try TensorView(
        name: output.name,
        dtype: output.dtype,
        shape: output.shape,
        storage: TensorStorage(ByteRegion(SharedBytes.copying(bytes)), fileOffset: nil)
      )
      let found = try view.floats()
      let plain = parameter.values
      guard let pair = adapters.parameters[parameter] else {
        if dtype != .bf16 { #expect(found == plain, "\(output.name)") }
        continue
      }
      let (down, up, inFeatures) = (pair.down.values, pair.up.values, parameter.shape[1])
      for index in stride(from: 0, to: parameter.count, by: 7) {
        let (row, column) = (index / inFeatures, index % inFeatures)
        var sum = Double(plain[index])
        for k in 0..<3 {
          sum += 5.0 / 3 * Double(up[row * 3 + k]) * Double(down[k * inFeatures + column])
        }
        let tolerance = dtype == .bf16 ? 1.0 / 256 : 1e-7
        #expect(abs(Double(found[index]) - sum) <= tolerance * max(abs(sum), 1e-6))
      }
    }
  }

  /// A model that is written with its adapters has the weights that the sums are.
  @Test func mergedFoldersAreTheSums() throws {
    let merged = folder.path + "/merged"
    try model.adapted(by: adapters).folder(extending: tiny.configurationJSON, companions: [])
      .write(to: merged, replacing: false)
    let written = try OpenedModel(path: merged).loadModel()
    let sums = try tiny.adapted(by: PEFTAdapter(path: path)).loadModel()
    for (a, b) in zip(written.parameters.all, sums.parameters.all) {
      let difference = zip(a.values, b.values).map { abs($0 - $1) }.max() ?? 1
      #expect(difference <= 1e-6, "\(a.name)")
      let isChanged = model.parameters[a.name]?.values != a.values
      #expect(isChanged == (adapters.parameters[a] != nil), "\(a.name)")
    }
  }

  /// A model that takes an adapter's place in a folder leaves nothing of it, which transformers would add to it.
  @Test func wholeModelsReplaceAdapters() throws {
    try model.folder(extending: tiny.configurationJSON, companions: [])
      .write(to: path, replacing: true)
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    #expect(Set(names) == ["config.json", "model.safetensors"])
  }

  @Test func scalesFollowTheSettings() throws {
    func change(_ settings: (String, JSONValue?)..., of name: String) throws -> Double {
      let adapted = try tiny.adapted(by: adapter(settings), dtype: .f64)
      let outputs = try adapted.outputs(layout: .native, dtype: .f64)
      let output = try #require(outputs.first { $0.name == name + ".weight" })
      var bytes: [UInt8] = []
      try output.write { (piece) throws(FormatError) in
        bytes += piece.withUnsafeBytes { Array($0) }
      }
      let value = bytes.withUnsafeBytes { $0.loadUnaligned(as: Double.self) }
      let plain = try #require(model.parameters[output.name])
      return value - Double(plain.values[0])
    }
    func expectRatio(_ ratio: Double, _ changed: Double, _ name: String) throws {
      let plain = try change(of: name)
      #expect(abs(changed / plain - ratio) < 1e-9, "\(changed / plain), not \(ratio)")
    }
    let map = "h.2.mlp.c_proj"
    try expectRatio(2, change(("lora_alpha", 10), of: map), map)
    try expectRatio(3.0.squareRoot(), change(("use_rslora", true), of: map), map)
    for key in ["c_proj", "mlp.c_proj", "h.2.mlp.c_proj", "^transformer.h.2.mlp.c_proj"] {
      let patterns: JSONValue = .object([key: 15, "c_attn": 1])
      try expectRatio(3, change(("alpha_pattern", patterns), of: map), map)
      try expectRatio(
        0.2,
        change(("alpha_pattern", patterns), of: "h.2.attn.c_attn"),
        "h.2.attn.c_attn"
      )
    }
    for key in ["proj", "h.1.mlp.c_proj", "^mlp.c_proj"] {
      try expectRatio(1, change(("alpha_pattern", .object([key: 15])), of: map), map)
    }
  }

  @Test(
    arguments: [
      ("peft_type", "LOHA", "adapters with peft_type LOHA are not supported"),
      ("peft_type", nil, "'peft_type' is missing, or not what it should be"),
      ("bias", "lora_only", "adapters with bias lora_only are not supported"),
      ("use_dora", true, "adapters with use_dora are not supported"),
      ("lora_bias", true, "adapters with lora_bias are not supported"),
      ("modules_to_save", ["wte"], "adapters with modules_to_save are not supported"),
      ("trainable_token_indices", [1], "adapters with trainable_token_indices are not supported"),
      (
        "layer_replication", [[0, 2], [1, 3]], "adapters with layer_replication are not supported"
      ),
      (
        "alora_invocation_tokens", [1, 2], "adapters with alora_invocation_tokens are not supported"
      ),
      ("kasa_config", ["beta": 1], "adapters with kasa_config are not supported"),
      (
        "init_lora_weights", "pissa_niter_4",
        "adapters with init_lora_weights pissa_niter_4 are not supported"
      ),
      ("init_lora_weights", "olora", "adapters with init_lora_weights olora are not supported"),
      (
        "alpha_pattern", ["c_(attn|fc)": 3],
        "adapters with alpha_pattern c_(attn|fc) are not supported"
      ),
      ("alpha_pattern", ["c_attn": "3"], "'alpha_pattern' is missing, or not what it should be"),
      ("alpha_pattern", 3, "'alpha_pattern' is missing, or not what it should be"),
      ("use_rslora", "yes", "'use_rslora' is missing, or not what it should be"),
      ("r", 0, "'r' is missing, or not what it should be"),
      ("r", 9_000_000_000_000_000_000, "'r' is missing, or not what it should be"),
      ("r", nil, "'r' is missing, or not what it should be"),
      ("lora_alpha", nil, "'lora_alpha' is missing, or not what it should be"),
      ("lora_dropout", 1, "'lora_dropout' is missing, or not what it should be"),
      ("lora_dropout", "0.1", "'lora_dropout' is missing, or not what it should be"),
    ] as [(String, JSONValue?, String)]
  )
  func otherSettingsAreRefused(key: String, value: JSONValue?, message: String) throws {
    let error = #expect(throws: FormatError.self) { try adapter([(key, value)]) }
    #expect(error?.file == "adapter_config.json")
    #expect((error?.fault as? AdapterFault)?.description == message)
  }

  @Test func settingsThatChangeNothingAreAccepted() throws {
    let read = try adapter([
      ("init_lora_weights", "gaussian"), ("modules_to_save", .null), ("layer_replication", .null),
      ("use_dora", false), ("alpha_pattern", [:]), ("rank_pattern", [:]), ("revision", "main"),
      ("layers_to_transform", [0, 1]), ("lora_dropout", .null),
    ])
    #expect(read.options.dropout == 0 && read.options.rank == 3)
  }

  /// Factors of what is no linear map, or of other sizes.
  @Test(arguments: ["h.0.ln_1", "h.0.attn", "h.99.attn.c_attn", "wte", "lm_head", "h.0.mlp.c_fc"])
  func factorsThatDoNotFitAreRefused(map: String) throws {
    let pair = try #require(adapters.parameters[model.parameters.blocks[0].attentionInput.weight])
    var written = HuggingFaceFolder(
      weights: [(pair.down, "A"), (pair.up, "B")].map { parameter, letter in
        parameter.output(
          name: "base_model.model.transformer.\(map).lora_\(letter).weight",
          asConv1D: false
        )
      },
      configuration: try JSONValue(contentsOf: settingsFile).object ?? [:],
      companions: []
    )
    written.isAdapter = true
    try written.write(to: path, replacing: true)
    let read = try PEFTAdapter(path: path)
    for body in [
      { _ = try tiny.adapted(by: read) },
      { try read.merge(into: try tiny.loadModel(copying: true)) },
    ] as [() throws -> Void] {
      let error = #expect(throws: FormatError.self) { try body() }
      #expect(
        (error?.fault as? AdapterFault)?.description
          == "the factors of '\(map)' do not fit the model"
      )
    }
  }
}
