package import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastInspection
import BallastJSON

/// What a checkpoint is, as far as names, shapes and a configuration tell; no tensor is read.
package struct ModelRecognition: Sendable {
  /// Whose names the tensors have.
  package enum Naming: String, Sendable {
    /// Without a prefix, as on the hub.
    case hub
    /// With `transformer.` before them, as transformers writes them.
    case transformers
    case nanoGPT
    case llamaCpp = "llama.cpp"
    case llmC = "llm.c"
    case openAI = "OpenAI"
    case ggml
  }

  package let layers: Int
  /// Nil where no configuration says it: no tensor shows it.
  package let heads: Int?
  package let width: Int
  package let vocabulary: Int
  package let positions: Int
  /// The number of weights, a tied head not counted again.
  package let parameters: Int
  /// Whether the head is the token embedding.
  package let isHeadTied: Bool
  package let layout: CanonicalCheckpoint.Layout
  package let naming: Naming

  /// Recognises a GPT-2; nil where the tensors are none.
  package init?(_ checkpoint: Checkpoint, path: String) {
    guard let canonical = try? CanonicalCheckpoint(checkpoint),
      let embedding = canonical["wte.weight"], let positions = canonical["wpe.weight"],
      embedding.shape.rank == 2, positions.shape.rank == 2
    else { return nil }
    let configuration = OpenedModel.statedConfiguration(of: checkpoint, path: path)
    var layers: Set<Int> = []
    var parameters = 0
    var isHeadTied = true
    for weight in canonical.weights {
      if let layer = WeightMap.entry(named: weight.name[...])?.layer { layers.insert(layer) }
      if weight.name == "lm_head.weight" {
        isHeadTied = configuration?.tiesHead ?? weight.renamed("").isTied(to: embedding)
        if isHeadTied { continue }
      }
      parameters &+= weight.shape.elementCount
    }
    self.layers = layers.count
    heads = configuration?.heads
    width = embedding.shape.dimensions[1]
    vocabulary = embedding.shape.dimensions[0]
    self.positions = positions.shape.dimensions[0]
    self.parameters = parameters
    self.isHeadTied = isHeadTied
    layout = canonical.layout
    naming =
      switch checkpoint.format {
      case GGUF.name: .llamaCpp
      case LLMC.name: .llmC
      case GGML.name: .ggml
      case TensorBundle.name: .openAI
      default:
        if NanoGPT.matches(checkpoint) {
          .nanoGPT
        } else if canonical.sourceNames["wte.weight"]?.contains("transformer.") == true {
          .transformers
        } else {
          .hub
        }
      }
  }
}

/// What a checkpoint keeps beside a model to go on training.
package struct TrainingRecognition: Sendable {
  /// How many tensors are the moments of an optimizer, and whose.
  package let optimizer: String
  package let moments: Int
  /// Where the run stood, under the name that the file has for it.
  package let progress: [(name: String, value: Int)]

  /// Steps, iterations and epochs.
  ///
  /// An optimizer may count the steps of each parameter: of names that differ by a number the first is listed, and
  /// each at which the value changes.
  private static func progress(in metadata: JSONObject) -> [(name: String, value: Int)] {
    var progress: [(name: String, value: Int)] = []
    var first: [LayeredName.Family: Int] = [:]
    for (key, value) in metadata.members {
      let last = key.split(separator: ".").last.map { String($0) } ?? key
      guard progressNames.contains(last), let number = value.integer else { continue }
      let name = LayeredName(key)
      if name.layer != nil {
        guard first.updateValue(number, forKey: name.family) != number else { continue }
      }
      guard progress.count < maximumProgress else { break }
      progress.append((key, number))
    }
    return progress
  }

  /// More places than a run has.
  private static let maximumProgress = 16

  private static let progressNames: Set = ["step", "global_step", "iter_num", "iteration", "epoch"]

  /// Recognises the state of a run; nil where there is none.
  package init?(_ checkpoint: Checkpoint) {
    let names = checkpoint.tensors.map(\.name)
    let adam = names.count {
      $0.hasSuffix(".exp_avg") || $0.hasSuffix(".exp_avg_sq") || $0.hasSuffix("/Adam")
        || $0.hasSuffix("/Adam_1")
    }
    let momentum = names.count { $0.hasSuffix(".momentum_buffer") }
    guard adam + momentum > 0 else { return nil }
    optimizer = adam > 0 ? "Adam" : "SGD with momentum"
    moments = max(adam, momentum)
    progress = Self.progress(in: checkpoint.metadata)
  }
}
