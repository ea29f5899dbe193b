import BallastCheckpoint
import BallastFormats
import BallastTestSupport
import Testing

/// What `ballast inspect` tells a person.
@Suite struct InspectTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func aFileWithoutTensorsHasNoTypes() throws {
    let path = folder.path + "/none.safetensors"
    try SafetensorsWriter.write([], metadata: [], to: path)
    let result = try Ballast.run("inspect", path)
    #expect(result.status == 0)
    #expect(result.text.hasSuffix("\n0 tensors, 0 values, 0 B\n"), "\(result.text)")
  }

  /// A star in a name is none that stands for layers.
  @Test func starsInNamesHaveNoNumberOfLayers() throws {
    let path = folder.path + "/stars.safetensors"
    let outputs = try ["h.0.w", "h.1.w", "h.*.w"].map {
      try tensor(.f32, [1], littleEndian([1] as [Float]), named: $0).output()
    }
    try SafetensorsWriter.write(outputs, metadata: [], to: path)
    let text = try Ballast.run("inspect", path, "--tree").text
    let modules = text.split(separator: "\n").dropFirst(2).prefix(5).map { $0.prefix(8) }
    #expect(modules == ["h       ", "  *     ", "    w   ", "  * (2) ", "    w   "], "\(text)")
  }
}
