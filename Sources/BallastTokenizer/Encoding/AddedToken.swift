/// A token that is found in a text as a whole, before the text is cut into words.
struct AddedToken: Sendable {
  /// How such a token is found.
  struct Style: Sendable {
    /// Whether it belongs to the model's control, as `<|endoftext|>` does, rather than to the text.
    var isSpecial: Bool
    /// Whether it counts only where no letter or digit touches it.
    var isSingleWord = false
    /// Whether it swallows the white space before it.
    var stripsLeft = false
    /// Whether it swallows the white space after it.
    var stripsRight = false
    /// Whether it is looked for last, in what the other tokens left (in the normalised text).
    var isNormalized: Bool

    /// The style of a special token of which no more is known.
    static let special = Style(isSpecial: true, isNormalized: false)
  }

  /// The text that stands for the token.
  let content: String
  /// The token.
  let id: Int32
  /// How it is found.
  let style: Style
}
