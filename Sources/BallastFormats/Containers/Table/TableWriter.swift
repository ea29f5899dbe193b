import BallastBytes

/// Builds a table as TensorFlow does, byte for byte.
struct TableWriter {
  /// The size at which TensorFlow starts a new data block.
  private static let blockBytes = 256 << 10
  /// After so many entries a key is written whole.
  private static let restartInterval = 16

  private(set) var bytes: [UInt8] = []
  private var block = Block(restartInterval: restartInterval)
  private var index = Block(restartInterval: 1)
  private var lastKey: [UInt8] = []
  /// The block that was finished, until the key after it is known.
  private var pending: Table.Handle?

  /// Appends an entry; keys must ascend.
  mutating func append(_ key: [UInt8], _ value: [UInt8]) {
    precondition(lastKey.lexicographicallyPrecedes(key) || (block.isEmpty && pending == nil))
    if let handle = pending {
      index.append(Self.separator(of: lastKey, from: key), handle.bytes)
      pending = nil
    }
    block.append(key, value)
    lastKey = key
    if block.byteCount >= Self.blockBytes { finishBlock() }
  }

  /// The whole table.
  consuming func finished() -> [UInt8] {
    if !block.isEmpty { finishBlock() }
    let metaindex = emit(Block(restartInterval: Self.restartInterval))
    if let handle = pending { index.append(Self.successor(of: lastKey), handle.bytes) }
    let index = emit(index)
    var footer = metaindex.bytes + index.bytes
    footer += [UInt8](repeating: 0, count: Table.footerBytes - 8 - footer.count)
    return bytes + footer + littleEndianBytes(of: Table.magic)
  }

  private mutating func finishBlock() {
    pending = emit(block)
    block = Block(restartInterval: Self.restartInterval)
  }

  private mutating func emit(_ block: Block) -> Table.Handle {
    let contents = block.finished + [Table.uncompressed]
    let handle = Table.Handle(offset: bytes.count, count: contents.count - 1)
    bytes += contents
    bytes += littleEndianBytes(of: maskedCRC32C(crc32c(of: contents.span.bytesOfBytes)))
    return handle
  }

  /// A short key that is not below `key` and is below `next`.
  private static func separator(of key: [UInt8], from next: [UInt8]) -> [UInt8] {
    let common = zip(key, next).prefix { $0 == $1 }.count
    guard common < key.count, common < next.count, key[common] < 0xFF,
      key[common] + 1 < next[common]
    else { return key }
    return key[..<common] + [key[common] + 1]
  }

  /// A short key that is not below `key`.
  private static func successor(of key: [UInt8]) -> [UInt8] {
    guard let place = key.firstIndex(where: { $0 < 0xFF }) else { return key }
    return key[..<place] + [key[place] + 1]
  }

  private struct Block {
    let restartInterval: Int
    private var bytes: [UInt8] = []
    private var restarts: [UInt32] = [0]
    private var sinceRestart = 0
    private var lastKey: [UInt8] = []

    init(restartInterval: Int) {
      self.restartInterval = restartInterval
    }

    var isEmpty: Bool { bytes.isEmpty }

    /// The number of bytes that it will have.
    var byteCount: Int { bytes.count + 4 * restarts.count + 4 }

    mutating func append(_ key: [UInt8], _ value: [UInt8]) {
      var shared = 0
      if sinceRestart < restartInterval {
        shared = zip(key, lastKey).prefix { $0 == $1 }.count
      } else {
        restarts.append(UInt32(bytes.count))
        sinceRestart = 0
      }
      for number in [shared, key.count - shared, value.count] {
        bytes += Varint.bytes(of: UInt(number))
      }
      bytes += key[shared...]
      bytes += value
      lastKey = key
      sinceRestart += 1
    }

    var finished: [UInt8] {
      bytes + restarts.flatMap { littleEndianBytes(of: $0) }
        + littleEndianBytes(of: UInt32(restarts.count))
    }
  }
}
