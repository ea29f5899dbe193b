import BallastBytes
import BallastFormats

/// The start of a NumPy array, read with more patience than `NPY` has: what matters is where the
/// elements stand, and whether they are objects, which are a pickle.
struct NumPyStart {
  /// Longer headers are not read; what follows them is not taken for numbers.
  private static let maximumHeader = 1 << 20

  /// Where the elements start in the bytes.
  let elements: Int
  /// What they are.
  let content: NumPyElements.Content

  /// Where they end; nil where that is not known.
  var end: Int? {
    guard case .bytes(let count) = content else { return nil }
    let (end, overflow) = elements.addingReportingOverflow(count)
    return overflow ? .max : end
  }

  /// Reads the header; throws `ByteFault.truncated` where it is cut off.
  init(_ region: ByteRegion) throws(FormatError) {
    var reader = ByteReader(region.bytes)
    try reader.skip(NPYHeader.magic.count)
    let major = try reader.read(UInt8.self)
    try reader.skip(1)
    let length = major == 1 ? Int(try reader.read(UInt16.self)) : Int(try reader.read(UInt32.self))
    let start = region.range.lowerBound + reader.position
    try reader.skip(length)
    elements = reader.position
    guard length <= Self.maximumHeader else {
      content = .unknown
      return
    }
    let text = region.source.array(start..<start + length)
    content =
      NPYHeader.numericByteCount(describedBy: text).map { .bytes($0) }
      ?? NumPyElements.content(describedBy: text)
  }
}
