import BallastBytes
import BallastFormats
import BallastTestSupport

/// An array's bytes with any header text.
func npy(_ dictionary: String, _ elements: [UInt8] = [], version: [UInt8] = [1, 0]) -> [UInt8] {
  let length =
    version[0] == 1
    ? littleEndian([UInt16(dictionary.utf8.count)]) : littleEndian([UInt32(dictionary.utf8.count)])
  return [0x93] + Array("NUMPY".utf8) + version + length + Array(dictionary.utf8) + elements
}

/// A header's text.
func header(_ type: String = "<f4", fortran: String = "False", shape: String) -> String {
  "{'descr': '\(type)', 'fortran_order': \(fortran), 'shape': \(shape), }"
}
