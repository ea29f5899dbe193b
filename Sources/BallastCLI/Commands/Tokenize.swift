import BallastBytes
import BallastCommandLine
import BallastModelIO
import BallastTokenizer

/// Which tokenizer a command uses.
struct TokenizerArguments: ParsableArguments {
  @Argument(
    value: "TOKENIZER",
    help: "A folder or file with the tokenizer, such as a model's folder.",
    completion: .file
  )
  var tokenizer: String

  func load() throws(PathError) -> Tokenizer {
    try at(tokenizer) { () throws(FormatError) in try Tokenizer(path: tokenizer) }
  }
}

/// `ballast tokenize`: a text as token ids.
struct Tokenize: Command {
  static let configuration = CommandConfiguration(
    "tokenize",
    abstract: "Turn text into token ids.",
    examples: [CommandExample("ballast tokenize gpt2/ story.txt", "The ids, between spaces.")]
  )

  @OptionGroup var tokenizer: TokenizerArguments
  @Argument(value: "FILE", help: "The text; - is standard input.", completion: .file)
  var file = "-"
  @Flag(help: "Read <|endoftext|> in the text as the token, not as text.")
  var parseSpecial = false

  func run(in context: Console) throws -> ExitCode {
    let tokenizer = try tokenizer.load()
    let bytes = try InputFile.read(file)
    let specialTokens: Tokenizer.SpecialTokens = parseSpecial ? .parsed : .asText
    var printer = TokenPrinter { (text) throws(FormatError) in try context.write(text) }
    try tokenizer.encode(bytes[...], specialTokens: specialTokens) { (ids) throws(FormatError) in
      try printer.print(ids)
    }
    try printer.finish()
    return .success
  }
}

/// `ballast detokenize`: token ids as the text they stand for.
struct Detokenize: Command {
  static let configuration = CommandConfiguration(
    "detokenize",
    abstract: "Turn token ids into text, byte for byte.",
    examples: [
      CommandExample("echo 464 3290 | ballast detokenize gpt2/", "The text of two tokens.")
    ]
  )

  @OptionGroup var tokenizer: TokenizerArguments
  @Argument(value: "FILE", help: "The ids; - is standard input.", completion: .file)
  var file = "-"

  func run(in context: Console) throws -> ExitCode {
    let tokenizer = try tokenizer.load()
    let bytes = try InputFile.read(file)
    let decoded = try at(file) { () throws(FormatError) in
      try tokenizer.decode(try TokenFile.parse(bytes))
    }
    try context.write(decoded)
    return .success
  }
}
