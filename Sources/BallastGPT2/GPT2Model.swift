public import BallastBytes
import BallastKernels

/// GPT-2: its configuration and parameters, ready to run; they are float32, or as they are stored.
///
/// Parameters and modules are reached by the names that a state dict gives them:
/// `model.parameters["h.3.mlp.c_fc.weight"]`, `model["h.3.mlp"]`.
public final class GPT2Model: Sendable {
  /// The sizes and constants.
  public let configuration: GPT2Configuration
  /// The weights, in Linear's orientation.
  public let parameters: GPT2Parameters
  /// The MLP's activation.
  let activation: Activation
  /// The weights as products take them, where these are of bfloat16.
  package let bfloat16: BFloat16Weights?
  /// What products are made of.
  package var precision: Precision { bfloat16 == nil ? .float32 : .bfloat16 }
  /// What is trained in place of the weights; nil for a model that has none.
  package let adapters: LoRAAdapters?

  /// A model of these parameters; throws `ConfigurationFault` where the configuration is wrong, and
  /// `MachineFault` where nothing can multiply matrices of bfloat16.
  package init(
    _ configuration: GPT2Configuration,
    parameters: GPT2Parameters,
    precision: Precision = .float32
  ) throws(FormatError) {
    try configuration.validate()
    if precision == .bfloat16, let fault = Self.bfloat16Fault { throw FormatError(fault) }
    bfloat16 = precision == .bfloat16 ? try BFloat16Weights(parameters) : nil
    guard let activation = Activation(name: configuration.activation) else {
      throw FormatError(ConfigurationFault.unknownActivation(configuration.activation))
    }
    self.configuration = configuration
    self.parameters = parameters
    self.activation = activation
    adapters = nil
  }

  /// The same model with adapters; weights are shared.
  package func adapted(by adapters: LoRAAdapters) -> GPT2Model {
    GPT2Model(self, adapters: adapters)
  }

  private init(_ base: GPT2Model, adapters: LoRAAdapters) {
    configuration = base.configuration
    parameters = base.parameters
    activation = base.activation
    bfloat16 = base.bfloat16
    self.adapters = adapters
  }

  /// Why there are no products of bfloat16; nil where there are.
  private static var bfloat16Fault: MachineFault? {
    switch Machine.bfloat16 {
    case .ready: nil
    case .notBuilt: .builtWithoutOneDNN
    case .notInstalled: .noOneDNN
    case .notSupported: .noBFloat16
    }
  }

  /// The module at a path such as "h.3.mlp", or nil where no parameter has that path.
  public subscript(path: String) -> Module? { Module(path, of: parameters) }
}

/// A part of the model: all parameters below a path, as in a state dict.
public struct Module: Sendable {
  /// The path, such as "h.3.attn".
  public let path: String
  /// The parameters below the path, in the order of the model.
  public let parameters: [Parameter]
  private let all: GPT2Parameters

  fileprivate init?(_ path: String, of all: GPT2Parameters) {
    self.path = path
    self.all = all
    parameters = all.all.filter { $0.name.hasPrefix(path + ".") || path.isEmpty }
    if parameters.isEmpty { return nil }
  }

  /// The parameter at a path below this module, such as "c_fc.weight".
  public subscript(parameter name: String) -> Parameter? {
    all[path.isEmpty ? name : path + "." + name]
  }

  /// The module at a path below this one.
  public subscript(name: String) -> Module? {
    Module(path.isEmpty ? name : path + "." + name, of: all)
  }

  /// The names of the modules directly below this one, in the order of the model.
  public var children: [String] {
    var names: [String] = []
    for parameter in parameters {
      let rest = parameter.name.dropFirst(path.isEmpty ? 0 : path.count + 1)
      let parts = rest.split(separator: ".", maxSplits: 1)
      if parts.count == 2, names.last != String(parts[0]) { names.append(String(parts[0])) }
    }
    return names
  }
}

/// The ways in which token ids can be wrong for a model.
public enum ModelInputFault: FormatFault {
  case empty
  case tokenOutOfRange(Int, vocabularySize: Int)
  case sequenceTooLong(Int, positions: Int)
  case unequalLengths

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .empty: "there are no tokens"
    case .tokenOutOfRange(let id, let size):
      "token \(id) is outside of the model's vocabulary of \(size)"
    case .sequenceTooLong(let length, let positions):
      "a sequence of \(length) tokens is longer than the model's \(positions) positions"
    case .unequalLengths: "the sequences of a batch differ in length"
    }
  }
}

/// A batch of token ids, [B, T], that a model of a given size can take.
public struct TokenBatch: Sendable {
  /// The ids, sequence by sequence.
  public let ids: [Int32]
  /// The number of sequences.
  public let batch: Int
  /// The number of tokens of each sequence.
  public let length: Int

  /// Checks ids against the model; throws `ModelInputFault`.
  public init(
    _ sequences: [[Int32]],
    for configuration: GPT2Configuration
  ) throws(FormatError) {
    guard let length = sequences.first?.count, length > 0 else {
      throw FormatError(ModelInputFault.empty)
    }
    guard sequences.allSatisfy({ $0.count == length }) else {
      throw FormatError(ModelInputFault.unequalLengths)
    }
    guard length <= configuration.positions else {
      throw FormatError(
        ModelInputFault.sequenceTooLong(length, positions: configuration.positions)
      )
    }
    let ids = Array(sequences.joined())
    if let bad = ids.first(where: { $0 < 0 || $0 >= configuration.vocabularySize }) {
      throw FormatError(
        ModelInputFault.tokenOutOfRange(
          Int(bad),
          vocabularySize: configuration.vocabularySize
        )
      )
    }
    self.ids = ids
    self.length = length
    batch = sequences.count
  }

  /// The ids of one sequence.
  public func sequence(_ index: Int) -> ArraySlice<Int32> {
    ids[index * length..<(index + 1) * length]
  }
}
