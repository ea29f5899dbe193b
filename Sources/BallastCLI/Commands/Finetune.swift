import BallastBytes
import BallastCommandLine
import BallastGPT2
import BallastModelIO
import BallastReport

/// `ballast finetune`: trains a model further on text.
struct Finetune: Command {
  static let configuration = CommandConfiguration(
    "finetune",
    abstract: "Train a model further on text or tokens.",
    discussion: """
      Documents of a text may be separated by <|endoftext|>; each ends in that token. In JSON Lines \
      one has a text, or a prompt, which is not learned, and a completion. OUT becomes a Hugging Face \
      folder of the last state, with the best one in OUT/best, checkpoints to go on \
      from in OUT/checkpoints, and a line of JSON for each step in OUT/log.jsonl. SIGINT and \
      SIGTERM save a checkpoint and the last state, and end the run.
      """,
    examples: [
      CommandExample("ballast finetune gpt2/ shakespeare.txt -o out", "With what is usual."),
      CommandExample(
        "ballast finetune gpt2/ a.txt b.txt -o out --steps 500 --lr 1e-4 --validation held.txt",
        "With a text of its own for validation."
      ),
      CommandExample(
        "ballast finetune gpt2/ answers.jsonl=3 corpus/=1 -o out",
        "Three of four rows are of one source, the others of another."
      ),
      CommandExample(
        "ballast finetune gpt2/ a.txt -o out --lora-rank 8 --lora-targets c_attn,c_proj",
        "Adapters in place of the model; --adapter out applies them."
      ),
      CommandExample(
        "ballast finetune gpt2/ a.txt -o out --resume auto",
        "Go on where an interrupted run was, or begin."
      ),
    ]
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var data: DataArguments
  @OptionGroup var run: TrainingRun
  @OptionGroup(title: "What is trained") var tuning: TuningArguments

  /// How many added tokens a message lists.
  private static let namedTokens = 10

  func run(in context: Console) throws -> ExitCode {
    let original = try model.open(on: context)
    let extended = try extended(original, on: context)
    let start = RunStart(
      name: model.model,
      configuration: extended?.configuration ?? original.configuration,
      configurationJSON: original.configurationJSON,
      tokenizer: Result { () throws(PathError) in
        if let extended { return extended.tokenizer }
        return try model.loadTokenizer(of: original, on: context)
      },
      companions: extended?.companions ?? original.companions,
      madeFiles: extended?.files ?? [],
      limits: model.limits.values
    ) { (isOwned, precision) throws(FormatError) in
      if let extended { return try extended.loadModel(precision: precision) }
      return try original.loadModel(copying: isOwned, precision: precision)
    }
    return try run.run(start, data: data, tuning: tuning, on: context)
  }

  /// The model with the tokens that are to be added; nil without any.
  private func extended(
    _ original: OpenedModel,
    on context: Console
  ) throws -> ExtendedVocabulary? {
    let texts = tuning.addToken.map(\.text)
    guard !texts.isEmpty else { return nil }
    let extended = try at(model.tokenizer ?? original.folder) { () throws(FormatError) in
      try ExtendedVocabulary(original, adding: texts)
    }
    let named = texts.prefix(Self.namedTokens).enumerated().map {
      "\($1.debugDescription) is \(extended.firstID + $0)"
    }
    let others = texts.count > named.count ? " and \(texts.count - named.count) more" : ""
    context.message("added tokens: \(named.joined(separator: ", "))\(others)".printable)
    let trained = try tuning.trained(of: extended.configuration)
    if let trained, !trained.contains("wte.weight") {
      context.notice("the embeddings are frozen: added tokens keep the mean of the others")
    }
    return extended
  }
}
