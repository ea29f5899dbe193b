import BallastBytes
import BallastKernels

/// The weights of the linear maps and of the head, rounded to bfloat16, beside the float32 ones.
package struct BFloat16Weights: Sendable {
  private let storage: Storage
  /// Where each parameter starts, in elements.
  private let offsets: [String: Int]

  /// Rounds the weights; throws where memory is short.
  init(_ parameters: GPT2Parameters) throws(FormatError) {
    var offsets: [String: Int] = [:]
    var total = 0
    for parameter in parameters.products {
      offsets[parameter.name] = total
      total += Arena.padded(parameter.count)
    }
    self.offsets = offsets
    storage = try Storage(count: (total + 1) / 2)
    for parameter in parameters.products {
      guard let rounded = self[parameter] else { continue }
      Elementwise.round(rounded, from: parameter.pointer, count: parameter.count)
    }
  }

  /// The elements of a parameter, in its order; nil where it is no factor of a product.
  package subscript(parameter: Parameter) -> UnsafeMutablePointer<UInt16>? {
    guard let offset = offsets[parameter.name] else { return nil }
    return UnsafeMutableRawPointer(storage.base).assumingMemoryBound(to: UInt16.self) + offset
  }

  /// The number of bytes that a model's take.
  package static func byteCount(_ configuration: GPT2Configuration) -> Int {
    let width = configuration.width
    let block = 4 * width * width + 2 * width * configuration.innerWidth
    return 2 * (configuration.layers * block + configuration.vocabularySize * width)
  }
}
