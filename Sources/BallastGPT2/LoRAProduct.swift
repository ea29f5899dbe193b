/// What an adapter adds to its weight, scale · B A, in double precision: for weights that are written, not run.
package struct LoRAProduct: Sendable {
  private let rank: Int
  private let inFeatures: Int
  private let down: [Double]  // A, [r, in]
  private let up: [Double]  // scale · B, [out, r]

  /// The product of A [r, in] and B [out, r], both row by row.
  package init(down: [Float], up: [Float], rank: Int, scale: Double) {
    precondition(rank > 0 && down.count % rank == 0 && up.count % rank == 0)
    self.rank = rank
    inFeatures = down.count / rank
    self.down = down.map(Double.init)
    self.up = up.map { scale * Double($0) }
  }

  /// Adds a range of the elements [out, in], counted row by row, to as many values.
  package func add(_ elements: Range<Int>, to values: inout [Double]) {
    precondition(
      values.count == elements.count && elements.upperBound <= up.count / rank * inFeatures
    )
    var place = elements.lowerBound
    while place < elements.upperBound {
      let (row, first) = place.quotientAndRemainder(dividingBy: inFeatures)
      let count = min(inFeatures - first, elements.upperBound - place)
      let start = place - elements.lowerBound
      values.withUnsafeMutableBufferPointer { values in
        down.withUnsafeBufferPointer { down in
          for index in 0..<rank {
            let factor = up[row * rank + index]
            let from = index * inFeatures + first
            for column in 0..<count { values[start + column] += factor * down[from + column] }
          }
        }
      }
      place += count
    }
  }
}
