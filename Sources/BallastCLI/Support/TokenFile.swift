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

  /// Prints ids on one line, with spaces between them.
  static func print(_ ids: [Int32], in context: Console) throws(FormatError) {
    var block = [UInt8](repeating: 0, count: 1 << 16)
    var used = 0
    for (index, id) in ids.enumerated() {
      if used > block.count - MemoryLayout<UInt64>.size {
        try context.write(Array(block[..<used]))
        used = 0
      }
      let (text, count) = decimal(id, endsLine: index == ids.count - 1)
      var span = block.mutableSpan
      var bytes = span.mutableBytes
      bytes.storeBytes(of: text, toByteOffset: used, as: UInt64.self)
      used += count
    }
    if ids.isEmpty {
      block[0] = UInt8(ascii: "\n")
      used = 1
    }
    try context.write(Array(block[..<used]))
  }

  /// An id and the space or line feed after it, the first character in the lowest byte.
  ///
  /// Eight bytes are enough: a tokenizer's ids have at most seven digits.
  private static func decimal(_ id: Int32, endsLine: Bool) -> (text: UInt64, count: Int) {
    var text = UInt64(endsLine ? UInt8(ascii: "\n") : UInt8(ascii: " "))
    var count = 1
    var rest = id.magnitude
    repeat {
      text = text << 8 | UInt64(UInt8(ascii: "0")) + UInt64(rest % 10)
      rest /= 10
      count += 1
    } while rest > 0
    return (text.littleEndian, count)
  }
}
