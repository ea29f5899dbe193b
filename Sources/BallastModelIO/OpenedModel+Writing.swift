package import BallastBytes
package import BallastCheckpoint
import BallastFormats
package import BallastGPT2
package import BallastJSON
import FoundationEssentials

extension OpenedModel {
  /// The weights as they are to be written, each once: a tied head is left out.
  ///
  /// Nothing is read yet; transposes happen piece by piece.
  package func outputs(
    layout: CanonicalCheckpoint.Layout,
    dtype: DType? = nil,
    losses: CastLosses? = nil,
    name: (String) -> String = { $0 }
  ) throws(FormatError) -> [TensorOutput] {
    var outputs: [TensorOutput] = []
    for slot in WeightMap.slots(configuration) {
      guard let view = weights[slot.name] else {
        throw FormatError(ModelFault.missing([slot.name]))
      }
      let isTransposed = layout == .hf && slot.isConv1D
      let stored = isTransposed ? try view.transposed : view
      outputs.append(stored.output(as: dtype, name: name(slot.name), losses: losses))
    }
    return outputs
  }

  /// The names in the file of tensors that `outputs` leaves out, and why.
  package var leftOut: [(name: String, reason: String)] {
    var leftOut = weights.buffers.map { ($0.name, "mask buffer") }
    leftOut += weights.others.map { ($0.name, "no part of the model") }
    if configuration.tiesHead, let head = weights.sourceNames["lm_head.weight"] {
      leftOut.append((head, "tied to " + (weights.sourceNames["wte.weight"] ?? "wte.weight")))
    }
    return leftOut
  }

  /// The configuration for a folder, with the dtype that the weights will have.
  package func configurationJSON(dtype: DType?) -> JSONObject {
    var json = configuration.json(extending: configurationJSON)
    // Blocks are written as float32: see `TensorView.output`.
    let stored = dtype ?? weights["wte.weight"].map { $0.dtype.block == nil ? $0.dtype : .f32 }
    let names: [DType: String] = [
      .f32: "float32", .f16: "float16", .bf16: "bfloat16", .f64: "float64",
      .f8e4m3: "float8_e4m3fn", .f8e5m2: "float8_e5m2",
    ]
    if let name = stored.flatMap({ names[$0] }) {
      json.setDType(name)
    }
    return json
  }

  /// What the file says of itself beside what a model is made of.
  package var otherMetadata: [JSONObject.Member] {
    let understood: (String) -> Bool
    switch checkpoint.format {
    case let format where format.hasPrefix(Safetensors.name):
      let ties = Set(Conversion.statedTies(in: checkpoint).map { ExactString($0.0) })
      understood = { key in
        key == "format" || key.hasPrefix("ballast.") || ties.contains(ExactString(key))
      }
    case let format where format.hasPrefix("torch"):
      understood = { $0.hasPrefix("model_args.") }
    case GGUF.name:
      let own = ["architecture", "file_type", "quantization_version", "alignment"]
      understood = { key in
        key.hasPrefix("gpt2.") || key.hasPrefix("tokenizer.ggml.")
          || own.contains { key == "general.\($0)" }
      }
    default: return []
    }
    return checkpoint.metadata.members.filter { !understood($0.key) }
  }

  /// Files of the model's folder that are neither weights nor go along with them, such as a README.
  package var otherFiles: [String] {
    guard path == folder else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let known = companions.compactMap { $0.split(separator: "/").last.map(String.init) }
    let weights = checkpoint.files.map(\.name) + ["config.json"]
    return names.sorted().filter { name in
      !name.hasPrefix(".") && !known.contains(name) && !weights.contains(name)
        && !name.hasSuffix(ShardIndex.suffix)
    }
  }

  /// The metadata of a native file: its layout, and the configuration that it carries along.
  package var nativeMetadata: [(key: String, value: String)] {
    [
      ("ballast.layout", CanonicalCheckpoint.Layout.native.rawValue),
      (
        Self.configurationKey,
        JSONValue.object(configuration.json(extending: configurationJSON)).text()
      ),
    ]
  }
}

extension GPT2Model {
  /// This model as a folder that transformers loads; the companions are copied along.
  ///
  /// Adapters are added to their weights, one by one as these are written.
  package func folder(
    extending configurationJSON: JSONObject,
    companions: [String]
  ) -> HuggingFaceFolder {
    var json = configuration.json(extending: configurationJSON)
    json.setDType("float32")
    return HuggingFaceFolder(
      weights: parameters.all.map { parameter in
        let name = HuggingFaceFolder.weightName(parameter.name)
        let plain = parameter.output(name: name, asConv1D: true)
        guard adapters?.parameters[parameter] != nil else { return plain }
        return TensorOutput(name: name, dtype: plain.dtype, shape: plain.shape) {
          (sink) throws(FormatError) in
          try self.merged(parameter).output(name: name, asConv1D: true).write(to: sink)
        }
      },
      configuration: json,
      companions: companions
    )
  }
}

extension JSONObject {
  /// Sets the type of the weights, under both names that transformers has had for it if both are there.
  fileprivate mutating func setDType(_ name: String) {
    let keys = ["torch_dtype", "dtype"].filter { self[$0] != nil }
    for key in keys.isEmpty ? ["dtype"] : keys { self[key] = .string(name) }
  }
}
