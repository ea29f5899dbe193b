public import BallastBytes

/// The ways in which a pickle can be wrong.
public enum PickleFault: FormatFault {
  case unknownOpcode(UInt8)
  case unsupportedProtocol(UInt8)
  case stackUnderflow(opcode: String)
  case noMark(opcode: String)
  case notMemoized(Int)
  case badNumber(opcode: String)
  case badQuotes
  case badLength(opcode: String)
  case invalidText(opcode: String)
  case oddItems(opcode: String)
  case wrongTarget(opcode: String)
  case notCallable(opcode: String)
  case argumentsNotTuple(opcode: String)
  case badExtensionCode(Int)
  case outOfBandBuffer
  case textTooLong(limit: Int)
  case nameTooLong(limit: Int)
  case tooManyOpcodes(limit: Int)
  case tooManyValues(limit: Int)
  case tooManyElements(limit: Int)
  case tooManyMemos(limit: Int)
  case tooManyScatteredMemos(limit: Int)
  case stackTooDeep(limit: Int)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .unknownOpcode(let byte): "the byte \(byte) is no pickle opcode"
    case .unsupportedProtocol(let version): "the pickle has protocol \(version), newer than 5"
    case .stackUnderflow(let opcode): "\(opcode) needs more values than the pickle has given"
    case .noMark(let opcode): "\(opcode) has no MARK before it"
    case .notMemoized(let index): "the pickle asks for memo \(index), which it never stored"
    case .badNumber(let opcode): "\(opcode) is not followed by a number"
    case .badQuotes: "the text of STRING is not quoted"
    case .badLength(let opcode): "\(opcode) has a negative length"
    case .invalidText(let opcode): "the text of \(opcode) is not valid UTF-8"
    case .oddItems(let opcode): "\(opcode) has a key without a value"
    case .wrongTarget(let opcode): "\(opcode) changes a value that cannot be changed"
    case .notCallable(let opcode): "\(opcode) calls a value that cannot be called"
    case .argumentsNotTuple(let opcode): "the arguments of \(opcode) are not a tuple"
    case .badExtensionCode(let code): "the extension code \(code) is not positive"
    case .outOfBandBuffer: "the pickle needs buffers that were kept outside of it"
    case .textTooLong(let limit): "a text is longer than \(limit) bytes"
    case .nameTooLong(let limit): "the name of a global is longer than \(limit) bytes"
    case .tooManyOpcodes(let limit): "the pickle has more than \(limit) opcodes"
    case .tooManyValues(let limit): "the pickle has more than \(limit) containers, texts and calls"
    case .tooManyElements(let limit): "the containers have more than \(limit) places"
    case .tooManyMemos(let limit): "the pickle has more than \(limit) memo entries"
    case .tooManyScatteredMemos(let limit):
      "the pickle has more than \(limit) memo entries that are not counted up"
    case .stackTooDeep(let limit): "the pickle holds more than \(limit) values at once"
    }
  }

  /// The limit that is exceeded; names of classes have one that does not move.
  public var limitName: String? {
    switch self {
    case .textTooLong: "pickle.text-bytes"
    case .tooManyOpcodes: "pickle.opcodes"
    case .tooManyValues: "pickle.values"
    case .tooManyElements: "pickle.elements"
    case .tooManyMemos: "pickle.memos"
    case .tooManyScatteredMemos: "pickle.scattered-memos"
    case .stackTooDeep: "pickle.stack"
    default: nil
    }
  }
}
