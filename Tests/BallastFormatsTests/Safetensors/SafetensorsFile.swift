import BallastBytes
import BallastCheckpoint
import BallastFormats

/// The bytes of a safetensors file out of its header and so many data bytes, which count up from 0.
func safetensors(_ header: String, data count: Int = 0) -> [UInt8] {
  safetensors(Array(header.utf8), data: count)
}

/// The same out of a header that is no text.
func safetensors(_ header: [UInt8], data count: Int = 0) -> [UInt8] {
  littleEndianBytes(of: UInt64(header.count)) + header
    + (0..<count).map { UInt8(truncatingIfNeeded: $0) }
}

/// Opens the bytes of a safetensors file.
func openSafetensors(_ bytes: [UInt8]) throws -> Checkpoint {
  try Safetensors.open(.copying(bytes))
}
