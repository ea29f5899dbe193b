import BallastBytes
import BallastJSON

extension AddedToken {
  /// An added token of `tokenizer.json` or of `tokenizer_config.json`.
  init(parsing value: JSONValue, id: Int32) throws(FormatError) {
    guard let content = value["content"]?.string else {
      throw FormatError(TokenizerFault.badValue("content of token \(id)"))
    }
    self.init(content: content, id: id, style: try Style(parsing: value, isSpecial: false))
  }
}

extension AddedToken.Style {
  /// The flags of an added token; those that are left out are false.
  init(parsing value: JSONValue, isSpecial: Bool) throws(FormatError) {
    let special = try TokenizerDescription.flag("special", of: value, default: isSpecial)
    self.init(
      isSpecial: special,
      isSingleWord: try TokenizerDescription.flag("single_word", of: value, default: false),
      stripsLeft: try TokenizerDescription.flag("lstrip", of: value, default: false),
      stripsRight: try TokenizerDescription.flag("rstrip", of: value, default: false),
      isNormalized: try TokenizerDescription.flag("normalized", of: value, default: !special)
    )
  }
}
