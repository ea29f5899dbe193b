import BallastKernels
import Testing

/// What a profile counts.
///
/// One is taken at a time, so these run one after the other.
@Suite(.serialized) struct ProfileTests {
  @Test func operationsAreCounted() {
    let profile = Profile.taking {
      for _ in 0..<3 {
        Profile.measure(.head, operations: 10, bytes: Profile.floats(2, 3)) {}
      }
      Profile.measure(.dropout, bytes: 7) {}
    }
    #expect(profile.costs.count == 2)
    #expect(profile.costs[.head]?.calls == 3)
    #expect(profile.costs[.head]?.operations == 30)
    #expect(profile.costs[.head]?.bytes == 60)
    #expect(profile.costs[.dropout]?.operations == 0)
    let measured = profile.costs.values.reduce(0) { $0 + $1.seconds }
    #expect(measured <= profile.seconds)
  }

  @Test func whatAnOperationCallsIsCharged() {
    let profile = Profile.taking {
      let value = Profile.measure(.head, bytes: 1) {
        Profile.measure(.linear, operations: 5, bytes: 1) { 42 }
      }
      #expect(value == 42)
      Profile.measure(.linear, operations: 7, bytes: 1) {}
    }
    #expect(profile.costs[.head]?.operations == 0)
    #expect(profile.costs[.linear]?.calls == 1 && profile.costs[.linear]?.operations == 7)
  }

  @Test func nothingIsCountedOtherwise() {
    Profile.measure(.head, operations: 10, bytes: 1) {}
    #expect(Profile.taking {}.costs.isEmpty)
    struct Failure: Error {}
    #expect(throws: Failure.self) { try Profile.taking { throw Failure() } }
    Profile.measure(.head, operations: 10, bytes: 1) {}
    #expect(Profile.taking {}.costs.isEmpty)
  }

  @Test func productsAreTwoOperationsEach() {
    let (rows, inputs, outputs) = (20, 3, 5)
    let input = [Float](repeating: 1, count: rows * inputs)
    let weight = [Float](repeating: 2, count: inputs * outputs)
    var output = [Float](repeating: 0, count: rows * outputs)
    let profile = Profile.taking {
      Linear.forward(
        output: &output,
        input: input,
        weight: weight,
        bias: nil,
        rows: rows,
        inFeatures: inputs,
        outFeatures: outputs
      )
    }
    #expect(output.allSatisfy { $0 == 6 })
    #expect(profile.costs[.linear]?.operations == Double(2 * rows * inputs * outputs))
    #expect(profile.costs[.linear]?.bytes == Double(4 * (20 * 3 + 3 * 5 + 20 * 5)))
  }
}
