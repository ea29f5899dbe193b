package import BallastBytes
import BallastParallel

/// The keys and values of the tokens that a model has seen, for every layer.
///
/// One sequence, or several of the same length; memory for the longest is set aside at the start, and
/// taken as it is used. Each head's keys follow one another, since a single query reads them in a row.
package final class KeyValueCache {
  /// The number of tokens that each sequence has seen.
  package internal(set) var length = 0
  /// The number of tokens that fit.
  package let capacity: Int
  /// The sequence at which the batch of a pass begins.
  var first = 0
  /// Numbers to be copied that are worth a thread.
  private static let worthAThread = 1 << 14
  private let sequences: Int
  private let layers: Int
  private let heads: Int
  private let headSize: Int
  private let storage: Storage

  /// An empty cache; throws where memory is short.
  package init(
    _ configuration: GPT2Configuration,
    capacity: Int,
    sequences: Int = 1
  ) throws(FormatError) {
    self.capacity = capacity
    self.sequences = sequences
    layers = configuration.layers
    heads = configuration.heads
    headSize = configuration.headSize
    let width = configuration.width
    storage = try Storage(count: 2 * layers * sequences * capacity * width, isSparse: true)
  }

  /// The keys of a layer, [sequences, H, capacity, head size], from the first sequence of a pass on.
  func keys(layer: Int) -> UnsafeMutablePointer<Float> { start(2 * layer, sequence: first) }

  /// The values of a layer, [sequences, H, capacity, head size], from the first sequence of a pass on.
  func values(layer: Int) -> UnsafeMutablePointer<Float> { start(2 * layer + 1, sequence: first) }

  /// Copies keys and values of new tokens out of rows of [queries | keys | values], `count` of each
  /// sequence.
  func append(
    layer: Int,
    queriesKeysValues: UnsafePointer<Float>,
    batch: Int,
    count: Int
  ) {
    precondition(length + count <= capacity && first + batch <= sequences, "the cache is full")
    let width = heads * headSize
    let keys = keys(layer: layer)
    let values = values(layer: layer)
    Parallel.forEachRange(heads, grain: max(1, Self.worthAThread / (batch * count * headSize))) {
      for head in $0 {
        for row in 0..<batch * count {
          let (sequence, token) = row.quotientAndRemainder(dividingBy: count)
          let place = ((sequence * heads + head) * capacity + length + token) * headSize
          let column = queriesKeysValues + row * 3 * width + head * headSize
          (keys + place).update(from: column + width, count: headSize)
          (values + place).update(from: column + 2 * width, count: headSize)
        }
      }
    }
  }

  /// Gives every sequence what the first one of another cache holds.
  func copy(firstOf other: KeyValueCache) {
    length = other.length
    for sequence in 0..<sequences { copy(0, of: other, to: sequence) }
  }

  /// Copies what one sequence holds over another.
  func move(_ sequence: Int, to other: Int) {
    if sequence != other { copy(sequence, of: self, to: other) }
  }

  private func copy(_ sequence: Int, of other: KeyValueCache, to target: Int) {
    for part in 0..<2 * layers {
      let source = other.start(part, sequence: sequence)
      let copy = start(part, sequence: target)
      for head in 0..<heads {
        (copy + head * capacity * headSize)
          .update(from: source + head * other.capacity * headSize, count: length * headSize)
      }
    }
  }

  /// Where the keys (even parts) or values (odd ones) of a layer and sequence begin.
  private func start(_ part: Int, sequence: Int) -> UnsafeMutablePointer<Float> {
    storage.base + (part * sequences + sequence) * capacity * heads * headSize
  }
}
