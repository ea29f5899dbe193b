import BallastBytes
import BallastInspection
import Testing

/// Files with a payload in them, made of bytes, and what is expected of a scan.
protocol ScanSuite {}

extension ScanSuite {
  static var payload: [UInt8] { Array("cos\nsystem\n(S'id'\ntR.".utf8) }
  static var payload2: [UInt8] { [0x80, 2] + payload }
  static var empty: [UInt8] { [0x80, 2, 0x4E, 0x2E] }

  func scan(_ bytes: [UInt8]) throws -> PickleScan {
    PickleScan(of: try SharedBytes.copying(bytes))
  }

  /// Expects the payload, once, and returns where it was found.
  @discardableResult
  func expectPayload(in bytes: [UInt8]) throws -> String? {
    let findings = try scan(bytes).findings.filter { $0.name == "os.system" }
    #expect(findings.count == 1)
    return findings.first?.file
  }

  func littleEndian(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// A member's header and data, stored, with a checksum of zero.
  func member(_ name: String, _ data: [UInt8], method: Int = 0) -> [UInt8] {
    [0x50, 0x4B, 3, 4] + littleEndian(20, 2) + [0, 0] + littleEndian(method, 2) + littleEndian(0, 8)
      + littleEndian(data.count, 4)
      + littleEndian(data.count, 4) + littleEndian(name.utf8.count, 2) + [0, 0] + Array(name.utf8)
      + data
  }

  func zip(_ members: [(String, [UInt8])], flags: Int = 0, method: Int = 0) -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for (name, data) in members {
      directory += [0x50, 0x4B, 1, 2] + littleEndian(20, 2) + littleEndian(20, 2)
      directory += littleEndian(flags, 2) + littleEndian(method, 2) + littleEndian(0, 8)
      directory += littleEndian(data.count, 4) + littleEndian(data.count, 4)
      directory += littleEndian(name.utf8.count, 2) + littleEndian(0, 12)
      directory += littleEndian(bytes.count, 4) + Array(name.utf8)
      bytes += member(name, data, method: method)
    }
    let end =
      [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + littleEndian(members.count, 2)
      + littleEndian(members.count, 2) + littleEndian(directory.count, 4)
      + littleEndian(bytes.count, 4) + [0, 0]
    return bytes + directory + end
  }

  func tar(
    _ name: String,
    _ data: [UInt8],
    size: String? = nil,
    kind: UInt8 = 0x30,
    isSigned: Bool = false
  ) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at place: Int) {
      for (index, byte) in text.utf8.enumerated() { header[place + index] = byte }
    }
    put(name, at: 0)
    put(size ?? "00000000000\(String(data.count, radix: 8))".suffix(11).description, at: 124)
    header[156] = kind
    if isSigned { header[300] = 0xFF }
    put("        ", at: 148)
    let sum = header.reduce(0) { $0 + Int($1) } - (isSigned ? 256 : 0)
    put("0000000\(String(sum, radix: 8))".suffix(6).description, at: 148)
    header[154] = 0
    let padding = [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
    return header + data + padding + [UInt8](repeating: 0, count: 1024)
  }

  func array(
    _ description: String,
    version: UInt8 = 1,
    padding: Int = 0,
    shape: String = "(1,)"
  ) -> [UInt8] {
    let header =
      Array("{'descr': \(description), 'fortran_order': False, 'shape': \(shape), }".utf8)
      + [UInt8](repeating: 0x20, count: padding) + [0x0A]
    let magic = [0x93] + Array("NUMPY".utf8) + [version, 0]
    return magic + littleEndian(header.count, version == 1 ? 2 : 4) + header
  }
}
