/// Gives each declared property of a command its value, by its label.
///
/// The synthesised `init(from:)` of a command asks for every property in turn; the decoder answers
/// with the declared wrapper, once it has taken in what was written on the command line.
struct ArgumentDecoder: Decoder {
  let node: ArgumentTable.Node
  let path: ArgumentTable.Path
  let occurrences: [ArgumentTable.Path: [Occurrence]]

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  init(_ node: ArgumentTable.Node, path: ArgumentTable.Path, _ occurrences: ArgumentOccurrences) {
    self.node = node
    self.path = path
    self.occurrences = occurrences
  }

  static func parsed<Wrapper: ArgumentWrapper>(from decoder: any Decoder) throws -> Wrapper {
    guard let decoder = decoder as? ArgumentDecoder,
      case .argument(let declared, let declaration) = decoder.node,
      var wrapper = declared as? Wrapper
    else { throw decoder.unexpected("a property that reflection did not find") }
    try wrapper.parse(decoder.occurrences[decoder.path] ?? [], as: declaration)
    return wrapper
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .group(_, let table) = node else { throw unexpected("a plain property") }
    return KeyedDecodingContainer(Container(decoder: self, table: table))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    throw unexpected("a sequence")
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    throw unexpected("a plain property")
  }
}

extension Decoder {
  fileprivate func unexpected(_ what: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: codingPath, debugDescription: "\(what) in a command"))
  }
}

extension ArgumentDecoder {
  private struct Container<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ArgumentDecoder
    let table: ArgumentTable

    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { table.nodes.compactMap { Key(stringValue: $0.label) } }

    func contains(_ key: Key) -> Bool { table[key.stringValue] != nil }
    func decodeNil(forKey key: Key) throws -> Bool { !contains(key) }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
      try T(from: superDecoder(forKey: key))
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
      guard let node = table[key.stringValue] else {
        throw decoder.unexpected("'\(key.stringValue)', which is no argument,")
      }
      return ArgumentDecoder(node, path: decoder.path + [key.stringValue], decoder.occurrences)
    }

    func superDecoder() throws -> any Decoder { decoder }

    func nestedContainer<NestedKey: CodingKey>(
      keyedBy type: NestedKey.Type,
      forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
      try superDecoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      try superDecoder(forKey: key).unkeyedContainer()
    }
  }
}
