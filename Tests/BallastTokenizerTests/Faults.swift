import BallastBytes
import BallastTokenizer

/// The error that `body` throws.
func formatError<Result>(_ body: () throws -> Result) -> FormatError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? FormatError
  }
}

/// The tokenizer's fault in the error that `body` throws.
func fault<Result>(_ body: () throws -> Result) -> TokenizerFault? {
  formatError(body)?.fault as? TokenizerFault
}
