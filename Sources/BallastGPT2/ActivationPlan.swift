/// What a pass takes of memory: numbers of floats, each buffer rounded up to whole cache lines.
package struct ActivationPlan {
  /// The sets of a block's buffers: one for each block whose buffers are all kept, otherwise one.
  let sets: Int
  /// The rows whose logits exist at a time.
  let logitRows: Int
  /// Whether each block keeps what its attention put out.
  ///
  /// To compute it again costs little beside products of float32, and twice as much beside those of bfloat16.
  let keepsAttention: Bool
  /// What holds the logits, and before and after them what exists within blocks.
  let shared: Int
  /// Everything.
  package let total: Int

  /// The most bytes of logits: each chunk reads the whole head, and with gradients writes as much, so that
  /// chunks of few rows wait for memory, the longer the quicker products are.
  private static func logitBytes(_ precision: Precision) -> Int {
    precision == .bfloat16 ? 60 << 20 : 30 << 20
  }
  /// Chunks are of so many rows or a multiple: the tile of the products.
  private static let rowGrain = 16

  /// The plan of a pass over `batch` sequences of `length` tokens.
  package init(
    _ configuration: GPT2Configuration,
    batch: Int,
    length: Int,
    keeping: Retention,
    precision: Precision = .float32
  ) {
    let rows = batch * length
    let stream = Arena.padded(rows * configuration.width)
    let triple = Arena.padded(3 * rows * configuration.width)
    let inner = Arena.padded(rows * configuration.innerWidth)
    let widest = max(inner, stream)
    let statistics = 2 * Arena.padded(rows)
    keepsAttention = keeping == .everything && precision == .bfloat16
    let block =
      2 * statistics + triple + stream + Arena.padded(rows * configuration.heads) + inner
      + (keepsAttention ? stream : 0)
    let gradients = keeping == .nothing ? 0 : 2 * stream + triple
    let outputs = keeping == .nothing ? 0 : configuration.layers * stream
    sets = keeping == .everything ? configuration.layers : 1
    logitRows = Self.logitRows(
      rows: rows,
      most: Self.logitBytes(precision)
        / (configuration.vocabularySize * MemoryLayout<Float>.stride)
    )
    shared = max(
      Arena.padded(logitRows * configuration.vocabularySize),
      stream + widest + gradients
    )
    // Besides: the embedding sum, and the final LayerNorm.
    total = shared + 2 * stream + statistics + sets * block + outputs
  }

  /// The rows of a chunk of logits: all of them, or parts that are about equal.
  private static func logitRows(rows: Int, most: Int) -> Int {
    let most = max(1, most)
    let chunks = (rows + most - 1) / most
    guard chunks > 1 else { return rows }
    let equal = (rows + chunks - 1) / chunks
    return min(most, (equal + rowGrain - 1) / rowGrain * rowGrain)
  }
}
