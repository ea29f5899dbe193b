import BallastCheckpoint
import BallastJSON
import BallastModelIO
import BallastTestSupport
import Testing

/// Where a training run stands, by what lies beside its tensors.
@Suite struct RunRecognitionTests {
  private func progress(_ metadata: JSONObject) throws -> [String] {
    let folder = try TemporaryFolder()
    let outputs = try ["w", "optimizer.state.0.exp_avg"].map {
      try TinyCheckpoint.tensor($0, [2], from: 0)
    }
    let tensors = try TinyCheckpoint.checkpoint(outputs, at: folder.path + "/run.safetensors")
      .tensors
    let checkpoint = try Checkpoint(format: "x", files: [], metadata: metadata, tensors: tensors)
    let run = try #require(TrainingRecognition(checkpoint))
    #expect(run.optimizer == "Adam" && run.moments == 1)
    return run.progress.map { "\($0.name) \($0.value)" }
  }

  @Test func stepsOfParametersAreToldOnce() throws {
    var metadata = JSONObject()
    for index in 0..<150 { metadata["optimizer.state.\(index).step"] = 7 }
    metadata["epoch"] = 2
    metadata["iter_num"] = 9
    metadata["lr"] = 3
    metadata["step"] = "many"
    #expect(try progress(metadata) == ["optimizer.state.0.step 7", "epoch 2", "iter_num 9"])
    metadata["optimizer.state.99.step"] = 6
    #expect(
      try progress(metadata) == [
        "optimizer.state.0.step 7", "optimizer.state.99.step 6", "optimizer.state.100.step 7",
        "epoch 2", "iter_num 9",
      ]
    )
  }

  @Test func placesAreFew() throws {
    var metadata = JSONObject()
    for index in 0..<1000 { metadata["runs.\(index).step"] = .integer(index) }
    #expect(try progress(metadata).count == 16)
  }
}
