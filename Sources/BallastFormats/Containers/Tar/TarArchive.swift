public import BallastBytes

/// A tar archive, after POSIX.1-1988 (ustar), with the long names and sizes of POSIX.1-2001 (pax).
///
///     ┌────────┬──────────────┬────────┬──────────────┬   ┬───────┬───────┐
///     │ header │ data, padded │ header │ data, padded │ … │ zeros │ zeros │   blocks of 512 bytes
///     └────────┴──────────────┴────────┴──────────────┴   ┴───────┴───────┘
package struct TarArchive: Sendable {
  /// A regular file in the archive.
  package struct Member: Sendable {
    /// The name, as the archive has it: nothing in it is resolved.
    package let name: String
    /// Where the data stands in the file.
    package let range: Range<Int>
  }

  /// The most members; torch's archives have four.
  static let maximumMembers = 1 << 16
  /// The most bytes of a member's pax header, which names and sizes do not fill.
  static let maximumHeaderBytes = 1 << 16

  /// The most headers that are looked at to tell what an archive that cannot be read was to be.
  private static let maximumOutline = 64

  static let blockBytes = 512

  /// The regular files, in the order of the archive.
  package private(set) var members: [Member] = []

  /// Whether a file starts with a header whose checksum is right.
  package static func matches(_ source: SharedBytes) -> Bool {
    TarHeader.outline(of: source, at: 0) != nil
  }

  /// Reads all the headers.
  package init(parsing source: SharedBytes) throws(FormatError) {
    var position = 0
    var extensions = TarExtensions()
    var names: Set<ExactString> = []
    while let header = try TarHeader(parsing: source, at: position) {
      let data = position + Self.blockBytes
      // The size in an extended header is that of the file.
      let size = header.kind == .file ? extensions.size ?? header.size : header.size
      let end = try sum(data, size, at: position)
      guard end <= source.count else {
        throw FormatError(ByteFault.truncated(needed: end - source.count), at: position)
      }
      switch header.kind {
      case .extensions, .longName:
        guard size <= Self.maximumHeaderBytes else {
          throw FormatError(TarFault.headerTooLong(limit: Self.maximumHeaderBytes), at: position)
        }
        let isPax = header.kind == .extensions
        try extensions.read(data..<end, isPax: isPax, of: source)
      case .file:
        guard members.count < Self.maximumMembers else {
          throw FormatError(TarFault.tooManyMembers(limit: Self.maximumMembers), at: position)
        }
        let name = extensions.name ?? header.name
        guard names.insert(ExactString(name)).inserted else {
          throw FormatError(TarFault.duplicateName(name), at: position)
        }
        members.append(Member(name: name, range: data..<end))
        extensions = TarExtensions()
      case .folder: extensions = TarExtensions()
      }
      let padding = (Self.blockBytes - size % Self.blockBytes) % Self.blockBytes
      position = min(try sum(end, padding, at: position), source.count)
    }
  }

  /// The names in the first headers, whatever the members are and however the archive goes on.
  static func outline(of source: SharedBytes) -> [String] {
    var names: [String] = []
    var next: Int? = 0
    while names.count < maximumOutline, let position = next,
      let outline = TarHeader.outline(of: source, at: position)
    {
      names.append(outline.name)
      next = outline.next
    }
    return names
  }

  /// The member of that name.
  package subscript(name: String) -> Member? {
    members.first { ExactString($0.name) == ExactString(name) }
  }
}

/// The ways in which a tar archive can be wrong.
public enum TarFault: FormatFault {
  case wrongChecksum
  case badNumber(field: String)
  case badExtension
  case headerTooLong(limit: Int)
  case tooManyMembers(limit: Int)
  case duplicateName(String)
  case unsupportedMember(kind: UInt8)
  case folderWithData
  case sparse
  case extendedTwice

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .wrongChecksum: "the checksum of a tar header is wrong"
    case .badNumber(let field): "the \(field) in a tar header is not a number"
    case .badExtension: "an extended tar header is damaged"
    case .headerTooLong(let limit): "an extended tar header is longer than \(limit) bytes"
    case .tooManyMembers(let limit): "the tar archive has more than \(limit) members"
    case .unsupportedMember(let kind):
      "the tar archive has a member of kind \(String(Unicode.Scalar(kind)).debugDescription), which is "
        + "neither a file nor a folder"
    case .folderWithData: "a folder in the tar archive has data"
    case .sparse: "the tar archive has a sparse member"
    case .extendedTwice: "two extended tar headers say something else about the same member"
    case .duplicateName(let name): "two members are named \(name.debugDescription)"
    }
  }
}
