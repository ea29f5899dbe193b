import Glibc

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
    guard a.string.utf8.count == b.string.utf8.count else { return false }
    // Safe: the buffers are used within the closures only, and are of one length. They are compared some dozens of times
    // as fast as the views of the strings.
    var (a, b) = (a.string, b.string)
    return a.withUTF8 { a in
      b.withUTF8 { b in
        guard let first = a.baseAddress, let second = b.baseAddress else {
          return true
        }
        return unsafe memcmp(first, second, a.count) == 0
      }
    }
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) {
    var string = string
    string.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
