import BallastKernels

extension GPT2Model {
  /// Forward and backward over one batch: the gradients of the summed loss times `scale`.
  ///
  /// The activations must keep what the gradients need. With `accumulates` gradients are added to what is there,
  /// otherwise they take its place; those that are absent are not computed. Targets are [B, T]; those below zero are not
  /// counted. Returns the summed loss.
  package func lossAndGradients(
    _ ids: UnsafePointer<Int32>,
    targets: UnsafePointer<Int32>,
    scale: Float,
    activations: Activations,
    gradients: GPT2Parameters,
    adapterGradients: LoRAParameters? = nil,
    accumulates: Bool,
    dropout: DropoutPlan? = nil
  ) -> Double {
    guard let buffers = activations.gradients else {
      preconditionFailure("nothing was kept for the gradients")
    }
    if !accumulates { clearSums(gradients) }
    forward(ids, into: activations, dropout: dropout)
    let loss = lossAndGradients(
      activations,
      targets: targets,
      scale: scale,
      gradients: gradients,
      accumulates: accumulates
    )
    let pass = BackwardPass(
      model: self,
      activations: activations,
      buffers: buffers,
      gradients: gradients,
      adapterGradients: adapterGradients,
      accumulates: accumulates,
      dropout: dropout
    )
    pass.run(ids)
    return loss
  }

  /// Sets to zero what a pass adds to: all but the weights of products, which it overwrites.
  private func clearSums(_ gradients: GPT2Parameters) {
    let products = Set(gradients.products.map(\.name))
    for parameter in gradients.present where !products.contains(parameter.name) {
      Elementwise.fill(parameter.pointer, with: 0, count: parameter.count)
    }
  }
}

/// The forward pass in reverse, from the gradient of what the final LayerNorm put out, in its place.
private struct BackwardPass {
  let model: GPT2Model
  let activations: Activations
  let buffers: GradientBuffers
  let gradients: GPT2Parameters
  let adapterGradients: LoRAParameters?
  let accumulates: Bool
  let dropout: DropoutPlan?

  private var rows: Int { activations.rows }
  private var width: Int { model.configuration.width }
  private var innerCount: Int { rows * model.configuration.innerWidth }

  func run(_ ids: UnsafePointer<Int32>) {
    let parameters = model.parameters
    Elementwise.fill(buffers.stream, with: 0, count: rows * width)
    normalizeBackward(
      input: activations.blocks.last?.output ?? activations.embedded,
      activations.finalNorm,
      parameters.finalNorm,
      gradients.finalNorm
    )
    let trainsEmbeddings =
      !gradients.tokenEmbedding.isAbsent || !gradients.positionEmbedding.isAbsent
    let lowest = trainsEmbeddings ? 0 : lowestTrainedBlock
    for layer in parameters.blocks.indices.reversed() where layer >= lowest {
      let input = layer == 0 ? activations.embedded : activations.blocks[layer - 1].output
      // The shared buffers are still those of the last block.
      if activations.keeping == .streams, layer < parameters.blocks.count - 1 {
        model.runBlock(layer, input: input, activations, dropout: dropout)
      }
      feedForward(layer)
      attend(layer, input: input)
    }
    guard trainsEmbeddings else { return }
    dropout?.mask(.embedding)?.apply(buffers.stream, count: rows * width)
    Embedding.backward(
      tokenGradient: gradients.tokenEmbedding.presentPointer,
      positionGradient: gradients.positionEmbedding.presentPointer,
      outputGradient: buffers.stream,
      ids: ids,
      batch: activations.batch,
      length: activations.length,
      width: width,
      vocabularySize: model.configuration.vocabularySize
    )
  }

  /// The lowest block that anything is trained in: below it nothing needs a gradient.
  private var lowestTrainedBlock: Int {
    let names = gradients.present.map(\.name) + (adapterGradients?.all.map(\.name) ?? [])
    let layers = names.compactMap { WeightMap.layer(of: $0) }
    return layers.min() ?? model.parameters.blocks.count
  }

  private func feedForward(_ layer: Int) {
    let block = model.parameters.blocks[layer]
    let saved = activations.blocks[layer]
    model.activation.forward(output: saved.activated, input: saved.hidden, count: innerCount)
    let innerGradient = saved.activated
    linearBackward(
      innerGradient,
      from: throughDropout(dropout?.mask(.mlpOutput, layer: layer)),
      input: saved.activated,
      block.mlpOutput,
      gradients.blocks[layer].mlpOutput
    )
    model.activation.backward(
      inputGradient: innerGradient,
      outputGradient: innerGradient,
      input: saved.hidden,
      count: innerCount
    )
    normalizeAgain(saved.mlpNorm, input: saved.afterAttention, block.mlpNorm)
    linearBackward(
      saved.mlpNorm.output,
      from: innerGradient,
      input: saved.mlpNorm.output,
      block.mlpInput,
      gradients.blocks[layer].mlpInput
    )
    normalizeBackward(
      input: saved.afterAttention,
      saved.mlpNorm,
      block.mlpNorm,
      gradients.blocks[layer].mlpNorm
    )
  }

  private func attend(_ layer: Int, input: UnsafePointer<Float>) {
    let block = model.parameters.blocks[layer]
    let saved = activations.blocks[layer]
    if !activations.keepsAttention {
      model.attend(saved, activations, layer: layer, dropout: dropout)
    }
    // The LayerNorm's place is free until it is computed again.
    let attendedGradient = saved.attentionNorm.output
    linearBackward(
      attendedGradient,
      from: throughDropout(dropout?.mask(.attentionOutput, layer: layer)),
      input: saved.attended,
      block.attentionOutput,
      gradients.blocks[layer].attentionOutput
    )
    Attention.backward(
      inputGradients: model.attentionGradients(
        buffers.queriesKeysValues,
        length: activations.length
      ),
      outputGradient: attendedGradient,
      output: saved.attended,
      logSumExp: saved.logSumExp,
      inputs: model.attentionInputs(
        saved,
        length: activations.length,
        layer: layer,
        cache: nil
      ),
      shape: model.attentionShape(activations, layer: layer, past: 0),
      dropout: dropout?.mask(.attention, layer: layer)
    )
    normalizeAgain(saved.attentionNorm, input: input, block.attentionNorm)
    linearBackward(
      saved.attentionNorm.output,
      from: buffers.queriesKeysValues,
      input: saved.attentionNorm.output,
      block.attentionInput,
      gradients.blocks[layer].attentionInput
    )
    normalizeBackward(
      input: input,
      saved.attentionNorm,
      block.attentionNorm,
      gradients.blocks[layer].attentionNorm
    )
  }

  /// The gradient of a projection onto the residual stream, through its dropout.
  private func throughDropout(_ mask: Dropout?) -> UnsafeMutablePointer<Float> {
    guard let mask else { return buffers.stream }
    mask.apply(output: buffers.branch, input: buffers.stream, count: rows * width)
    return buffers.branch
  }

  /// The gradients of a linear map and of its adapter, if it has one; `inputGradient` may be the input's own buffer.
  private func linearBackward(
    _ inputGradient: UnsafeMutablePointer<Float>,
    from outputGradient: UnsafePointer<Float>,
    input: UnsafePointer<Float>,
    _ map: LinearParameters,
    _ gradients: LinearParameters
  ) {
    let adapter = model.adapters?[map.weight]
    let mask = adapter.flatMap { dropout?.mask($0) }
    let reduced = adapter.flatMap { adapter in
      adapterGradients?[map.weight].map {
        adapter.backward(
          $0,
          from: outputGradient,
          input: input,
          rows: rows,
          mask: mask,
          accumulates: accumulates
        )
      }
    }
    model.multiplyBackward(
      inputGradient,
      weightGradient: gradients.weight,
      biasGradient: gradients.bias,
      from: outputGradient,
      input: input,
      map.weight,
      rows: rows,
      accumulates: accumulates
    )
    if let adapter, let reduced {
      adapter.addInputGradient(inputGradient, from: reduced, rows: rows, mask: mask)
    }
  }

  /// What a LayerNorm put out, which is not kept.
  private func normalizeAgain(
    _ saved: NormActivations,
    input: UnsafePointer<Float>,
    _ norm: NormParameters
  ) {
    LayerNorm.forwardAgain(
      output: saved.output,
      mean: saved.mean,
      reciprocalStd: saved.reciprocalStd,
      input: input,
      weight: norm.weight.pointer,
      bias: norm.bias.pointer,
      rows: rows,
      width: width
    )
  }

  /// Adds the gradient of what a LayerNorm put out, in its place, to the residual stream's, through the norm.
  private func normalizeBackward(
    input: UnsafePointer<Float>,
    _ saved: NormActivations,
    _ norm: NormParameters,
    _ gradients: NormParameters
  ) {
    LayerNorm.backward(
      inputGradient: buffers.stream,
      weightGradient: gradients.weight.presentPointer,
      biasGradient: gradients.bias.presentPointer,
      outputGradient: saved.output,
      input: input,
      weight: norm.weight.pointer,
      mean: saved.mean,
      reciprocalStd: saved.reciprocalStd,
      rows: rows,
      width: width
    )
  }
}
