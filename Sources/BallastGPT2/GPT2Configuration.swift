public import BallastBytes
import BallastKernels

/// The configuration of a GPT-2: what `config.json` says, with transformers' defaults.
public struct GPT2Configuration: Hashable, Sendable {
  /// The number of tokens in the vocabulary: `vocab_size`.
  public var vocabularySize = 50257
  /// The longest sequence: `n_positions`, in old files `n_ctx`.
  public var positions = 1024
  /// The width of the residual stream: `n_embd`.
  public var width = 768
  /// The number of blocks: `n_layer`.
  public var layers = 12
  /// The number of attention heads: `n_head`.
  public var heads = 12
  /// The width between the two halves of the MLP: `n_inner`; nil stands for four times `width`.
  public var explicitInnerWidth: Int?
  /// The name of the MLP's activation: `activation_function`.
  public var activation = "gelu_new"
  /// Added to variances: `layer_norm_epsilon`.
  public var normEpsilon = 1e-5
  /// The dropout of both projections onto the residual stream: `resid_pdrop`.
  public var residualDropout = 0.1
  /// The dropout of the embeddings: `embd_pdrop`.
  public var embeddingDropout = 0.1
  /// The dropout of attention probabilities: `attn_pdrop`.
  public var attentionDropout = 0.1
  /// Whether scores are divided by the square root of the head size: `scale_attn_weights`.
  public var scalesAttention = true
  /// Whether scores are divided by layer + 1: `scale_attn_by_inverse_layer_idx`.
  public var scalesAttentionByInverseLayer = false
  /// `reorder_and_upcast_attn`: changes rounding in half precision only, and nothing in float32.
  public var reordersAndUpcastsAttention = false
  /// Whether the head is the token embedding: `tie_word_embeddings`.
  public var tiesHead = true
  /// The standard deviation of initial weights: `initializer_range`.
  public var initializerRange = 0.02
  /// The token that starts a text: `bos_token_id`.
  public var beginningToken: Int? = 50256
  /// The tokens that end a text: `eos_token_id`, which is one id or a list.
  public var endTokens = [50256]

  /// GPT-2 of 124 million parameters.
  public init() {}

  /// The width between the two halves of the MLP.
  public var innerWidth: Int { explicitInnerWidth ?? 4 * width }

  /// The width of one head.
  public var headSize: Int { width / heads }

  /// The factor on the scores of a layer, counted from 0.
  func attentionScale(layer: Int) -> Float {
    let scale = scalesAttention ? 1 / Double(headSize).squareRoot() : 1
    return Float(scalesAttentionByInverseLayer ? scale / Double(layer + 1) : scale)
  }
}

/// The ways in which a configuration can be wrong.
public enum ConfigurationFault: FormatFault {
  case notObject
  case otherModel(String)
  case wrongType(key: String, expected: String)
  case outOfRange(key: String, value: String)
  case crossAttention
  case indivisibleWidth(width: Int, heads: Int)
  /// A warning for `check`: transformers knows more.
  case unknownActivation(String)
  case tooLarge

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .notObject: "the configuration is not a JSON object"
    case .otherModel(let type):
      "the configuration is of a model of type \(type.debugDescription), not gpt2"
    case .wrongType(let key, let expected): "\(key) is not \(expected)"
    case .outOfRange(let key, let value): "\(key) is \(value), which is out of range"
    case .crossAttention: "add_cross_attention is true, and cross-attention is not supported"
    case .indivisibleWidth(let width, let heads):
      "n_embd \(width) cannot be divided among n_head \(heads)"
    case .unknownActivation(let name):
      "activation_function \(name.debugDescription) is not known"
    case .tooLarge: "the sizes multiply to more than any machine holds"
    }
  }

  /// What a user might do about it.
  public var hint: String? {
    guard case .unknownActivation = self else { return nil }
    return "known: " + Activation.names.keys.sorted().joined(separator: ", ")
  }
}
