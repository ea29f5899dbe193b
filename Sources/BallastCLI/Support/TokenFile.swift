import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2

/// Token ids out of a file: safetensors with `input_ids`, or text with ids between white space.
enum TokenFile {
  /// The ways in which a text can fail to be a list of ids.
  enum Fault: FormatFault {
    case notAnID(String)

    var description: String {
      switch self {
      case .notAnID(let word): "\(word.debugDescription) is no token id"
      }
    }
  }

  /// The sequences in a file; a text is one sequence.
  static func read(_ path: String) throws(PathError) -> [[Int32]] {
    try at(path) { () throws(FormatError) in
      let source = try SharedBytes.mapping(path: path)
      if Safetensors.matches(source) {
        return try RecordedReference.tokens(try Safetensors.open(source))
      }
      return [try parse([UInt8](copying: source.bytes))]
    }
  }

  /// The ids in a text.
  static func parse(_ bytes: [UInt8]) throws(FormatError) -> [Int32] {
    var ids: [Int32] = []
    let text = try String(validating: bytes.span.bytesOfBytes, at: 0)
    for word in text.split(whereSeparator: \.isWhitespace) {
      guard let id = Int32(word) else {
        let offset = text.utf8.distance(from: text.startIndex, to: word.startIndex)
        throw FormatError(Fault.notAnID(String(word.prefix(40))), at: offset)
      }
      ids.append(id)
    }
    return ids
  }
}
