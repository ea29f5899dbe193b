/// A text that equals another only if their bytes are the same.
///
/// Swift's strings are equal when they are canonically equivalent: "é" in one scalar or in two.
/// Names in files are bytes, and two such names are two tensors.
public struct ExactString: Hashable, Sendable {
  /// The text.
  public let string: String

  /// Wraps a text.
  public init(_ string: String) {
    self.string = string
  }

  /// Whether the bytes are the same.
  public static func == (a: ExactString, b: ExactString) -> Bool {
    a.string.utf8.count == b.string.utf8.count && a.string.utf8.elementsEqual(b.string.utf8)
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) {
    var string = string
    string.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
