import BallastKernels
import BallastParallel

/// What `--version` and `doctor` say about this build and machine.
enum VersionText {
  static var text: String {
    "ballast \(BallastCLI.version) (instruction set \(Machine.instructionSet), \(Machine.blas))"
  }
}
