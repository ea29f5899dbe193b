import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastTestSupport
import Testing

/// Broken copies of every checkpoint fixture open or are refused: no trap, no hour, no gigabyte.
@Suite struct MutatedCheckpointTests {
  static let folders = ["containers", "formats", "gguf", "numpy", "reference", "torch", "variants"]
  static let fixtures = folders.flatMap { Fixtures.files(in: $0) }.filter { fixture in
    let source = try? SharedBytes.mapping(path: Fixtures.path(fixture))
    return source.flatMap { CheckpointFormat.recognize($0) } != nil
  }

  @Test func everyFormatHasFixtures() throws {
    let sources = try Self.fixtures.map { try SharedBytes.mapping(path: Fixtures.path($0)) }
    let names = Set(sources.compactMap { CheckpointFormat.recognize($0)?.name })
    #expect(names == Set(CheckpointFormat.all.map(\.name)))
  }

  @Test(arguments: fixtures)
  func everyMutationIsAnswered(fixture: String) async throws {
    let folder = try TemporaryFolder()
    let run = MutationRun(fixture: fixture, report: folder.path + "/case")
    await #expect(processExitsWith: .success, "\(run.place)") {
      [fixture = run.fixture as String, report = run.report as String] in
      MutationRun(fixture: fixture, report: report).run(Self.read)
    }
  }

  /// Opens bytes in every way that is open to them, and reads what is small.
  private static func read(_ source: SharedBytes) {
    for format in CheckpointFormat.all {
      guard let checkpoint = try? format.open(source) else { continue }
      for tensor in checkpoint.tensors where tensor.byteCount <= 1 << 16 {
        _ = checkpoint.tie(of: tensor)
        _ = try? tensor.floats()
        try? tensor.forEachPiece { _, _ in }
      }
    }
    _ = CheckpointFormat.recognize(source)
  }
}
