import BallastBytes
import BallastCheckpoint
import BallastTestSupport
import Foundation
import Testing

@Suite struct ShrinkingFileTests {
  /// Without a look at the pages first, this would end the process with SIGBUS.
  @Test func aFileThatBecomesShorterIsAnError() throws {
    let folder = try TemporaryFolder()
    let count = 1 << 20
    let path = try folder.write([UInt8](repeating: 1, count: count), to: "weights")
    let source = try SharedBytes.mapping(path: path)
    let storage = TensorStorage(ByteRegion(source), file: "weights", fileOffset: 0)
    let view = try TensorView(name: "x", dtype: .u8, shape: try Shape([count]), storage: storage)
    #expect(try view.contents().count == count)
    try FileHandle(forWritingTo: URL(filePath: path)).truncate(atOffset: 4096)
    let error = #expect(throws: FormatError.self) { try view.contents() }
    #expect(error?.fault as? ByteFault == .unreadable && error?.file == "weights")
  }
}
