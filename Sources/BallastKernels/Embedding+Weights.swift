import BallastParallel
import CBallastKernels

extension Embedding {
  /// output [B, T, C] = tokenTable[id] + positionTable[positionOffset + t], the token table [V, C] as it
  /// is stored.
  package static func forward(
    output: UnsafeMutablePointer<Float>,
    ids: UnsafePointer<Int32>,
    tokenTable: WeightMatrix,
    positionTable: UnsafePointer<Float>,
    batch: Int,
    length: Int,
    positionOffset: Int
  ) {
    let width = tokenTable.inFeatures
    if tokenTable.element == .f32 {
      forward(
        output: output,
        ids: ids,
        tokenTable: tokenTable.start.assumingMemoryBound(to: Float.self),
        positionTable: positionTable,
        batch: batch,
        length: length,
        width: width,
        positionOffset: positionOffset
      )
      return
    }
    Profile.measure(.embedding, bytes: Profile.floats(3 * batch * length * width)) {
      Parallel.forEachRange(batch * length, grain: Elementwise.rowGrain(width: width)) { rows in
        for row in rows {
          let id = Int(ids[row])
          let sum = output + row * width
          tokenTable.widen(id..<id + 1, into: sum)
          bk_add(sum, sum, positionTable + (positionOffset + row % length) * width, width)
        }
      }
    }
  }
}
