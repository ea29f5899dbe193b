import BallastCommandLine
import BallastKernels
import FoundationEssentials

/// BALLAST_INSTRUCTION_SET, with which the kernels run as they would on an older processor.
enum InstructionSetVariable {
  static let name = "BALLAST_INSTRUCTION_SET"

  /// Sets what the variable names, where it is there; throws `UsageError` for what this machine has not.
  static func apply() throws(UsageError) {
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return }
    guard Machine.select(instructionSet: value) else {
      throw UsageError(
        "\(name) is '\(value)', which is not one of this machine's: "
          + Machine.instructionSets.joined(separator: ", ")
      )
    }
  }
}
