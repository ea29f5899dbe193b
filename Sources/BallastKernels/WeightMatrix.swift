import CBallastKernels

/// The weight of a linear map as a file may hold it: [out, in], the elements of a row side by side.
///
/// The memory belongs to the caller, who keeps it alive.
package struct WeightMatrix {
  /// How elements are stored.
  package enum Element: String, Sendable, CaseIterable {
    case f32
    case f16
    case bf16
    /// ggml's blocks of 32 elements: a float16 scale and a signed byte for each.
    case q80 = "q8_0"

    /// The address of a matrix is a multiple of this many bytes.
    package var alignment: Int {
      switch self {
      case .f32: 4
      case .f16, .bf16: 2
      case .q80: 1
      }
    }

    /// The number of elements that rows are made of.
    package var blockLength: Int { self == .q80 ? BK_Q8_ELEMENTS : 1 }

    /// The bytes of so many elements, which are whole blocks.
    package func byteCount(of elements: Int) -> Int {
      switch self {
      case .f32: 4 * elements
      case .f16, .bf16: 2 * elements
      case .q80: elements / blockLength * BK_Q8_BYTES
      }
    }
  }

  package let start: UnsafeRawPointer
  package let element: Element
  package let outFeatures: Int
  package let inFeatures: Int

  package init(
    _ start: UnsafeRawPointer,
    _ element: Element,
    outFeatures: Int,
    inFeatures: Int
  ) {
    precondition(inFeatures % element.blockLength == 0, "a row needs whole blocks")
    self.start = start
    self.element = element
    self.outFeatures = outFeatures
    self.inFeatures = inFeatures
  }

  /// The bytes of all elements.
  package var byteCount: Int { outFeatures * element.byteCount(of: inFeatures) }

  /// Where a row begins.
  func row(_ index: Int) -> UnsafeRawPointer {
    start + index * element.byteCount(of: inFeatures)
  }

  /// Writes some rows to `output` [rows, in] as float32.
  package func widen(_ rows: Range<Int>, into output: UnsafeMutablePointer<Float>) {
    let source = row(rows.lowerBound)
    let count = rows.count * inFeatures
    switch element {
    case .f32: output.update(from: source.assumingMemoryBound(to: Float.self), count: count)
    case .f16: bk_f16_to_f32(output, source, count)
    case .bf16: bk_bf16_to_f32(output, source, count)
    case .q80: bk_q8_to_f32(output, source, count / element.blockLength)
    }
  }
}
