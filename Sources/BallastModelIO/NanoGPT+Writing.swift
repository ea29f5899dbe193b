import BallastFormats
import BallastGPT2

/// The dictionary that nanoGPT's train.py saves as ckpt.pt, and resumes from.
extension NanoGPT {
  /// What stands around the weights of a run that has taken no step.
  ///
  /// `ranks` are the numbers of axes of the parameters: AdamW decays matrices alone, and keeps them in
  /// a group of their own.
  static func value(of configuration: GPT2Configuration, ranks: [Int]) -> TorchValue {
    let decayed = ranks.count { $0 >= 2 }
    return .dictionary([
      ("model", .stateDict),
      (
        "optimizer",
        .dictionary([
          ("state", .dictionary([])),
          (
            "param_groups",
            .list([
              group(0..<decayed, weightDecay: 0.1), group(decayed..<ranks.count, weightDecay: 0),
            ])
          ),
        ])
      ),
      (
        "model_args",
        .dictionary([
          ("n_layer", .integer(configuration.layers)),
          ("n_head", .integer(configuration.heads)),
          ("n_embd", .integer(configuration.width)),
          ("block_size", .integer(configuration.positions)),
          ("bias", .boolean(true)),
          ("vocab_size", .integer(configuration.vocabularySize)),
          ("dropout", .real(configuration.residualDropout)),
        ])
      ),
      ("iter_num", .integer(0)),
      ("best_val_loss", .real(1e9)),
      ("config", .dictionary([])),
    ])
  }

  /// A group of parameters with the settings that nanoGPT's train.py starts from; torch's AdamW adds
  /// those that are missing.
  private static func group(_ parameters: Range<Int>, weightDecay: Double) -> TorchValue {
    .dictionary([
      ("lr", .real(6e-4)),
      ("betas", .tuple([.real(0.9), .real(0.95)])),
      ("eps", .real(1e-8)),
      ("weight_decay", .real(weightDecay)),
      ("amsgrad", .boolean(false)),
      ("params", .list(parameters.map { .integer($0) })),
    ])
  }
}
