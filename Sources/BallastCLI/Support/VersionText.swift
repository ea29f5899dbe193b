import BallastKernels

/// What `--version` says about this build and machine.
enum VersionText {
  static var text: String {
    "ballast \(BallastCLI.version) (instruction set \(Machine.instructionSet))"
  }
}
