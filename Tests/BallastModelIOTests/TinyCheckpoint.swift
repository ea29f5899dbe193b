import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastJSON

/// GPT-2 checkpoints with known values, small enough to be made for each test.
enum TinyCheckpoint {
  static let configuration: GPT2Configuration = {
    var configuration = GPT2Configuration()
    configuration.vocabularySize = 7
    configuration.positions = 5
    configuration.width = 4
    configuration.layers = 2
    configuration.heads = 2
    configuration.endTokens = []
    configuration.beginningToken = nil
    return configuration
  }()

  static var configurationText: String { JSONValue.object(configuration.json()).text() }

  /// A tensor whose elements count on from `start`.
  static func tensor(_ name: String, _ dimensions: [Int], from start: Int) throws -> TensorOutput {
    let shape = try Shape(dimensions)
    let values = (0..<shape.elementCount).map { Float(start + $0) / 64 }
    return TensorOutput(name: name, dtype: .f32, shape: shape) { (sink) throws(FormatError) in
      try sink(RawSpan(_elements: values.span))
    }
  }

  /// Every weight in Conv1D's orientation, under names that `name` makes of the canonical ones.
  static func outputs(
    _ configuration: GPT2Configuration = configuration,
    name: (String) -> String = { $0 }
  ) throws -> [TensorOutput] {
    try WeightMap.slots(configuration).enumerated().map { index, slot in
      try tensor(name(slot.name), slot.conv1DDimensions, from: index * 3)
    }
  }

  /// A checkpoint of these tensors, written to a folder and opened again.
  static func checkpoint(_ outputs: [TensorOutput], at path: String) throws -> Checkpoint {
    try SafetensorsWriter.write(outputs, to: path)
    return try Checkpoint.open(path: path)
  }
}
