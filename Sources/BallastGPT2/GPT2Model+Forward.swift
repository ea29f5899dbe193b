import BallastKernels

extension GPT2Model {
  /// The forward pass up to the final LayerNorm, whose output is [N, C].
  ///
  ///     x = drop(wte[token] + wpe[position])
  ///     each block: x += drop(proj(attention(norm(x))));  x += drop(out(act(in(norm(x)))))
  ///
  /// With a cache the tokens follow those it holds, and are added to it. `observe` gets the
  /// embedding sum as 0, then the residual stream after each block as 1 ... L.
  package func forward(
    _ ids: UnsafePointer<Int32>,
    into activations: Activations,
    cache: KeyValueCache? = nil,
    dropout: DropoutPlan? = nil,
    observe: (Int, UnsafePointer<Float>) -> Void = { _, _ in }
  ) {
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
      runBlock(layer, input: input, activations, cache: cache, dropout: dropout)
      input = activations.blocks[layer].output
      observe(layer + 1, input)
    }
    cache?.length += activations.length
    normalize(activations.finalNorm, input: input, parameters.finalNorm, rows: rows)
  }

  /// One block, from the residual stream before it to that after it.
  func runBlock(
    _ layer: Int,
    input: UnsafePointer<Float>,
    _ activations: Activations,
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
      cache: cache,
      dropout: dropout
    )
    feedForward(
      block,
      buffers,
      rows: activations.rows,
      mask: dropout?.mask(.mlpOutput, layer: layer)
    )
  }

  /// The attention half: afterAttention = input + drop(proj(attention(norm(input)))).
  private func attend(
    _ block: BlockParameters,
    _ buffers: BlockActivations,
    input: UnsafePointer<Float>,
    activations: Activations,
    layer: Int,
    cache: KeyValueCache?,
    dropout: DropoutPlan?
  ) {
    let rows = activations.rows
    normalize(buffers.attentionNorm, input: input, block.attentionNorm, rows: rows)
    multiply(
      buffers.queriesKeysValues,
      input: buffers.attentionNorm.output,
      block.attentionInput.weight,
      bias: block.attentionInput.bias,
      rows: rows
    )
    cache?.append(
      layer: layer,
      queriesKeysValues: buffers.queriesKeysValues,
      batch: activations.batch,
      count: activations.length
    )
    Attention.forward(
      output: buffers.attended,
      logSumExp: buffers.logSumExp,
      inputs: attentionInputs(buffers, length: activations.length, layer: layer, cache: cache),
      shape: attentionShape(activations, layer: layer, past: cache?.length ?? 0),
      dropout: dropout?.mask(.attention, layer: layer)
    )
    addBranch(
      buffers.afterAttention,
      input: buffers.attended,
      block.attentionOutput,
      dropout: dropout?.mask(.attentionOutput, layer: layer),
      to: input,
      rows: rows
    )
  }

  /// The MLP half: output = x + drop(out(activation(in(norm(x))))), x being afterAttention.
  private func feedForward(
    _ block: BlockParameters,
    _ buffers: BlockActivations,
    rows: Int,
    mask: Dropout?
  ) {
    normalize(buffers.mlpNorm, input: buffers.afterAttention, block.mlpNorm, rows: rows)
    let toInner = block.mlpInput
    multiply(buffers.hidden, input: buffers.mlpNorm.output, toInner.weight, bias: nil, rows: rows)
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
      dropout: mask,
      to: buffers.afterAttention,
      rows: rows
    )
  }

  /// output = residual + dropout(map(input)).
  private func addBranch(
    _ output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    _ map: LinearParameters,
    dropout: Dropout?,
    to residual: UnsafePointer<Float>,
    rows: Int
  ) {
    multiply(output, input: input, map.weight, bias: nil, rows: rows)
    Elementwise.addBranch(
      output,
      bias: map.bias.pointer,
      dropout: dropout,
      to: residual,
      rows: rows,
      width: configuration.width
    )
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
