import BallastBytes
import BallastCheckpoint

/// The header of an array: magic number, version, and a Python dictionary in text.
///
///     93 'NUMPY' │ major minor │ u16 or u32 length │ {'descr': '<f4', … } spaces \n │ elements
///
/// NumPy's format 1.0 counts in 16 bits, 2.0 in 32; 3.0 is UTF-8 in place of Latin-1. The dictionary
/// is parsed by a small grammar of its own; nothing is evaluated.
package struct NPYHeader: Equatable {
  package static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// All that version 1.0 can count; NumPy stops at 10,000 characters unless it trusts the file.
  static let maximumBytes = 0xFFFF
  /// NumPy's own limit, since 2.0.
  static let maximumRank = 64
  /// What NumPy pads a header to, so that the elements can be mapped.
  private static let alignment = 64

  var type: NumPyType
  var isFortran: Bool
  var sizes: [Int]

  init(type: NumPyType, isFortran: Bool, sizes: [Int]) {
    self.type = type
    self.isFortran = isFortran
    self.sizes = sizes
  }

  /// Reads the header at the cursor, and moves to the first element.
  @_lifetime(reader: copy reader)
  init(parsing reader: inout ByteReader) throws(FormatError) {
    let start = reader.offset
    guard reader.remaining >= Self.magic.count,
      [UInt8](copying: try reader.readBytes(Self.magic.count)) == Self.magic
    else { throw FormatError(NumPyFault.notAnArray, at: start) }
    let major = Int(try reader.read(UInt8.self))
    let minor = Int(try reader.read(UInt8.self))
    guard (1...3).contains(major), minor == 0 else {
      throw FormatError(
        NumPyFault.unsupportedVersion(major: major, minor: minor),
        at: start + Self.magic.count
      )
    }
    let lengthOffset = reader.offset
    let length =
      major == 1 ? Int(try reader.read(UInt16.self)) : Int(try reader.read(UInt32.self))
    guard length <= Self.maximumBytes else {
      throw FormatError(
        NumPyFault.headerTooLarge(length, limit: Self.maximumBytes),
        at: lengthOffset
      )
    }
    let textOffset = reader.offset
    let text = [UInt8](copying: try reader.readBytes(length))
    var parser = NPYHeaderParser(text, base: textOffset)
    self = try parser.parse()
  }

  /// The bytes that the elements of an array take, if its header's text describes plain numbers;
  /// nil where it does not, or cannot be understood.
  package static func numericByteCount(describedBy text: [UInt8]) -> Int? {
    var parser = NPYHeaderParser(text, base: 0)
    guard let header = try? parser.parse(), let shape = try? Shape(header.sizes) else { return nil }
    return try? product(shape.elementCount, header.type.dtype.bitWidth / 8)
  }

  /// The header of an array of version 1.0, as NumPy itself writes it.
  ///
  /// Newer versions are for the names of records alone.
  var bytes: [UInt8] {
    let sizesText = sizes.map(String.init).joined(separator: ", ") + (sizes.count == 1 ? "," : "")
    var text =
      "{'descr': '\(NumPyType.description(of: type.dtype) ?? "")', "
      + "'fortran_order': \(isFortran ? "True" : "False"), 'shape': (\(sizesText)), }"
    // NumPy leaves room for the outermost size to grow to 21 digits.
    if let growing = isFortran ? sizes.last : sizes.first {
      text += String(repeating: " ", count: max(0, 21 - String(growing).count))
    }
    let prefix = Self.magic.count + 2 + 2
    let padding = Self.alignment - (prefix + text.utf8.count + 1) % Self.alignment
    text += String(repeating: " ", count: padding) + "\n"
    return Self.magic + [1, 0] + littleEndianBytes(of: UInt16(text.utf8.count)) + Array(text.utf8)
  }
}
