import BallastJSON
import BallastTestSupport
import Foundation
import Testing

/// Parity on every dispatch path, forced by an environment variable.
@Suite struct InstructionSetTests {
  private static let name = "BALLAST_INSTRUCTION_SET"

  private func run(_ arguments: [String], _ set: String) throws -> Ballast.Result {
    try Ballast.run(arguments, environment: [Self.name: set])
  }

  /// Logits, hidden states and gradients of transformers, and greedy tokens, whatever the kernels.
  @Test(arguments: ["baseline", "x86-64-v3", "x86-64-v4"])
  func parityHolds(set: String) throws {
    let tiny = Fixtures.path("tiny-gpt2")
    let doctor = try run(["doctor", "--format", "json"], set)
    // A machine that lacks an instruction set says so.
    guard doctor.status == 0 else {
      #expect(doctor.status == 64 && doctor.errors.contains("is not one of this machine's"))
      return
    }
    #expect(try JSONValue(parsing: doctor.text)["instruction_set"] == .string(set))
    let reference = Fixtures.path("reference/tiny-gpt2.safetensors")
    let result = try run(["verify", tiny, "--reference", reference], set)
    #expect(result.status == 0, "\(set): \(result.text)\(result.errors)")
    let arguments = ["generate", tiny, "--prompt", "Once upon", "--greedy", "-n", "12", "--ids"]
    #expect(try run(arguments, set).text == Ballast.run(arguments).text)
  }

  @Test func anUnknownSetIsRefused() throws {
    let result = try run(["doctor"], "pentium")
    #expect(result.status == 64)
    #expect(result.errors.contains("\(Self.name) is 'pentium'"))
  }
}
