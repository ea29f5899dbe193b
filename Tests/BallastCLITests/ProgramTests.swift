import BallastCLI
import BallastCommandLine
import Testing

@Suite struct ProgramTests {
  @Test func theDeclarationsAreConsistent() {
    #expect(BallastCLI.program.inconsistencies.isEmpty)
  }

  @Test func everyCommandHasAnExample() {
    for command in BallastCLI.program.description.commands {
      #expect(!command.configuration.examples.isEmpty, "\(command.invocation)")
    }
  }
}
