import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastInspection
import BallastJSON
import BallastModelIO
import BallastTestSupport

/// Tests of what `check` says of a tiny model in a folder of their own.
protocol ModelCheckSuite {
  var folder: TemporaryFolder { get }
}

extension ModelCheckSuite {
  var file: String { folder.path + "/model.safetensors" }

  /// Writes a model, and its configuration unless there is to be none; checks the folder, or a path.
  func check(
    _ outputs: [TensorOutput],
    metadata: [(key: String, value: String)] = [],
    configuration: String? = TinyCheckpoint.configurationText,
    at path: String? = nil
  ) throws -> ModelCheck {
    try SafetensorsWriter.write(outputs, metadata: metadata, to: file)
    if let configuration { _ = try folder.write(configuration.utf8, to: "config.json") }
    return try ModelCheck(.open(path: file), path: path ?? folder.path)
  }

  func configuration(_ change: (inout GPT2Configuration) -> Void) -> String {
    var configuration = TinyCheckpoint.configuration
    change(&configuration)
    return JSONValue.object(configuration.json()).text()
  }

  func outputs(without names: String...) throws -> [TensorOutput] {
    try TinyCheckpoint.outputs().filter { !names.contains($0.name) }
  }

  func replacing(_ name: String, _ dimensions: [Int]) throws -> [TensorOutput] {
    try outputs(without: name) + [try TinyCheckpoint.tensor(name, dimensions, from: 0)]
  }
}
