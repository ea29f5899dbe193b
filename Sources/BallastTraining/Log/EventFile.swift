package import BallastBytes
import BallastFormats

/// Scalars over steps, in the event files that TensorBoard reads.
///
/// A file is a sequence of TFRecords: a length of 64 bits, its masked CRC-32C, that many bytes, and theirs. Each holds
/// an `Event` of tensorflow/core/util/event.proto, of which four fields are written: wall_time (1), step (2),
/// file_version (3) and summary (5), whose values have a tag (1) and a simple_value (2).
package final class EventFile {
  private let file: AppendingFile

  /// Starts a file, in place of one that is there; `time` counts seconds from 1970.
  package init(path: String, time: Double) throws(FormatError) {
    file = try AppendingFile(path: path, replacing: true)
    try append(Self.event(time: time) + ProtobufField.bytes(3, Array("brain.Event:2".utf8)))
  }

  /// Writes the scalars of a step.
  package func append(
    step: Int,
    time: Double,
    scalars: [(tag: String, value: Double)]
  ) throws(FormatError) {
    let values = scalars.flatMap { tag, value in
      ProtobufField.bytes(
        1,
        ProtobufField.bytes(1, Array(tag.utf8))
          + ProtobufField.fixed(2, Float(value).bitPattern)
      )
    }
    try append(
      Self.event(time: time) + ProtobufField.number(2, step) + ProtobufField.bytes(5, values)
    )
  }

  private static func event(time: Double) -> [UInt8] { ProtobufField.fixed(1, time.bitPattern) }

  private func append(_ event: [UInt8]) throws(FormatError) {
    let length = littleEndianBytes(of: UInt64(event.count))
    func checksum(_ bytes: [UInt8]) -> [UInt8] {
      littleEndianBytes(of: maskedCRC32C(crc32c(of: bytes.span.bytesOfBytes)))
    }
    try file.write(length + checksum(length) + event + checksum(event))
  }
}
