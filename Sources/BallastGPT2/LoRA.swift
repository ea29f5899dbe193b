package import BallastBytes

/// What low-rank adapters there are (Hu and others 2021): y = x Wᵀ + b + scale · (x Aᵀ) Bᵀ, of which A and B are trained.
package struct LoRAOptions: Hashable, Sendable {
  /// The linear maps of a block, by their paths within it.
  package enum Target: String, CaseIterable, Hashable, Sendable {
    case attentionInput = "attn.c_attn"
    case attentionOutput = "attn.c_proj"
    case mlpInput = "mlp.c_fc"
    case mlpOutput = "mlp.c_proj"
  }

  /// The number of rows of A, and of columns of B.
  package var rank: Int
  /// The scale is alpha / rank.
  package var alpha: Double
  /// The probability that an element of what A reads is dropped.
  package var dropout: Double
  /// The maps of each block that have an adapter.
  package var targets: Set<Target>

  package init(rank: Int, alpha: Double, dropout: Double, targets: Set<Target>) {
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.targets = targets
  }
}

/// The two factors of one adapter; gradients have the same form.
package struct LoRAPair: Sendable {
  /// A, [r, in].
  package let down: Parameter
  /// B, [out, r].
  package let up: Parameter
}

/// The factors of all adapters of a model, by the names of the weights that they go with.
package struct LoRAParameters: Sendable {
  /// Every A and B, block by block; their names are the maps', with `.lora_A.weight` or `.lora_B.weight`.
  package let all: [Parameter]
  private let pairs: [String: LoRAPair]

  /// The factors for weights of these names and shapes [out, in], each with its rank.
  package init(
    _ weights: [(weight: Parameter, rank: Int)]
  ) throws(FormatError) {
    let sizes = weights.map { weight, rank in
      Arena.padded(rank * weight.shape[1]) + Arena.padded(weight.shape[0] * rank)
    }
    let storage = try Storage(count: sizes.reduce(0, +))
    var offset = 0
    func take(_ name: String, _ shape: [Int]) -> Parameter {
      defer { offset += Arena.padded(shape.reduce(1, *)) }
      return Parameter(name: name, shape: shape, storage: storage, offset: offset)
    }
    var all: [Parameter] = []
    var pairs: [String: LoRAPair] = [:]
    for (weight, rank) in weights {
      let map = String(weight.name.dropLast(".weight".count))
      let pair = LoRAPair(
        down: take(map + ".lora_A.weight", [rank, weight.shape[1]]),
        up: take(map + ".lora_B.weight", [weight.shape[0], rank])
      )
      pairs[weight.name] = pair
      all += [pair.down, pair.up]
    }
    self.all = all
    self.pairs = pairs
  }

  /// The factors of the adapter of a weight.
  package subscript(weight: Parameter) -> LoRAPair? { pairs[weight.name] }

  /// The number of values.
  package var count: Int { all.reduce(0) { $0 + $1.count } }
}
