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

  private var labels: [TorchLabel] = []
  /// The labels joined by dots, as bytes, so that going up and down copies nothing.
  private var bytes: [UInt8] = []
  private var ends: [Int] = []

  mutating func append(_ label: TorchLabel) {
    ends.append(bytes.count)
    if !labels.isEmpty { bytes.append(UInt8(ascii: ".")) }
    bytes += label.text.utf8
    labels.append(label)
  }

  mutating func removeLast() {
    labels.removeLast()
    bytes.removeLast(bytes.count - (ends.popLast() ?? 0))
  }

  /// How many keys lead to the value.
  var depth: Int { labels.count }

  /// The length of the dotted name.
  var byteCount: Int { bytes.count }

  /// The labels joined by dots, as a state dict names its tensors.
  var dotted: String {
    labels.isEmpty ? Self.root : String(decoding: bytes, as: UTF8.self)
  }

  /// The labels as Python would index, where dots would not tell two paths apart.
  var subscripted: String { labels.map(\.subscripted).joined() }
}
