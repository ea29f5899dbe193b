import BallastKernels

extension GPT2Model {
  /// Forward and backward over one batch: the gradients of the summed loss times `scale`.
  ///
  /// The activations must keep what the gradients need.  ///
  /// With `accumulates` they are added to what is there, otherwise they take its place. Targets are [B, T];
  /// those below zero are not counted. Returns the summed loss.
  package func lossAndGradients(
    _ ids: UnsafePointer<Int32>,
    targets: UnsafePointer<Int32>,
    scale: Float,
    activations: Activations,
    gradients: GPT2Parameters,
    accumulates: Bool,
    dropout: DropoutPlan? = nil
  ) -> Double {
    if !accumulates { clearSums(gradients) }
    forward(ids, into: activations, dropout: dropout)
    let loss = lossAndGradients(
      activations,
      targets: targets,
      scale: scale,
      gradients: gradients,
      accumulates: accumulates
    )
    backward(
      ids,
      activations: activations,
      gradients: gradients,
      accumulates: accumulates,
      dropout: dropout
    )
    return loss
  }

  /// Sets to zero what a pass adds to: all but the weights of products, which it overwrites.
  private func clearSums(_ gradients: GPT2Parameters) {
    let products = Set(gradients.products.map(\.name))
    for parameter in gradients.all where !products.contains(parameter.name) {
      Elementwise.fill(parameter.pointer, with: 0, count: parameter.count)
    }
  }

  /// The forward pass in reverse, from the gradient of what the final LayerNorm put out, in its place.
  private func backward(
    _ ids: UnsafePointer<Int32>,
    activations: Activations,
    gradients: GPT2Parameters,
    accumulates: Bool,
    dropout: DropoutPlan?
  ) {
    guard let buffers = activations.gradients else {
      preconditionFailure("nothing was kept for the gradients")
    }
    let rows = activations.rows
    let count = rows * configuration.width
    Elementwise.fill(buffers.stream, with: 0, count: count)
    normalizeBackward(
      buffers.stream,
      input: activations.blocks.last?.output ?? activations.embedded,
      activations.finalNorm,
      parameters.finalNorm,
      gradients.finalNorm,
      rows: rows
    )
    for layer in parameters.blocks.indices.reversed() {
      let input = layer == 0 ? activations.embedded : activations.blocks[layer - 1].output
      // The shared buffers are still those of the last block.
      if activations.keeping == .streams, layer < parameters.blocks.count - 1 {
        runBlock(layer, input: input, activations, dropout: dropout)
      }
      feedForwardBackward(
        layer,
        activations,
        buffers,
        gradients.blocks[layer],
        accumulates: accumulates,
        mask: dropout?.mask(.mlpOutput, layer: layer)
      )
      attendBackward(
        layer,
        activations,
        buffers,
        gradients.blocks[layer],
        input: input,
        accumulates: accumulates,
        dropout: dropout
      )
    }
    dropout?.mask(.embedding)?.apply(buffers.stream, count: count)
    Embedding.backward(
      tokenGradient: gradients.tokenEmbedding.pointer,
      positionGradient: gradients.positionEmbedding.pointer,
      outputGradient: buffers.stream,
      ids: ids,
      batch: activations.batch,
      length: activations.length,
      width: configuration.width,
      vocabularySize: configuration.vocabularySize
    )
  }

  private func feedForwardBackward(
    _ layer: Int,
    _ activations: Activations,
    _ buffers: GradientBuffers,
    _ gradients: BlockParameters,
    accumulates: Bool,
    mask: Dropout?
  ) {
    let rows = activations.rows
    let block = parameters.blocks[layer]
    let saved = activations.blocks[layer]
    activation.forward(
      output: saved.activated,
      input: saved.hidden,
      count: rows * configuration.innerWidth
    )
    let innerGradient = saved.activated
    linearBackward(
      innerGradient,
      from: throughDropout(buffers, mask, rows: rows),
      input: saved.activated,
      block.mlpOutput,
      gradients.mlpOutput,
      rows: rows,
      accumulates: accumulates
    )
    activation.backward(
      inputGradient: innerGradient,
      outputGradient: innerGradient,
      input: saved.hidden,
      count: rows * configuration.innerWidth
    )
    normalizeAgain(saved.mlpNorm, input: saved.afterAttention, block.mlpNorm, rows: rows)
    linearBackward(
      saved.mlpNorm.output,
      from: innerGradient,
      input: saved.mlpNorm.output,
      block.mlpInput,
      gradients.mlpInput,
      rows: rows,
      accumulates: accumulates
    )
    normalizeBackward(
      buffers.stream,
      input: saved.afterAttention,
      saved.mlpNorm,
      block.mlpNorm,
      gradients.mlpNorm,
      rows: rows
    )
  }

  private func attendBackward(
    _ layer: Int,
    _ activations: Activations,
    _ buffers: GradientBuffers,
    _ gradients: BlockParameters,
    input: UnsafePointer<Float>,
    accumulates: Bool,
    dropout: DropoutPlan?
  ) {
    let rows = activations.rows
    let block = parameters.blocks[layer]
    let saved = activations.blocks[layer]
    let mask = dropout?.mask(.attentionOutput, layer: layer)
    // The LayerNorm's place is free until it is computed again.
    let attendedGradient = saved.attentionNorm.output
    linearBackward(
      attendedGradient,
      from: throughDropout(buffers, mask, rows: rows),
      input: saved.attended,
      block.attentionOutput,
      gradients.attentionOutput,
      rows: rows,
      accumulates: accumulates
    )
    Attention.backward(
      inputGradients: attentionGradients(buffers.queriesKeysValues, length: activations.length),
      outputGradient: attendedGradient,
      output: saved.attended,
      logSumExp: saved.logSumExp,
      inputs: attentionInputs(saved, length: activations.length, layer: layer, cache: nil),
      shape: attentionShape(activations, layer: layer, past: 0),
      dropout: dropout?.mask(.attention, layer: layer)
    )
    normalizeAgain(saved.attentionNorm, input: input, block.attentionNorm, rows: rows)
    linearBackward(
      saved.attentionNorm.output,
      from: buffers.queriesKeysValues,
      input: saved.attentionNorm.output,
      block.attentionInput,
      gradients.attentionInput,
      rows: rows,
      accumulates: accumulates
    )
    normalizeBackward(
      buffers.stream,
      input: input,
      saved.attentionNorm,
      block.attentionNorm,
      gradients.attentionNorm,
      rows: rows
    )
  }

  /// The gradient of a projection onto the residual stream, through its dropout.
  private func throughDropout(
    _ buffers: GradientBuffers,
    _ mask: Dropout?,
    rows: Int
  ) -> UnsafeMutablePointer<Float> {
    guard let mask else { return buffers.stream }
    mask.apply(output: buffers.branch, input: buffers.stream, count: rows * configuration.width)
    return buffers.branch
  }

  private func linearBackward(
    _ inputGradient: UnsafeMutablePointer<Float>,
    from outputGradient: UnsafePointer<Float>,
    input: UnsafePointer<Float>,
    _ map: LinearParameters,
    _ gradients: LinearParameters,
    rows: Int,
    accumulates: Bool
  ) {
    multiplyBackward(
      inputGradient,
      weightGradient: gradients.weight,
      biasGradient: gradients.bias,
      from: outputGradient,
      input: input,
      map.weight,
      rows: rows,
      accumulates: accumulates
    )
  }

  /// What a LayerNorm put out, which is not kept.
  private func normalizeAgain(
    _ saved: NormActivations,
    input: UnsafePointer<Float>,
    _ norm: NormParameters,
    rows: Int
  ) {
    LayerNorm.forwardAgain(
      output: saved.output,
      mean: saved.mean,
      reciprocalStd: saved.reciprocalStd,
      input: input,
      weight: norm.weight.pointer,
      bias: norm.bias.pointer,
      rows: rows,
      width: configuration.width
    )
  }

  /// Adds the gradient of what a LayerNorm put out, in its place, to the residual stream's, through the norm.
  private func normalizeBackward(
    _ streamGradient: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    _ saved: NormActivations,
    _ norm: NormParameters,
    _ gradients: NormParameters,
    rows: Int
  ) {
    LayerNorm.backward(
      inputGradient: streamGradient,
      weightGradient: gradients.weight.pointer,
      biasGradient: gradients.bias.pointer,
      outputGradient: saved.output,
      input: input,
      weight: norm.weight.pointer,
      mean: saved.mean,
      reciprocalStd: saved.reciprocalStd,
      rows: rows,
      width: configuration.width
    )
  }
}
