import BallastBytes
import BallastCommandLine
import BallastFormats
import BallastGPT2
import BallastModelIO
import BallastReport
import BallastTokenizer

/// A MODEL and the files that may be given in place of its own.
struct ModelArguments: ParsableArguments {
  @Argument(
    value: "MODEL",
    help: "A folder in Hugging Face layout, or a checkpoint file.",
    completion: .file
  )
  var model: String
  @Option(
    value: "FILE",
    help: "The configuration, in place of the model's own.",
    completion: .file(extensions: ["json"])
  )
  var config: String?
  @Option(
    value: "PATH",
    help: "The tokenizer's folder or file, in place of the model's own.",
    completion: .file
  )
  var tokenizer: String?
  @OptionGroup var limits: LimitArguments<ReadingLimits>

  /// Opens the model and tells what was assumed.
  func open(on console: Console) throws -> OpenedModel {
    let opened = try OpenedModel.open(
      model,
      config: config,
      tokenizer: tokenizer,
      limits: limits.values
    )
    console.notice(of: opened, at: model)
    return opened
  }

  /// Reads the tokenizer that goes with an opened model.
  func loadTokenizer(of opened: OpenedModel, on console: Console) throws(PathError) -> Tokenizer {
    let path = tokenizer ?? opened.folder
    let loaded = try at(path) { () throws(FormatError) in try opened.loadTokenizer() }
    let sizes = (loaded.vocabularySize, opened.configuration.vocabularySize)
    if sizes.0 != sizes.1 {
      console.notice("\(path): the tokenizer has \(sizes.0) tokens, the model \(sizes.1)".printable)
    }
    return loaded
  }
}

extension OpenedModel {
  /// Opens a model; errors name the model's path, or the configuration's where it was given.
  static func open(
    _ path: String,
    config: String?,
    tokenizer: String?,
    limits: ReadingLimits
  ) throws(PathError) -> OpenedModel {
    do throws(FormatError) {
      return try OpenedModel(
        path: path,
        configurationPath: config,
        tokenizerPath: tokenizer,
        limits: limits
      )
    } catch {
      if let config, error.file == config {
        throw PathError(path: config, error: FormatError(error.fault, at: error.offset))
      }
      throw PathError(path: error.file == nil ? path : OpenedModel.folder(of: path), error: error)
    }
  }
}
