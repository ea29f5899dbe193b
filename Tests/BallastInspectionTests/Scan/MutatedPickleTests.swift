import BallastInspection
import BallastTestSupport
import Testing

/// Broken copies of every pickle among the fixtures are scanned to their end.
@Suite struct MutatedPickleTests {
  static let fixtures = ["containers", "numpy", "torch"].flatMap { Fixtures.files(in: $0) }
    .filter { !$0.hasSuffix(".json") }

  @Test(arguments: fixtures)
  func everyMutationIsScanned(fixture: String) async throws {
    let folder = try TemporaryFolder()
    let run = MutationRun(fixture: fixture, report: folder.path + "/case")
    await #expect(processExitsWith: .success, "\(run.place)") {
      [fixture = run.fixture as String, report = run.report as String] in
      MutationRun(fixture: fixture, report: report).run { _ = PickleScan(of: $0) }
    }
  }
}
