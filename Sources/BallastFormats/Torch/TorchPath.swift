import BallastBytes

/// A key, index or attribute on the way to a value.
struct TorchLabel: Hashable {
  /// The key itself, or a number in digits.
  let text: String
  /// Whether the key is a text rather than a number or something else.
  let isText: Bool

  init(index: Int) {
    text = String(index)
    isText = false
  }

  init(text: String, isText: Bool) {
    self.text = text
    self.isText = isText
  }

  /// The label as Python would write it after a dictionary.
  var subscripted: String { isText ? "['\(text)']" : "[\(text)]" }

  static func == (a: TorchLabel, b: TorchLabel) -> Bool {
    a.isText == b.isText && ExactString(a.text) == ExactString(b.text)
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(isText)
    hasher.combine(ExactString(text))
  }
}

/// The way from the root of a pickle to a value.
struct TorchPath {
  /// The name of a tensor that is all there is in the file.
  static let root = "tensor"

  var labels: [TorchLabel] = []

  /// The labels joined by dots, as a state dict names its tensors.
  var dotted: String {
    labels.isEmpty ? Self.root : labels.map(\.text).joined(separator: ".")
  }

  /// The labels as Python would index, where dots would not tell two paths apart.
  var subscripted: String { labels.map(\.subscripted).joined() }
}
