import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastTestSupport

/// The bytes of a bundle's index, written down piece by piece, right or wrong.
struct BundleBuilder {
  /// Entries of the data block: shared, key, value.
  var entries: [[UInt8]] = []
  var restarts: [UInt32] = [0]
  var restartCount: UInt32?
  var compression: UInt8 = 0
  /// What is added to the data block's checksum.
  var damage: UInt32 = 0
  /// In place of the data block's handle.
  var handle: [UInt8]?
  /// How often the index names the data block.
  var repetitions = 1
  /// In place of the footer's two handles.
  var footer: [UInt8]?

  init(header: [UInt8]? = [0x08, 1, 0x1A, 2, 0x08, 1]) {
    if let header { entries.append(entry("", header)) }
  }

  func entry(_ key: String, shared: UInt64 = 0, _ value: [UInt8]) -> [UInt8] {
    varint(shared) + varint(UInt64(key.utf8.count)) + varint(UInt64(value.count)) + key.utf8 + value
  }

  mutating func add(_ key: String, _ value: [UInt8]) { entries.append(entry(key, value)) }

  var bytes: [UInt8] {
    var file: [UInt8] = []
    func block(_ contents: [UInt8], _ compression: UInt8 = 0, damage: UInt32 = 0) -> [UInt8] {
      let checked = contents + [compression]
      let crc = crc32c(of: checked.span.bytesOfBytes)
      let masked = (crc >> 15 | crc << 17) &+ 0xA282_EAD8
      return checked + littleEndianBytes(of: masked &+ damage)
    }
    let tail = restarts.flatMap { littleEndianBytes(of: $0) }
    let data =
      Array(entries.joined()) + tail
      + littleEndianBytes(of: restartCount ?? UInt32(restarts.count))
    file += block(data, compression, damage: damage)
    let metaindex = varint(UInt64(file.count)) + varint(8)
    file += block([0, 0, 0, 0, 1, 0, 0, 0])
    let handle = handle ?? varint(0) + varint(UInt64(data.count))
    let named: [UInt8] =
      (0..<repetitions).flatMap { (index: Int) -> [UInt8] in entry("z\(index)", handle) }
      + [0, 0, 0, 0, 1, 0, 0, 0]
    let index = varint(UInt64(file.count)) + varint(UInt64(named.count))
    file += block(named)
    let handles = footer ?? metaindex + index
    file += handles + [UInt8](repeating: 0, count: max(0, 40 - handles.count))
    return file + littleEndianBytes(of: UInt64(0xDB47_7524_8B80_FB57))
  }
}

/// A number as protobuf has it.
func varint(_ value: UInt64) -> [UInt8] {
  value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
}

/// A BundleEntryProto.
func bundleEntry(
  type: UInt64 = 1,
  _ sizes: [UInt64],
  shard: UInt64 = 0,
  offset: UInt64 = 0,
  count: UInt64,
  crc: UInt32 = 0
) -> [UInt8] {
  let shape = sizes.flatMap { size -> [UInt8] in
    let dimension = [0x08] + varint(size)
    return [0x12] + varint(UInt64(dimension.count)) + dimension
  }
  var bytes: [UInt8] = [0x08] + varint(type) + [0x12] + varint(UInt64(shape.count)) + shape
  bytes += [0x18] + varint(shard) + [0x20] + varint(offset)
  return bytes + [0x28] + varint(count) + [0x35] + littleEndianBytes(of: crc)
}
