public import BallastBytes
import BallastCheckpoint

/// The ways in which a zip archive can be wrong.
public enum ZipFault: FormatFault {
  case noEndRecord
  case ambiguousEnd
  case badZip64EndRecord
  case severalDisks
  case endRecordsDisagree
  case directoryOutOfBounds
  case gapAfterDirectory(Int)
  case badDirectoryEntry(index: Int)
  case wrongMemberCount(announced: Int, found: Int)
  case tooManyMembers(limit: Int)
  case namesTooLong(limit: Int)
  case badExtraField(member: String)
  case badLocalHeader(member: String)
  /// The directory and the member's own header say different things.
  case headerMismatch(member: String, field: String)
  case descriptorMismatch(member: String)
  case duplicateName(String)
  /// Two names that some readers do not tell apart: torch ignores the case of ASCII letters.
  case similarNames(String, String)
  /// A name with a NUL, where torch and NumPy end it.
  case nameWithNUL(String)
  case overlap(member: String)
  case memberPastDirectory(member: String)
  case encrypted(member: String)
  case unsupportedMethod(member: String, Int)
  /// Data that some readers leave out: torch gives memory instead that nothing was written to.
  case folderWithData(member: String)
  case storedSizeMismatch(member: String)
  case impossibleRatio(member: String)
  case expandsTooFar(bytes: Int, limit: Int)
  case wrongChecksum(member: String)
  /// Only for writers: a name that cannot be written: empty, longer than 64 KiB, or with a NUL in it.
  case unwritableName(String)
  /// A warning: unpacking would write outside of the folder; Ballast unpacks nothing.
  case unsafeName(String)
  /// A warning: readers ignore it.
  case trailingBytes(Int)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .noEndRecord: "the zip archive has no end record: it is cut off, or no zip archive"
    case .ambiguousEnd:
      "the zip archive has two end records, or a comment that goes past the end of the file: readers "
        + "disagree about what is in it"
    case .badZip64EndRecord: "the ZIP64 end record is damaged"
    case .severalDisks: "the zip archive is split over several files"
    case .endRecordsDisagree: "the end record and the ZIP64 end record disagree"
    case .directoryOutOfBounds: "the directory of the zip archive lies outside of the file"
    case .gapAfterDirectory(let count):
      "\(count) bytes stand between the directory of the zip archive and its end record"
    case .badDirectoryEntry(let index): "entry \(index) of the zip directory is damaged"
    case .wrongMemberCount(let announced, let found):
      "the zip directory has \(found) members where the end record announces \(announced)"
    case .tooManyMembers(let limit): "the zip archive has more than \(limit) members"
    case .namesTooLong(let limit): "the names in the zip archive take more than \(limit) bytes"
    case .badExtraField(let member): "the extra field of member \(quoted(member)) is damaged"
    case .badLocalHeader(let member): "member \(quoted(member)) does not start with its header"
    case .headerMismatch(let member, let field):
      "the directory and the header of member \(quoted(member)) disagree about its \(field)"
    case .descriptorMismatch(let member):
      "the data descriptor after member \(quoted(member)) disagrees with the directory"
    case .duplicateName(let name): "two members are named \(quoted(name))"
    case .similarNames(let name, let other):
      "members \(quoted(name)) and \(quoted(other)) have one name for readers that ignore case"
    case .nameWithNUL(let name):
      "member \(quoted(name)) has a NUL in its name, where some readers end it"
    case .overlap(let member): "member \(quoted(member)) overlaps the one after it"
    case .memberPastDirectory(let member): "member \(quoted(member)) reaches into the directory"
    case .encrypted(let member): "member \(quoted(member)) is encrypted"
    case .unsupportedMethod(let member, let method):
      "member \(quoted(member)) is compressed by method \(method), neither stored nor deflated"
    case .folderWithData(let name): "member \(quoted(name)) is marked as a folder and has data"
    case .storedSizeMismatch(let member):
      "member \(quoted(member)) is stored, but its two sizes differ"
    case .impossibleRatio(let member):
      "member \(quoted(member)) announces more bytes than its compressed data can hold"
    case .expandsTooFar(let bytes, let limit):
      "the members would decompress to \(bytes) bytes, more than \(limit)"
    case .wrongChecksum(let member): "the checksum of member \(quoted(member)) is wrong"
    case .unwritableName(let name):
      "a member of a zip archive cannot be named \(quoted(name))"
    case .unsafeName(let name):
      "the name \(quoted(name)) would lead out of the folder if the archive were unpacked"
    case .trailingBytes(let count): "\(count) bytes follow the end of the zip archive"
    }
  }

  /// The limit that is exceeded.
  public var limitName: String? {
    switch self {
    case .tooManyMembers: "zip.members"
    case .namesTooLong: "zip.name-bytes"
    case .expandsTooFar: "zip.expansion"
    default: nil
    }
  }
}
