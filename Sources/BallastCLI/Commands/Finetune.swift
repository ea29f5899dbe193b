import BallastBytes
import BallastCommandLine
import BallastGPT2
import BallastModelIO

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
        "ballast finetune gpt2/ a.txt -o out --resume auto",
        "Go on where an interrupted run was, or begin."
      ),
    ]
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var data: DataArguments
  @OptionGroup var run: TrainingRun
  @OptionGroup(title: "What is trained") var tuning: TuningArguments

  func run(in context: Console) throws -> ExitCode {
    let original = try model.open(on: context)
    let start = RunStart(
      name: model.model,
      configuration: original.configuration,
      configurationJSON: original.configurationJSON,
      tokenizer: Result { () throws(PathError) in
        try model.loadTokenizer(of: original, on: context)
      },
      companions: original.companions,
      limits: model.limits.values
    ) { (isOwned, precision) throws(FormatError) in
      try original.loadModel(copying: isOwned, precision: precision)
    }
    return try run.run(start, data: data, tuning: tuning, on: context)
  }
}
