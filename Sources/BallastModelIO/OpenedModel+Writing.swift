package import BallastBytes
package import BallastCheckpoint
package import BallastGPT2
package import BallastJSON

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
      let key = json["torch_dtype"] != nil ? "torch_dtype" : "dtype"
      json[key] = .string(name)
    }
    return json
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
  package func folder(
    extending configurationJSON: JSONObject,
    companions: [String]
  ) -> HuggingFaceFolder {
    var json = configuration.json(extending: configurationJSON)
    json[json["torch_dtype"] != nil ? "torch_dtype" : "dtype"] = "float32"
    return HuggingFaceFolder(
      weights: parameters.all.map {
        $0.output(name: HuggingFaceFolder.weightName($0.name), asConv1D: true)
      },
      configuration: json,
      companions: companions
    )
  }
}
