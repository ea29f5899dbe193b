import BallastParallel

/// The sum of a token's and a position's embedding.
package enum Embedding {
  /// output [B, T, C] = tokenTable[id] + positionTable[positionOffset + t].
  package static func forward(
    output: UnsafeMutablePointer<Float>, ids: UnsafePointer<Int32>,
    tokenTable: UnsafePointer<Float>, positionTable: UnsafePointer<Float>, batch: Int, length: Int,
    width: Int, positionOffset: Int
  ) {
    Parallel.forEachRange(batch * length, grain: Elementwise.rowGrain(width: width)) { rows in
      for row in rows {
        let token = tokenTable + Int(ids[row]) * width
        let position = positionTable + (positionOffset + row % length) * width
        let sum = output + row * width
        for column in 0..<width { sum[column] = token[column] + position[column] }
      }
    }
  }

  /// Adds the gradients of both tables; rows are taken in order, and threads share the columns.
  package static func backward(
    tokenGradient: UnsafeMutablePointer<Float>, positionGradient: UnsafeMutablePointer<Float>,
    outputGradient: UnsafePointer<Float>, ids: UnsafePointer<Int32>, batch: Int, length: Int,
    width: Int, vocabularySize: Int
  ) {
    Parallel.forEachRange(width, grain: columnGrain) { columns in
      for row in 0..<batch * length {
        let id = Int(ids[row])
        precondition(id >= 0 && id < vocabularySize, "a token is outside of the vocabulary")
        let gradient = outputGradient + row * width
        let token = tokenGradient + id * width
        let position = positionGradient + row % length * width
        for column in columns {
          token[column] += gradient[column]
          position[column] += gradient[column]
        }
      }
    }
  }

  /// Columns that a thread takes at least: two cache lines.
  private static let columnGrain = 32
}
