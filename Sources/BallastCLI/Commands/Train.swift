import BallastBytes
import BallastCommandLine
import BallastFormats
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastTokenizer

/// `ballast train`: trains a model from scratch.
struct Train: Command {
  static let configuration = CommandConfiguration(
    "train",
    abstract: "Train a model from scratch on text or tokens.",
    discussion: """
      The model has the sizes of the configuration and GPT-2's initialisation, drawn with the seed. \
      Everything else is as in finetune.
      """,
    examples: [
      CommandExample(
        "ballast train --config small.json --tokenizer gpt2/ a.txt -o out --steps 2000 --lr 1e-3",
        "A small model with GPT-2's vocabulary."
      )
    ]
  )

  @OptionGroup var data: DataArguments
  @Option(
    value: "FILE",
    help: "The configuration, as in a config.json of Hugging Face.",
    completion: .file(extensions: ["json"])
  )
  var config: String
  @Option(value: "PATH", help: "The tokenizer's folder or file.", completion: .file)
  var tokenizer: String
  @OptionGroup var run: TrainingRun

  func run(in context: Console) throws -> ExitCode {
    let (json, configuration) = try at(config) { () throws(FormatError) in
      let value = try JSONValue(contentsOf: config)
      return (value.object ?? [:], try GPT2Configuration(json: value))
    }
    try at(config) { () throws(FormatError) in try configuration.validate() }
    let words = try at(tokenizer) { () throws(FormatError) in try Tokenizer(path: tokenizer) }
    if words.vocabularySize != configuration.vocabularySize {
      context.notice(
        "\(tokenizer): the tokenizer has \(words.vocabularySize) tokens, "
          + "the model \(configuration.vocabularySize)"
      )
    }
    let seed = run.training.seed
    let start = RunStart(
      name: config,
      configuration: configuration,
      configurationJSON: json,
      tokenizer: .success(words),
      companions: HuggingFaceFolder.companions(
        in: OpenedModel.folder(of: tokenizer),
        tokenizer: OpenedModel.folder(of: tokenizer)
      ),
      limits: .standard
    ) { (_, precision) throws(FormatError) in
      try GPT2Model(
        configuration,
        parameters: try .initialized(configuration, seed: seed),
        precision: precision
      )
    }
    return try run.run(start, data: data, tuning: nil, on: context)
  }
}
