/// What is known of a weight in all layers: the same name, but for the number.
package struct LayerAggregate: Sendable {
  /// The name with a star for the number of the layer.
  package let pattern: String
  /// The layers in ascending order; empty where the name has no number.
  package private(set) var layers: [Int] = []
  /// The root of the mean of the squares of each layer's finite values.
  package private(set) var rootMeanSquares: [Double?] = []
  /// Over all layers, of the finite values.
  package private(set) var minimum: Double?
  package private(set) var maximum: Double?
  package private(set) var mean: Double?
  package private(set) var standardDeviation: Double?
  /// The number of values, and of those that are not finite.
  package private(set) var count = 0
  package private(set) var notFinite = 0

  /// The aggregates of tensors, in the order in which their patterns come first.
  package static func aggregates(
    of tensors: [(name: String, statistics: TensorStatistics)]
  ) -> [LayerAggregate] {
    var order: [LayeredName] = []
    var members: [LayeredName.Family: [(layer: Int?, statistics: TensorStatistics)]] = [:]
    for (name, tensor) in zip(LayeredName.names(of: tensors.lazy.map(\.name)), tensors) {
      if members[name.family] == nil { order.append(name) }
      members[name.family, default: []].append((name.layer, tensor.statistics))
    }
    return order.map { LayerAggregate($0.pattern, members[$0.family] ?? []) }
  }

  private init(_ pattern: String, _ members: [(layer: Int?, statistics: TensorStatistics)]) {
    self.pattern = pattern
    var finite = 0.0
    var squaredDeviations = 0.0
    for (layer, statistics) in members.sorted(by: { ($0.layer ?? 0) < ($1.layer ?? 0) }) {
      if let layer { layers.append(layer) }
      rootMeanSquares.append(statistics.rootMeanSquare)
      count += statistics.count
      notFinite += statistics.count - statistics.finite
      guard let low = statistics.minimum, let high = statistics.maximum,
        let mean = statistics.mean, let deviation = statistics.standardDeviation
      else { continue }
      minimum = min(minimum ?? low, low)
      maximum = max(maximum ?? high, high)
      // Chan, Golub and LeVeque 1983.
      let added = Double(statistics.finite)
      let difference = mean - (self.mean ?? 0)
      squaredDeviations += deviation * deviation * added
      squaredDeviations += difference * difference * finite * added / (finite + added)
      self.mean = (self.mean ?? 0) + difference * added / (finite + added)
      finite += added
    }
    if finite > 0 { standardDeviation = (squaredDeviations / finite).squareRoot() }
  }
}

extension TensorStatistics {
  /// The root of the mean of the squares of the finite values; nil where there are none.
  package var rootMeanSquare: Double? {
    l2.map { $0 / Double(max(finite, 1)).squareRoot() }
  }
}
