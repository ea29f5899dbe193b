import BallastCLI
import BallastCommandLine
import BallastTestSupport
import FoundationEssentials
import Testing

@Suite struct ManualTests {
  @Test func theCommittedPageIsWhatTheDeclarationsGive() throws {
    let path = Fixtures.path("../man/ballast.1")
    let committed = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let made = BallastCLI.manualPage.source.split(separator: "\n")
    let remedy: Comment = "make it anew: $(tools/build) manual >man/ballast.1"
    for (committed, made) in zip(committed, made) { try #require(committed == made, remedy) }
    #expect(committed.count == made.count, remedy)
  }

  @Test func theCommandPrintsThePage() throws {
    let result = try Ballast.run("manual")
    #expect(result.text == BallastCLI.manualPage.source)
    #expect(result.status == 0 && result.errors.isEmpty)
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func theCommandPrintsCompletions(shell: String) throws {
    let program = BallastCLI.program.description
    let scripts = [
      "bash": program.bashCompletion, "zsh": program.zshCompletion, "fish": program.fishCompletion,
    ]
    let result = try Ballast.run("completions", shell)
    #expect(result.text == scripts[shell])
    #expect(result.status == 0 && result.errors.isEmpty)
  }

  @Test func anUnknownShellIsWrongUsage() throws {
    let result = try Ballast.run("completions", "tcsh")
    #expect(result.status == 64)
    #expect(result.errors.contains("expected bash, zsh or fish"))
  }
}
