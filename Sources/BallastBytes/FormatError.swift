/// One way in which a file can be wrong; each format has its own enumeration of them.
public protocol FormatFault: Hashable, Sendable, CustomStringConvertible {
  /// What the reader might do about it, if there is something.
  var hint: String? { get }
  /// The name of the limit that the file exceeds, where it is one that may be raised.
  var limitName: String? { get }
  /// Whether it tells how a sound file is read, and nothing that is wrong with it.
  var isRemark: Bool { get }
}

extension FormatFault {
  /// No advice, where a fault gives none.
  public var hint: String? { nil }
  /// No limit, where a fault names none.
  public var limitName: String? { nil }
  /// Faults are what is wrong, unless one says otherwise.
  public var isRemark: Bool { false }
}

/// What is wrong with a file, and where.
///
/// The path that the user gave is added by the caller; `file` names the file within a set, a
/// shard or an archive member, where the input consists of several.
public struct FormatError: Error, Sendable {
  /// What is wrong.
  public let fault: any FormatFault
  /// The byte offset in the file at which it was noticed.
  public let offset: Int?
  /// The file within a set of several, relative to the path that was opened.
  public var file: String?

  /// An error at a place in a file.
  public init(_ fault: any FormatFault, at offset: Int? = nil, in file: String? = nil) {
    self.fault = fault
    self.offset = offset
    self.file = file
  }

  /// The same error, said of `file` unless it names a file already.
  public func inFile(_ file: String?) -> FormatError {
    var copy = self
    copy.file = copy.file ?? file
    return copy
  }
}

extension FormatError: CustomStringConvertible {
  /// One line: the file of a set, what is wrong, and the offset.
  public var description: String {
    let place = offset.map { " (at byte \($0))" } ?? ""
    return (file.map { "\($0): " } ?? "") + fault.description + place
  }
}

/// The ways in which any sequence of bytes can be wrong.
public enum ByteFault: FormatFault {
  /// The file ends before what it promises; `needed` more bytes than there are.
  case truncated(needed: Int)
  /// Bytes that should be text are not UTF-8.
  case invalidUTF8
  /// A size in the file does not fit into 63 bits.
  case overflow
  /// A path to be written is a device or a pipe.
  case notRegularFile
  /// A device, a pipe or a socket, to be read.
  case notMappable
  /// A file whose size is said to be zero, and that has content, as the system's own have.
  case noSize
  /// The file has become shorter while it was read, or its disk fails.
  case unreadable
  /// Compressed data cannot be decompressed.
  case badCompression
  /// Decompressed data is longer or shorter than announced.
  case wrongDecompressedSize(expected: Int)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .truncated(let needed): "the file ends \(needed) bytes too early"
    case .invalidUTF8: "text is not valid UTF-8"
    case .overflow: "a size overflows"
    case .notMappable: "this is a device or a pipe, and data must be in a file"
    case .noSize: "the file is said to be empty and is not: copy it to read it"
    case .notRegularFile: "there is something that is no file, and it is not replaced"
    case .unreadable: "the file can no longer be read: it has become shorter, or its disk fails"
    case .badCompression: "compressed data is damaged"
    case .wrongDecompressedSize(let expected):
      "compressed data does not hold the announced \(expected) bytes"
    }
  }
}
