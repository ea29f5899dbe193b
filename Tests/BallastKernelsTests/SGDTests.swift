import BallastKernels
import Testing

extension Kernels {
  struct SGDTests {
    /// Five steps against the algorithm in double, and the rounded copy.
    @Test(arguments: [1, 7, 1025, 40_001])
    func stepsFollowTheAlgorithm(count: Int) {
      onEveryMachine { machine in
        var random = SeededGenerator(UInt64(count))
        var parameters = random.floats(count)
        var velocities = [Float](repeating: 0, count: count)
        var rounded = [UInt16](repeating: 0, count: count)
        var slow = parameters.doubles.map { (p: $0, v: 0.0) }
        for _ in 1...5 {
          let gradients = random.floats(count)
          SGD.update(
            parameters: &parameters,
            gradients: gradients,
            velocities: &velocities,
            bfloat16: &rounded,
            count: count,
            step: SGDStep(
              learningRate: 1e-2,
              momentum: 0.9,
              weightDecay: 0.1,
              gradientScale: 0.5
            )
          )
          for index in 0..<count {
            let g = 0.5 * Double(gradients[index]) + 0.1 * slow[index].p
            slow[index].v = 0.9 * slow[index].v + g
            slow[index].p -= 1e-2 * slow[index].v
          }
        }
        expectClose(parameters, slow.map { $0.p }, machine)
        expectClose(velocities, slow.map { $0.v }, machine)
        #expect(
          rounded
            == parameters.map { value in
              UInt16((value.bitPattern + 0x7fff + (value.bitPattern >> 16 & 1)) >> 16)
            },
          "\(machine)"
        )
      }
    }
  }
}
