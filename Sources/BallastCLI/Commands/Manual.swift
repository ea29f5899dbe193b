package import BallastCommandLine

/// `ballast manual`: the manual page, which is committed as man/ballast.1 too.
struct Manual: Command {
  static let configuration = CommandConfiguration(
    "manual",
    abstract: "Print the manual page.",
    discussion: "It is written in the macros of man(7).",
    examples: [
      CommandExample("ballast manual | man -l -", "Read it."),
      CommandExample(
        "ballast manual >~/.local/share/man/man1/ballast.1",
        "Install it, where man(1) looks for the pages of one user."
      ),
    ]
  )

  func run(in context: Console) throws -> ExitCode {
    try context.write(BallastCLI.manualPage.source)
    return .success
  }
}

extension BallastCLI {
  /// The manual page: the declarations, and what docs/cli.md says of the program as a whole.
  package static var manualPage: ManualPage {
    ManualPage(
      of: program.description,
      version: version,
      date: versionDate,
      description: [
        """
        Data goes to standard output, progress and messages to standard error. An error is one \
        line, which names the file, what is wrong and, where it is known, the byte.
        """,
        """
        A MODEL is a folder in Hugging Face layout, a folder with an OpenAI release, or a single \
        checkpoint file of any format. A file is recognised by its bytes, not by its name.
        """,
      ],
      sections: [
        ManualPage.Section("EXIT STATUS", exitCodes.map { ("\($0.code.rawValue)", $0.meaning) }),
        ManualPage.Section(
          "ENVIRONMENT",
          [
            ("NO_COLOR", "If it is set, the output is not coloured unless --color always says so."),
            (
              InstructionSetVariable.name,
              "Kernels run as on an older processor: baseline, x86-64-v3 or x86-64-v4."
            ),
          ]
        ),
        ManualPage.Section("FILES", files),
      ]
    )
  }

  private static let exitCodes: [(code: ExitCode, meaning: String)] = [
    (.success, "Done."),
    (
      .findings,
      "The check found something: verify out of tolerance, check or scan with findings."
    ),
    (.failure, "The input could not be read or is not supported, or writing failed."),
    (.usage, "Wrong usage."),
    (.hungUp, "Interrupted by SIGHUP, after saving what must be saved."),
    (.interrupted, "Interrupted by SIGINT, after saving what must be saved."),
    (.terminated, "Interrupted by SIGTERM, after saving what must be saved."),
  ]

  /// What is looked for in a MODEL that is a folder.
  private static let files: [(tag: String, text: String)] = [
    (
      "model.safetensors, model.safetensors.index.json, pytorch_model.bin, "
        + "pytorch_model.bin.index.json, ckpt.pt, checkpoint, *.index",
      "The weights: the first of these that is in the folder. The file named checkpoint says which "
        + "of OpenAI's bundles counts; without it there must be a single one."
    ),
    ("config.json, hparams.json", "The configuration, where the weights carry none."),
    ("vocab.json, merges.txt, tokenizer.json, encoder.json, vocab.bpe", "The tokenizer."),
  ]
}
