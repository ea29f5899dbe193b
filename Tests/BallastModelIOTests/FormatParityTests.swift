import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastModelIO
import BallastTestSupport
import Testing

/// One micro GPT-2 in every format that knows the model, against transformers in float64.
@Suite struct FormatParityTests {
  @Test(arguments: ["micro", "llmc/micro.bin"])
  func computesWhatTransformersComputes(fixture: String) throws {
    let opened = try OpenedModel(path: Fixtures.path("formats/" + fixture))
    #expect(opened.notices.isEmpty)
    let model = try opened.loadModel()
    let file = try Checkpoint.open(path: Fixtures.path("formats/micro/reference.safetensors"))
    let report = try Parity.compare(model, with: try RecordedReference(file, for: model))
    #expect(report.passes(tolerance: 5e-6), "\(report.deviations)")
    #expect(report.deviations.contains { $0.name == "logits" })
  }
}
