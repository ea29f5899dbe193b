package import BallastGPT2
import BallastKernels

/// How much of what the machine can do goes into the model (Chowdhery and others 2022).
package struct ModelUtilization: CustomStringConvertible {
  /// Operations that training on a token takes.
  package let operationsPerToken: Double
  /// Operations of matrix products that the machine does in a second, measured.
  package let peak: Double

  /// Counts for sequences of `length` tokens, as nanoGPT does, and measures.
  package init(_ configuration: GPT2Configuration, length: Int) {
    operationsPerToken = Self.operations(configuration, length: length)
    peak = MachineLimits.productRate()
  }

  /// 6 for each parameter outside of the position embedding, and 12 · layers · width · length for attention.
  package static func operations(_ configuration: GPT2Configuration, length: Int) -> Double {
    let parameters = WeightMap.slots(configuration).reduce(0) {
      $0 + ($1.name == "wpe.weight" ? 0 : $1.count)
    }
    return 6 * Double(parameters)
      + 12 * Double(configuration.layers) * Double(configuration.width) * Double(length)
  }

  /// The share of the machine's operations that so many tokens a second are.
  package func share(atTokensPerSecond rate: Double) -> Double {
    rate * operationsPerToken / peak
  }

  /// What the share is of, in one line.
  package var description: String {
    let (needed, possible) = (Int(operationsPerToken / 1e6), Int(peak / 1e9))
    return
      "MFU: 6 N + 12 L C T = \(needed) million operations a token, of \(possible) GFLOP/s measured"
  }
}
