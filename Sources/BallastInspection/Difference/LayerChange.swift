import BallastCheckpoint
import Glibc

/// How far the tensors of one layer moved together.
package struct LayerChange: Hashable, Sendable {
  /// The number of the layer; nil for the tensors outside of layers.
  package let layer: Int?
  /// ‖Δ‖ / ‖a‖ over the layer's tensors that both have under one name, type aside; NaN where both
  /// norms are beyond float64.
  package let relativeL2: Double

  /// The layers in order, and at last what lies outside of them, where names have layers at all.
  static func layers(
    of tensors: [TensorDifference],
    _ runner: PieceRunner
  ) throws(DifferenceError) -> [LayerChange] {
    let compared = tensors.filter { $0.a?.shape == $0.b?.shape && $0.status != .renamed }
    var groups: [Int?: [TensorDifference]] = [:]
    for tensor in compared { groups[LayeredName(tensor.name).layer, default: []].append(tensor) }
    let numbers = groups.keys.compactMap(\.self).sorted()
    guard !numbers.isEmpty else { return [] }
    let rest: [Int?] = groups[nil] == nil ? [] : [nil]
    var layers: [LayerChange] = []
    for layer in numbers.map(Optional.some) + rest {
      layers.append(
        LayerChange(layer: layer, relativeL2: try relativeL2(of: groups[layer] ?? [], runner))
      )
    }
    return layers
  }

  private static func relativeL2(
    of tensors: [TensorDifference],
    _ runner: PieceRunner
  ) throws(DifferenceError) -> Double {
    // Squares may be beyond float64 where norms are not.
    let difference = tensors.reduce(0) { hypot($0, $1.figures?.normOfDifference ?? 0) }
    // Where nothing moved, norms need not be known.
    guard difference > 0 else { return 0 }
    var whole = 0.0
    for tensor in tensors {
      if let figures = tensor.figures {
        whole = hypot(whole, figures.normOfA)
      } else if tensor.status == .identical, let view = tensor.a {
        let figures = try TensorPair(view, view, runner).figures(Tolerance())
        whole = hypot(whole, figures?.normOfA ?? 0)
      }
    }
    return difference / whole
  }
}
