import BallastBytes
import BallastJSON
import Glibc

/// A folder with a tokenizer's files; remembers which of them were read.
struct TokenizerFolder {
  /// Ten times the largest file of a byte-level BPE; bounds the memory that parsing takes.
  static let maximumFileSize = 1 << 25

  /// The path, with a slash at its end unless it is empty.
  private let path: String
  /// The paths of the files that were read.
  private(set) var filesRead: [String] = []

  /// A folder, which need not exist; the empty path is the current folder.
  init(path: String) {
    self.path = path.isEmpty || path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
  }

  /// The bytes of a file that must be there.
  static func contents(ofFile path: String) throws(FormatError) -> SharedBytes {
    let contents = try SharedBytes.mapping(path: path)
    guard contents.count <= maximumFileSize else {
      throw FormatError(TokenizerFault.fileTooLarge(limit: maximumFileSize))
    }
    return contents
  }

  /// The bytes of a file of this folder, or nil where there is none.
  mutating func contents(of name: String) throws(FormatError) -> SharedBytes? {
    do {
      let contents = try Self.contents(ofFile: path + name)
      filesRead.append(path + name)
      return contents
    } catch {
      if let fault = error.fault as? InputOutputFault, fault.isNoSuchFile { return nil }
      throw error.inFile(name)
    }
  }

  /// The JSON value in a file of this folder, or nil where there is none.
  mutating func json(_ name: String) throws(FormatError) -> JSONValue? {
    guard let contents = try contents(of: name) else { return nil }
    do {
      return try JSONValue(parsing: contents.bytes)
    } catch {
      throw error.inFile(name)
    }
  }

  /// Says that a file of this folder was read by other means.
  mutating func note(_ name: String) { filesRead.append(path + name) }
}
