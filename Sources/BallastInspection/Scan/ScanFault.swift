import BallastBytes

/// The ways in which a part of a file escapes a scan.
package enum ScanFault: FormatFault {
  /// Compressed data that ends early or has an error, where other readers may read on.
  case brokenStream
  /// Bytes that follow the end of a member's compressed data.
  case followedStream
  /// A member that decompresses to another number of bytes than its archive announces.
  case otherLength(announced: Int, found: Int)
  /// Nothing dangerous stands in a pickle before it breaks off.
  case unfinished
  /// A compression or an archive that is not opened.
  case unopened(String)
  /// A member of a tar archive whose data is put together from pieces.
  case sparse
  /// An extended header of a tar archive that is too long to be read.
  case longExtension
  /// An extended header that is not written as readers agree on.
  case oddExtension
  /// The size of a member, which readers would take for different numbers.
  case oddSize
  /// A gzip file or a zlib stream with an array of numbers that is longer than is decompressed.
  case cutArray(Int)
  /// A file that is a gzip or a zlib stream, longer than is decompressed: an archive may end it.
  case cutStream(Int)
  /// Elements of arrays that stand in the middle of a pickle.
  case joblibArrays
  /// An array of NumPy whose header is not written as NumPy writes it.
  case oddArray
  /// A legacy file of torch whose storages cannot be passed over as torch would.
  case storagesNotFollowed

  /// What is wrong, in one line.
  package var description: String {
    switch self {
    case .brokenStream:
      "its compressed data ends early or has an error, which other readers may read past"
    case .followedStream: "more bytes follow the end of its compressed data"
    case .otherLength(let announced, let found):
      "it decompresses to \(found) bytes, and \(announced) are announced"
    case .unfinished: "the pickle breaks off before its end"
    case .unopened(let name): "it is packed with \(name), which is not opened"
    case .sparse: "a sparse member of a tar archive is not put together"
    case .longExtension: "an extended header of a tar archive is too long to be read"
    case .oddExtension: "an extended header of a tar archive is not understood"
    case .cutArray(let count):
      "the array goes on behind the first \(count) decompressed bytes: the rest was not looked at"
    case .cutStream(let count):
      "it goes on behind the first \(count) decompressed bytes: the rest was not looked at"
    case .joblibArrays:
      "joblib's arrays stand between the opcodes: what follows was searched, not read"
    case .storagesNotFollowed:
      "where the storages of a torch file end is not known: what follows was searched, not read"
    case .oddArray:
      "the header of an array is not understood: what follows it was searched, not read"
    case .oddSize: "the size of a member of a tar archive is not understood"
    }
  }
}
