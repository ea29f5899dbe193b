import BallastKernels
import Glibc
import Testing

extension Kernels {
  struct AdamWTests {
    /// Five steps against the algorithm in double.
    @Test(arguments: [1, 7, 65, 40_001])
    func stepsFollowTheAlgorithm(count: Int) {
      onEveryMachine { machine in
        var random = SeededGenerator(UInt64(count))
        var parameters = random.floats(count)
        var firstMoments = [Float](repeating: 0, count: count)
        var secondMoments = firstMoments
        var slow = parameters.doubles.map { (p: $0, m: 0.0, v: 0.0) }
        for t in 1...5 {
          let gradients = random.floats(count)
          AdamW.update(
            parameters: &parameters,
            gradients: gradients,
            firstMoments: &firstMoments,
            secondMoments: &secondMoments,
            count: count,
            step: AdamWStep(
              learningRate: 1e-2,
              beta1: 0.9,
              beta2: 0.95,
              epsilon: 1e-8,
              weightDecay: 0.1,
              step: t,
              gradientScale: 0.5
            )
          )
          for index in 0..<count {
            let g = 0.5 * Double(gradients[index])
            slow[index].p *= 1 - 1e-2 * 0.1
            slow[index].m = 0.9 * slow[index].m + 0.1 * g
            slow[index].v = 0.95 * slow[index].v + 0.05 * g * g
            let m = slow[index].m / (1 - pow(0.9, Double(t)))
            let v = slow[index].v / (1 - pow(0.95, Double(t)))
            slow[index].p -= 1e-2 * m / (v.squareRoot() + 1e-8)
          }
        }
        expectClose(parameters, slow.map { $0.p }, machine)
        expectClose(firstMoments, slow.map { $0.m }, machine)
        expectClose(secondMoments, slow.map { $0.v }, machine)
      }
    }

    /// The rounded copy is that of the new parameters, whatever the place of a block's end.
    @Test(arguments: [1, 1023, 1025, 20_000])
    func aCopyIsRounded(count: Int) {
      onEveryMachine { machine in
        var random = SeededGenerator(9)
        var parameters = random.floats(count)
        var firstMoments = [Float](repeating: 0, count: count)
        var secondMoments = firstMoments
        var rounded = [UInt16](repeating: 0, count: count)
        AdamW.update(
          parameters: &parameters,
          gradients: random.floats(count),
          firstMoments: &firstMoments,
          secondMoments: &secondMoments,
          bfloat16: &rounded,
          count: count,
          step: AdamWStep(
            learningRate: 1e-2,
            beta1: 0.9,
            beta2: 0.95,
            epsilon: 1e-8,
            weightDecay: 0,
            step: 1
          )
        )
        let expected = parameters.map { value in
          UInt16((value.bitPattern + 0x7fff + (value.bitPattern >> 16 & 1)) >> 16)
        }
        #expect(rounded == expected, "\(machine)")
      }
    }

    /// The first step moves every parameter by the learning rate, whatever its gradient's size.
    @Test func theFirstStepIsTheLearningRate() {
      var parameters: [Float] = [0, 0, 0]
      var firstMoments: [Float] = [0, 0, 0]
      var secondMoments: [Float] = [0, 0, 0]
      AdamW.update(
        parameters: &parameters,
        gradients: [1e-4, -3, 0],
        firstMoments: &firstMoments,
        secondMoments: &secondMoments,
        count: 3,
        step: AdamWStep(
          learningRate: 0.5,
          beta1: 0.9,
          beta2: 0.999,
          epsilon: 1e-8,
          weightDecay: 0,
          step: 1
        )
      )
      expectClose(parameters, [-0.49995, 0.5, 0], tolerance: 1e-4)
      #expect(parameters[2] == 0)
    }
  }
}
