package import BallastBytes

/// The keys and values of the tokens that a model has seen, for every layer.
///
/// One sequence; memory for the longest one is set aside at the start.
package final class KeyValueCache {
  /// The number of tokens that have been seen.
  package internal(set) var length = 0
  /// The number of tokens that fit.
  package let capacity: Int
  private let width: Int
  private let storage: Storage

  /// An empty cache; throws where memory is short.
  package init(_ configuration: GPT2Configuration, capacity: Int) throws(FormatError) {
    self.capacity = capacity
    width = configuration.width
    storage = try Storage(count: 2 * configuration.layers * capacity * width)
  }

  /// The keys of a layer, [capacity, C].
  func keys(layer: Int) -> UnsafeMutablePointer<Float> {
    storage.base + 2 * layer * capacity * width
  }

  /// The values of a layer, [capacity, C].
  func values(layer: Int) -> UnsafeMutablePointer<Float> {
    storage.base + (2 * layer + 1) * capacity * width
  }

  /// Copies keys and values of new tokens out of rows of [queries | keys | values].
  func append(layer: Int, queriesKeysValues: UnsafePointer<Float>, count: Int) {
    precondition(length + count <= capacity, "the cache is full")
    for row in 0..<count {
      let source = queriesKeysValues + row * 3 * width
      let place = (length + row) * width
      (keys(layer: layer) + place).update(from: source + width, count: width)
      (values(layer: layer) + place).update(from: source + 2 * width, count: width)
    }
  }
}
