/// A token that stands outside of byte-pair merging: its text is looked for as a whole.
struct AddedToken: Hashable, Sendable {
  /// The text that stands for the token, as it is (not in the byte alphabet).
  var content: String
  /// The token's id.
  var id: Int32
  /// Whether the token steers the model, as `<|endoftext|>` does; other added tokens are words.
  var isSpecial = false
  /// Whether it is looked for only after all those that are not "normalized".
  var isNormalized = true
  /// Whether white space before it belongs to it.
  var takesSpaceBefore = false
  /// Whether white space after it belongs to it.
  var takesSpaceAfter = false
  /// Whether it counts only where no word character touches it.
  var isSingleWord = false
}
