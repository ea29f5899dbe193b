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
        zeroPoints.shape.elementCount == base.shape.dimensions[axis],
        Self.isInFile(scales), Self.isInFile(zeroPoints)
      else { throw FormatError(CheckpointFault.badQuantization(tensor: base.name)) }
    }
    guard [.i8, .u8, .i32].contains(base.dtype) else {
      throw FormatError(CheckpointFault.badQuantization(tensor: base.name))
    }
    self.base = base
    self.parameters = parameters
  }

  /// The most bytes that parameters outside of the file may take: one that is repeated for all channels.
  private static let maximumRepeatedBytes = 1 << 24

  private static func isInFile(_ view: TensorView) -> Bool {
    view.byteCount <= max(view.storage.sourceByteCount, maximumRepeatedBytes)
  }

  package var dtype: DType { .f32 }
  package var count: Int { base.shape.elementCount }
  package var sourceByteCount: Int { base.storage.sourceByteCount }

  package func bytes(of elements: Range<Int>) throws(FormatError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: dtype.byteCount(of: elements.count))
    switch parameters {
    case .tensor(let scale, let zeroPoint):
      // In the order of FBGEMM: the difference is an integer, the scale a float32.
      let (scale, zeroPoint) = (Float(scale), Int32(truncatingIfNeeded: zeroPoint))
      for start in stride(from: elements.lowerBound, to: elements.upperBound, by: Self.runLength) {
        let integers = try integers(start..<min(start + Self.runLength, elements.upperBound))
        unsafe Self.withFloats(of: &output, from: start - elements.lowerBound) { floats in
          for (index, integer) in integers.enumerated() {
            unsafe floats[index] = scale * Float(integer &- zeroPoint)
          }
        }
      }
    case .channels(let axis, let scaleView, let zeroPointView):
      let inner = base.shape.dimensions[(axis + 1)...].reduce(1, *)
      for run in runs(of: elements, inner: inner, channels: base.shape.dimensions[axis]) {
        // No more channels are decoded than there are elements, however many a file claims.
        let scales = try Self.doubles(of: scaleView, in: run.channels)
        let zeroPoints = try zeroPointView.floats(in: run.channels)
        let integers = try integers(run.elements)
        var (start, channel) = (0, run.firstChannel - run.channels.lowerBound)
        var left = inner - run.elements.lowerBound % inner
        let place = run.elements.lowerBound - elements.lowerBound
        unsafe Self.withFloats(of: &output, from: place) { floats in
          while start < integers.count {
            let end = min(start + left, integers.count)
            let (scale, zeroPoint) = (scales[channel], zeroPoints[channel])
            for index in start..<end {
              // torch subtracts as float32, and multiplies by a float64.
              let difference = Float(integers[index]) - zeroPoint
              unsafe floats[index] = Float(Double(difference) * scale)
            }
            (start, left) = (end, inner)
            channel = channel + 1 == scales.count ? 0 : channel + 1
          }
        }
      }
    }
    return output
  }

  /// Lends the floats of `output` from one on.
  private static func withFloats(
    of output: inout [UInt8],
    from place: Int,
    _ body: (UnsafeMutableBufferPointer<Float>) -> Void
  ) {
    // Safe: an array's elements are aligned for every scalar, and any bits are a float.
    unsafe output.withUnsafeMutableBytes { bytes in
      let floats = unsafe bytes.bindMemory(to: Float.self)
      unsafe body(UnsafeMutableBufferPointer(rebasing: floats[place...]))
    }
  }

  /// Elements that follow one another, and the channels that they have.
  private struct Run {
    let elements: Range<Int>
    let firstChannel: Int
    let channels: Range<Int>
  }

  /// The most elements of a run.
  private static let runLength = 1 << 16

  /// Cuts a range of elements into runs: where the channels start again, or if they do so several times
  /// in a run, in which case it has all of them.
  private func runs(of elements: Range<Int>, inner: Int, channels: Int) -> [Run] {
    let round = inner * channels
    var runs: [Run] = []
    var start = elements.lowerBound
    while start < elements.upperBound {
      let first = start / inner % channels
      var end = min(start + Self.runLength, elements.upperBound)
      var range = 0..<channels
      if round > Self.runLength {
        end = min(end, (start / round + 1) * round)
        range = first..<(end - 1) / inner % channels + 1
      }
      runs.append(Run(elements: start..<end, firstChannel: first, channels: range))
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

  /// A range of the integers of the file.
  private func integers(_ elements: Range<Int>) throws(FormatError) -> [Int32] {
    var integers = [Int32](repeating: 0, count: elements.count)
    func copy<Value: FixedWidthInteger & BitwiseCopyable>(
      _ piece: borrowing RawSpan,
      _ range: Range<Int>,
      _ type: Value.Type
    ) {
      let place = range.lowerBound - elements.lowerBound
      for index in 0..<range.count {
        // Safe: the piece holds that many elements, and every bit pattern is an integer.
        let integer = unsafe piece.unsafeLoadUnaligned(
          fromUncheckedByteOffset: index * MemoryLayout<Value>.size,
          as: type
        )
        integers[place + index] = Int32(truncatingIfNeeded: integer)
      }
    }
    try base.forEachPiece(of: elements) { (piece, range) throws(FormatError) in
      switch base.dtype {
      case .i8: copy(piece, range, Int8.self)
      case .u8: copy(piece, range, UInt8.self)
      default: copy(piece, range, Int32.self)
      }
    }
    return integers
  }
}
