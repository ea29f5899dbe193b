import BallastBytes
import BallastTestSupport
import BallastTraining
import Foundation
import Testing

@Suite struct EventFileTests {
  /// Byte for byte what TensorBoard's own EventFileWriter puts down for such events (tools/fixtures/event_file.py).
  @Test func theBytesAreTensorBoards() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/events"
    let file = try EventFile(path: path, time: 1234.5)
    try file.append(
      step: 300,
      time: 1235.25,
      scalars: [(tag: "train/loss", value: 2.5), (tag: "train/lr", value: 0.001)]
    )
    let expected = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("reference/events")))
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == expected)
  }
}
