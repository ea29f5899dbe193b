import BallastBytes
import BallastCheckpoint
import BallastCommandLine
import BallastFormats
import BallastGPT2
import BallastModelIO
import BallastReport
import BallastTokenizer
import FoundationEssentials

/// `ballast logits`: what a model computes for given tokens, as a file.
struct Logits: Command {
  static let configuration = CommandConfiguration(
    "logits",
    abstract: "Write the logits of a model for given tokens.",
    discussion: "The output is a safetensors file with input_ids and logits [B, T, V].",
    examples: [
      CommandExample(
        "ballast logits gpt2/ --text 'The dog' -o logits.safetensors",
        "The logits of a text."
      )
    ]
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var adapter: AdapterArguments
  @Option(short: "o", value: "FILE", help: "Where to write.", completion: .file)
  var output: String
  @Option(
    value: "FILE",
    help: "Token ids: safetensors with input_ids, or text with white space.",
    completion: .file
  )
  var inputIds: String?
  @Option(value: "TEXT", help: "A text, to be tokenized.") var text: String?
  @Flag(help: "Write hidden_states.N [B, T, C] too.") var hiddenStates = false
  @Flag(help: "Replace what is there.") var force = false

  func validate() throws {
    if (inputIds == nil) == (text == nil) {
      throw UsageError("give either '--input-ids' or '--text'")
    }
  }

  func run(in context: Console) throws -> ExitCode {
    guard force || !FileSystem.isThere(output) else {
      throw PathError(path: output, error: FormatError(ModelFault.outputExists))
    }
    let opened = try model.open(on: context)
    let sequences = try tokens(for: opened, on: context)
    let network = try adapter.model(of: opened, at: model.model)
    let input = try at(inputIds ?? "--text") { () throws(FormatError) in
      try TokenBatch(sequences, for: opened.configuration)
    }
    var states = [[Float]](repeating: [], count: opened.configuration.layers + 1)
    var logits: [Float] = []
    try at(model.model) { () throws(FormatError) in
      try network.run(input) { _, index, stream in
        guard hiddenStates else { return }
        states[index] += UnsafeBufferPointer(
          start: stream,
          count: input.length * opened.configuration.width
        )
      } logits: { (_, rows, chunk) throws(FormatError) in
        try Interruption.check()
        logits += UnsafeBufferPointer(
          start: chunk,
          count: rows.count * opened.configuration.vocabularySize
        )
      }
    }
    let place = [input.batch, input.length]
    try at(output) { () throws(FormatError) in
      var outputs = [
        try TensorOutput(name: "input_ids", place, ids: input.ids),
        try TensorOutput(
          name: "logits",
          place + [opened.configuration.vocabularySize],
          floats: logits
        ),
      ]
      for (index, state) in states.enumerated() where hiddenStates {
        outputs.append(
          try TensorOutput(
            name: "hidden_states.\(index)",
            place + [opened.configuration.width],
            floats: state
          )
        )
      }
      try SafetensorsWriter.write(outputs, to: output, replacing: force)
    }
    return .success
  }

  private func tokens(for opened: OpenedModel, on context: Console) throws -> [[Int32]] {
    if let inputIds { return try TokenFile.read(inputIds) }
    let tokenizer = try model.loadTokenizer(of: opened, on: context)
    return [tokenizer.encode(text ?? "")]
  }
}

extension TensorOutput {
  /// A float32 tensor out of memory.
  fileprivate init(name: String, _ dimensions: [Int], floats: [Float]) throws(FormatError) {
    self.init(name: name, dtype: .f32, shape: try Shape(dimensions)) {
      (sink) throws(FormatError) in
      try sink(RawSpan(_elements: floats.span))
    }
  }

  /// Token ids, as int64, as PyTorch wants them.
  fileprivate init(name: String, _ dimensions: [Int], ids: [Int32]) throws(FormatError) {
    let wide = ids.map { Int64($0) }
    self.init(name: name, dtype: .i64, shape: try Shape(dimensions)) {
      (sink) throws(FormatError) in
      try sink(RawSpan(_elements: wide.span))
    }
  }
}
