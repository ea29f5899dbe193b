import BallastKernels

extension GPT2Model {
  /// The forward pass up to the final LayerNorm, whose output is [N, C].
  ///
  ///     x = drop(wte[token] + wpe[position])
  ///     each block: x += drop(proj(attention(norm(x))));  x += drop(out(act(in(norm(x)))))
  ///
  /// With a cache the tokens follow those it holds, and are added to it. With `onlyLast` the output is that of the
  /// last token of one sequence, [1, C]: of the last block the others need keys and values alone. `observe` gets the
  /// embedding sum as 0, then the residual stream after each block as 1 ... L.
  package func forward(
    _ ids: UnsafePointer<Int32>,
    into activations: Activations,
    cache: KeyValueCache? = nil,
    onlyLast: Bool = false,
    dropout: DropoutPlan? = nil,
    observe: (Int, UnsafePointer<Float>) -> Void = { _, _ in }
  ) {
    precondition(!onlyLast || activations.batch == 1, "only one sequence has one last token")
    let rows = activations.rows
    let width = configuration.width
    Embedding.forward(
      output: activations.embedded,
      ids: ids,
      tokenTable: parameters.tokenEmbedding.matrix,
      positionTable: parameters.positionEmbedding.pointer,
      batch: activations.batch,
      length: activations.length,
      positionOffset: cache?.length ?? 0
    )
    dropout?.mask(.embedding)?.apply(activations.embedded, count: rows * width)
    observe(0, activations.embedded)
    var input = activations.embedded
    for layer in parameters.blocks.indices {
      let first = onlyLast && layer == configuration.layers - 1 ? rows - 1 : 0
      runBlock(layer, input: input, activations, from: first, cache: cache, dropout: dropout)
      input = activations.blocks[layer].output
      observe(layer + 1, input)
    }
    cache?.length += activations.length
    let outputs = onlyLast ? 1 : rows
    normalize(activations.finalNorm, input: input, parameters.finalNorm, rows: outputs)
  }

  /// One block, from the residual stream before it to that after it, which is computed from row `first` on and begins with it.
  func runBlock(
    _ layer: Int,
    input: UnsafePointer<Float>,
    _ activations: Activations,
    from first: Int = 0,
    cache: KeyValueCache? = nil,
    dropout: DropoutPlan?
  ) {
    let block = parameters.blocks[layer]
    let buffers = activations.blocks[layer]
    attend(
      block,
      buffers,
      input: input,
      activations: activations,
      layer: layer,
      from: first,
      cache: cache,
      dropout: dropout
    )
    feedForward(
      block,
      buffers,
      rows: activations.rows - first,
      mask: dropout?.mask(.mlpOutput, layer: layer),
      dropout: dropout
    )
  }

  /// The attention half: afterAttention = input + drop(proj(attention(norm(input)))).
  private func attend(
    _ block: BlockParameters,
    _ buffers: BlockActivations,
    input: UnsafePointer<Float>,
    activations: Activations,
    layer: Int,
    from first: Int,
    cache: KeyValueCache?,
    dropout: DropoutPlan?
  ) {
    let rows = activations.rows
    normalize(buffers.attentionNorm, input: input, block.attentionNorm, rows: rows)
    map(
      buffers.queriesKeysValues,
      input: buffers.attentionNorm.output,
      block.attentionInput.weight,
      bias: block.attentionInput.bias,
      rows: rows,
      dropout: dropout
    )
    cache?.append(
      layer: layer,
      queriesKeysValues: buffers.queriesKeysValues,
      batch: activations.batch,
      count: activations.length
    )
    attend(buffers, activations, layer: layer, from: first, cache: cache, dropout: dropout)
    addBranch(
      buffers.afterAttention,
      input: buffers.attended,
      block.attentionOutput,
      mask: dropout?.mask(.attentionOutput, layer: layer),
      to: input + first * configuration.width,
      rows: rows - first,
      dropout: dropout
    )
  }

  /// Attention itself, from queries, keys and values, for the backward pass a second time.
  func attend(
    _ buffers: BlockActivations,
    _ activations: Activations,
    layer: Int,
    from first: Int = 0,
    cache: KeyValueCache? = nil,
    dropout: DropoutPlan?
  ) {
    let length = activations.length
    Attention.forward(
      output: buffers.attended,
      logSumExp: buffers.logSumExp,
      inputs: attentionInputs(buffers, length: length, from: first, layer: layer, cache: cache),
      shape: attentionShape(activations, from: first, layer: layer, past: cache?.length ?? 0),
      dropout: dropout?.mask(.attention, layer: layer)
    )
  }

  /// The MLP half: output = x + drop(out(activation(in(norm(x))))), x being afterAttention.
  private func feedForward(
    _ block: BlockParameters,
    _ buffers: BlockActivations,
    rows: Int,
    mask: Dropout?,
    dropout: DropoutPlan?
  ) {
    normalize(buffers.mlpNorm, input: buffers.afterAttention, block.mlpNorm, rows: rows)
    let toInner = block.mlpInput
    map(
      buffers.hidden,
      input: buffers.mlpNorm.output,
      toInner.weight,
      bias: nil,
      rows: rows,
      dropout: dropout
    )
    activation.forward(
      output: buffers.activated,
      adding: toInner.bias.pointer,
      to: buffers.hidden,
      rows: rows,
      width: configuration.innerWidth
    )
    addBranch(
      buffers.output,
      input: buffers.activated,
      block.mlpOutput,
      mask: mask,
      to: buffers.afterAttention,
      rows: rows,
      dropout: dropout
    )
  }

  /// output = residual + drop(map(input)).
  private func addBranch(
    _ output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    _ parameters: LinearParameters,
    mask: Dropout?,
    to residual: UnsafePointer<Float>,
    rows: Int,
    dropout: DropoutPlan?
  ) {
    map(output, input: input, parameters.weight, bias: nil, rows: rows, dropout: dropout)
    Elementwise.addBranch(
      output,
      bias: parameters.bias.pointer,
      dropout: mask,
      to: residual,
      rows: rows,
      width: configuration.width
    )
  }

  /// A linear map, and what its adapter adds, if it has one.
  private func map(
    _ output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    _ weight: Parameter,
    bias: Parameter?,
    rows: Int,
    dropout: DropoutPlan?
  ) {
    multiply(output, input: input, weight, bias: bias, rows: rows)
    guard let adapter = adapters?[weight] else { return }
    adapter.add(to: output, input: input, rows: rows, mask: dropout?.mask(adapter))
  }

  private func normalize(
    _ buffers: NormActivations,
    input: UnsafePointer<Float>,
    _ norm: NormParameters,
    rows: Int
  ) {
    LayerNorm.forward(
      output: buffers.output,
      mean: buffers.mean,
      reciprocalStd: buffers.reciprocalStd,
      input: input,
      weight: norm.weight.pointer,
      bias: norm.bias.pointer,
      rows: rows,
      width: configuration.width,
      epsilon: Float(configuration.normEpsilon)
    )
  }
}
