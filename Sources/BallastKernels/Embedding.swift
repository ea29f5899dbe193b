import BallastParallel
import CBallastKernels

/// The sum of a token's and a position's embedding.
package enum Embedding {
  /// output [B, T, C] = tokenTable[id] + positionTable[positionOffset + t].
  package static func forward(
    output: UnsafeMutablePointer<Float>,
    ids: UnsafePointer<Int32>,
    tokenTable: UnsafePointer<Float>,
    positionTable: UnsafePointer<Float>,
    batch: Int,
    length: Int,
    width: Int,
    positionOffset: Int
  ) {
    Profile.measure(.embedding, bytes: Profile.floats(3 * batch * length * width)) {
      Parallel.forEachRange(batch * length, grain: Elementwise.rowGrain(width: width)) { rows in
        for row in rows {
          let position = positionOffset + row % length
          bk_add(
            output + row * width,
            tokenTable + Int(ids[row]) * width,
            positionTable + position * width,
            width
          )
        }
      }
    }
  }

  /// Adds the gradients of both tables, each left out where its pointer is nil; rows are taken in order, and threads share the columns.
  package static func backward(
    tokenGradient: UnsafeMutablePointer<Float>?,
    positionGradient: UnsafeMutablePointer<Float>?,
    outputGradient: UnsafePointer<Float>,
    ids: UnsafePointer<Int32>,
    batch: Int,
    length: Int,
    width: Int,
    vocabularySize: Int
  ) {
    Profile.measure(.embedding, bytes: Profile.floats(5 * batch * length * width)) {
      let isSmall = batch * length * width < Elementwise.grain
      Parallel.forEachRange(width, grain: isSmall ? max(1, width) : columnGrain) { columns in
        for row in 0..<batch * length {
          let id = Int(ids[row])
          precondition(id >= 0 && id < vocabularySize, "a token is outside of the vocabulary")
          let first = columns.lowerBound
          let gradient = outputGradient + row * width + first
          if let tokenGradient {
            bk_add_scaled(tokenGradient + id * width + first, gradient, 1, columns.count)
          }
          if let positionGradient {
            let place = positionGradient + row % length * width + first
            bk_add_scaled(place, gradient, 1, columns.count)
          }
        }
      }
    }
  }

  /// Columns that a thread takes at least: two cache lines.
  private static let columnGrain = 32
}
