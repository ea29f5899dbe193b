public import BallastBytes
public struct Tokenizer: Sendable {
  public enum SpecialTokens: Sendable { case asText, parsed }
  public init(path: String) throws(FormatError) { throw FormatError(InputOutputFault(.open, code: 2)) }
  public func encode(_ text: String, specialTokens: SpecialTokens = .asText) -> [Int32] { [] }
  public func encode(bytes: some Collection<UInt8>, specialTokens: SpecialTokens = .asText) -> [Int32] { [] }
  public func decode(_ ids: [Int32]) throws(FormatError) -> [UInt8] { [] }
  public var vocabularySize: Int { 0 }
  public var endOfText: Int32? { nil }
}
public struct StreamingDecoder {
  public init(_ t: Tokenizer) {}
  public mutating func append(_ id: Int32) throws(FormatError) -> String { "" }
  public mutating func finish() -> String { "" }
}
public struct StopStrings {
  public init(_ s: [String]) {}
  public mutating func append(_ s: String) -> String { s }
  public mutating func finish() -> String { "" }
  public var isStopped: Bool { false }
}
