import BallastBytes
import BallastCommandLine
import BallastGPT2
import BallastReport
import BallastTokenizer
import BallastTraining
import FoundationEssentials

/// DATA: what a model is trained on, or judged by.
struct DataArguments: ParsableArguments {
  @Argument(
    value: "DATA",
    help: """
      Text, JSON Lines, tables of one column, files of tokens, folders of these, or - for standard \
      input; with =WEIGHT behind each, rows are drawn by weight.
      """,
    completion: .file
  )
  var data: [String]
  @Option(
    value: "DIR",
    help: "Where the tokens of large texts are kept; ~/.cache/ballast/tokens if not given.",
    completion: .directory
  )
  var cache: String?
  @Flag(help: "Keep no tokens of large texts, and look for none.") var noCache = false

  func validate() throws {
    if cache == "" { throw UsageError("'--cache' needs a folder") }
    if cache != nil, noCache { throw UsageError("give '--cache' or '--no-cache', not both") }
    _ = try inputs()
  }

  /// The sources in the order given.
  func inputs() throws(UsageError) -> [DataInput] {
    var inputs: [DataInput] = []
    for argument in data { inputs.append(try DataInput(argument)) }
    return inputs
  }

  /// What reads them.
  func loader(
    _ tokenizer: Result<Tokenizer, PathError>,
    for configuration: GPT2Configuration,
    on console: Console
  ) -> DataLoader {
    let folder = cache ?? TokenCache.standardFolder(ProcessInfo.processInfo.environment)
    return DataLoader(
      tokenizer,
      for: configuration,
      cache: noCache ? nil : folder.map { TokenCache(folder: $0) },
      on: console
    )
  }
}

/// A source of data as it is named on the command line: `PATH`, or `PATH=WEIGHT`.
struct DataInput: Hashable {
  let path: String
  /// How much is drawn from it, where that was said.
  let weight: Double?

  /// Reads an argument; a path that is there, with the equals sign in it, is that path.
  init(_ argument: String) throws(UsageError) {
    guard let sign = argument.lastIndex(of: "="), !FileSystem.isThere(argument),
      let weight = Double(argument[argument.index(after: sign)...])
    else {
      path = argument
      weight = nil
      return
    }
    guard weight > 0, weight.isFinite else {
      throw UsageError("the weight of '\(argument)' is no positive number")
    }
    path = String(argument[..<sign])
    self.weight = weight
  }
}
