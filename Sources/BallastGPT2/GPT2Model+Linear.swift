import BallastKernels

extension GPT2Model {
  /// output [rows, out] = input [rows, in] · weightᵀ + bias, in the precision of this model.
  ///
  /// A few rows wait for the weights to be read, whatever the products are made of.
  func multiply(
    _ output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    _ weight: Parameter,
    bias: Parameter?,
    rows: Int
  ) {
    if rows > Linear.fewRows, let rounded = bfloat16?[weight] {
      LinearBFloat16.forward(
        output: output,
        input: input,
        weight: rounded,
        bias: bias?.pointer,
        rows: rows,
        inFeatures: weight.shape[1],
        outFeatures: weight.shape[0]
      )
      return
    }
    Linear.forward(
      output: output,
      input: input,
      weight: weight.matrix,
      bias: bias?.pointer,
      rows: rows
    )
  }

  /// The gradients of `multiply`.
  ///
  /// - `inputGradient`: [rows, in], overwritten; it may be the input's own buffer.
  /// - `weightGradient`: [out, in], overwritten, or added to with `accumulates`; left out where absent.
  /// - `biasGradient`: [out], added to.
  func multiplyBackward(
    _ inputGradient: UnsafeMutablePointer<Float>,
    weightGradient: Parameter,
    biasGradient: Parameter?,
    from outputGradient: UnsafePointer<Float>,
    input: UnsafePointer<Float>,
    _ weight: Parameter,
    rows: Int,
    accumulates: Bool
  ) {
    if let rounded = bfloat16?[weight] {
      LinearBFloat16.backward(
        inputGradient: inputGradient,
        weightGradient: weightGradient.presentPointer,
        biasGradient: biasGradient?.presentPointer,
        outputGradient: outputGradient,
        input: input,
        weight: rounded,
        rows: rows,
        inFeatures: weight.shape[1],
        outFeatures: weight.shape[0],
        accumulates: accumulates
      )
      return
    }
    Linear.backward(
      inputGradient: inputGradient,
      weightGradient: weightGradient.presentPointer,
      biasGradient: biasGradient?.presentPointer,
      outputGradient: outputGradient,
      input: input,
      weight: weight.pointer,
      rows: rows,
      inFeatures: weight.shape[1],
      outFeatures: weight.shape[0],
      accumulates: accumulates
    )
  }
}
