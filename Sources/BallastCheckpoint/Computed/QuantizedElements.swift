package import BallastBytes

/// Float32 out of integers, a scale and a zero point, as torch's `dequantize` computes them.
package struct QuantizedElements: ComputedElements {
  /// What turns the integers into numbers.
  package enum Parameters: Sendable {
    /// One scale and one zero point for all.
    case tensor(scale: Double, zeroPoint: Int)
    /// One of each for every index along the axis.
    case channels(axis: Int, scales: TensorView, zeroPoints: TensorView)
  }

  private let base: TensorView
  private let parameters: Parameters

  /// The numbers that the integers of `base` stand for.
  ///
  /// Throws `CheckpointFault.badQuantization` where the parameters are not those of its shape.
  package init(_ base: TensorView, _ parameters: Parameters) throws(FormatError) {
    if case .channels(let axis, let scales, let zeroPoints) = parameters {
      guard base.shape.dimensions.indices.contains(axis),
        scales.shape.elementCount == base.shape.dimensions[axis],
        zeroPoints.shape.elementCount == base.shape.dimensions[axis]
      else { throw FormatError(CheckpointFault.badQuantization(tensor: base.name)) }
    }
    guard [.i8, .u8, .i32].contains(base.dtype) else {
      throw FormatError(CheckpointFault.badQuantization(tensor: base.name))
    }
    self.base = base
    self.parameters = parameters
  }

  package var dtype: DType { .f32 }
  package var count: Int { base.shape.elementCount }
  package var sourceByteCount: Int { base.storage.sourceByteCount }

  package func bytes(of elements: Range<Int>) throws(FormatError) -> [UInt8] {
    var output: [Float] = []
    output.reserveCapacity(elements.count)
    switch parameters {
    case .tensor(let scale, let zeroPoint):
      // In the order of FBGEMM: the difference is an integer, the scale a float32.
      let (scale, zeroPoint) = (Float(scale), Int32(truncatingIfNeeded: zeroPoint))
      try forEachInteger(of: elements) { _, integer in
        output.append(scale * Float(integer &- zeroPoint))
      }
    case .channels(let axis, let scaleView, let zeroPointView):
      let inner = base.shape.dimensions[(axis + 1)...].reduce(1, *)
      for run in runs(of: elements, inner: inner, channels: base.shape.dimensions[axis]) {
        // No more channels are decoded than there are elements, however many a file claims.
        let channels = run.channels
        let scales = try Self.doubles(of: scaleView, in: channels)
        let zeroPoints = try zeroPointView.floats(in: channels)
        try forEachInteger(of: run.elements) { index, integer in
          let channel = run.channel(of: index)
          // torch subtracts as float32, and multiplies by a float64.
          let difference = Float(integer) - zeroPoints[channel]
          output.append(Float(Double(difference) * scales[channel]))
        }
      }
    }
    // Safe: floats have no padding.
    return unsafe [UInt8](copying: output.span.bytes)
  }

  /// Elements that follow one another, whose channels do so too.
  private struct Run {
    let elements: Range<Int>
    /// The elements of a channel that follow one another.
    let inner: Int
    /// The channel of the first element, counted without starting again from zero.
    let first: Int
    /// The channels that the elements have.
    let channels: Range<Int>

    /// The place of an element's channel among those of the run.
    func channel(of element: Int) -> Int { (element / inner - first) % channels.count }
  }

  /// The most elements of a run.
  private static let runLength = 1 << 16

  /// Cuts a range of elements where the channels start again, unless they do so several times.
  private func runs(of elements: Range<Int>, inner: Int, channels: Int) -> [Run] {
    let round = inner * channels
    var runs: [Run] = []
    var start = elements.lowerBound
    while start < elements.upperBound {
      // Whole rounds, where several of them are short.
      let isWhole = round <= Self.runLength
      let roundStart = start / round * round
      let length = isWhole ? Self.runLength / round * round : round
      let end = min(roundStart + length, start + Self.runLength, elements.upperBound)
      let first = isWhole ? roundStart / inner : start / inner
      let lower = isWhole ? 0 : first % channels
      let upper = isWhole ? channels : lower + ((end - 1) / inner - first) + 1
      runs.append(
        Run(elements: start..<end, inner: inner, first: first, channels: lower..<upper)
      )
      start = end
    }
    return runs
  }

  private static func doubles(
    of view: TensorView,
    in elements: Range<Int>
  ) throws(FormatError) -> [Double] {
    var values: [Double] = []
    unsafe try view.forEachNumericPiece(
      of: elements,
      doubles: { unsafe values.append(contentsOf: $0) },
      floats: { piece in unsafe values.append(contentsOf: piece.map { Double($0) }) }
    )
    return values
  }

  private func forEachInteger(
    of elements: Range<Int>,
    _ body: (_ index: Int, Int32) -> Void
  ) throws(FormatError) {
    try base.forEachPiece(of: elements) { (piece, range) throws(FormatError) in
      for index in 0..<range.count {
        guard let integer = Cast.integer(piece, base.dtype, at: index) else { return }
        body(range.lowerBound + index, Int32(truncatingIfNeeded: integer))
      }
    }
  }
}
