import BallastBytes
import BallastInspection

/// Pickles put together from the pieces that picklers write.
protocol PickleSuite {}

extension PickleSuite {
  /// The rules that a body of protocol 4 breaks, without "pickle.".
  func rules(_ body: [UInt8], limits: ScanLimits = .standard) throws -> Set<String> {
    let bytes = try SharedBytes.copying([0x80, 4] + body + Self.stop)
    let findings = PickleScan(of: bytes, limits: limits).findings
    return Set(findings.map { String($0.rule.dropFirst("pickle.".count)) })
  }

  static func name(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  static func text(_ text: String) -> [UInt8] {
    [0x8C, UInt8(text.utf8.count)] + Array(text.utf8)
  }

  static func bytes(_ bytes: [UInt8]) -> [UInt8] {
    if let count = UInt8(exactly: bytes.count) { return [0x43, count] + bytes }
    return [0x42] + (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes
  }

  static func int(_ value: Int) -> [UInt8] {
    [0x4A] + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  static func tuple(_ parts: [UInt8]...) -> [UInt8] { tuple(parts) }

  static func tuple(_ parts: [[UInt8]]) -> [UInt8] { [0x28] + parts.joined() + [0x74] }

  static func call(_ callee: [UInt8], _ parts: [UInt8]...) -> [UInt8] {
    callee + tuple(parts) + [0x52]
  }

  static var none: [UInt8] { [0x4E] }
  static var yes: [UInt8] { [0x88] }
  static var no: [UInt8] { [0x89] }
  static var build: [UInt8] { [0x62] }
  static var setItem: [UInt8] { [0x73] }
  static var stop: [UInt8] { [0x2E] }

  /// An object of a class that is data.
  static var object: [UInt8] { name("argparse", "Namespace") + [0x29, 0x81] }

  /// The state of a type of NumPy: its size, alignment and flags.
  static func typeState(
    _ size: Int = -1,
    _ alignment: Int = -1,
    flags: Int = 0,
    unit: [[UInt8]] = []
  ) -> [UInt8] {
    let start = [int(3 + unit.count), text("<"), none, none, none]
    return tuple(start + [int(size), int(alignment), int(flags)] + unit)
  }

  static func type(_ code: String, _ state: [UInt8]) -> [UInt8] {
    call(name("numpy", "dtype"), text(code), no, yes) + state + build
  }

  static var multiarray: String { "numpy._core.multiarray" }

  /// An array as it is before its state is set.
  static var noArray: [UInt8] {
    call(
      name(multiarray, "_reconstruct"),
      name("numpy", "ndarray"),
      tuple(int(0)),
      bytes([0x62])
    )
  }

  /// The state of an array.
  static func content(_ shape: [Int], _ type: [UInt8], _ content: [UInt8]) -> [UInt8] {
    tuple(int(1), tuple(shape.map(int)), type, no, content) + build
  }

  /// Types of objects, and of bytes.
  static var objects: [UInt8] { type("O8", typeState(flags: 63)) }
  static var letters: [UInt8] { type("u1", typeState()) }

  /// A list with so many times nothing.
  static func list(_ count: Int) -> [UInt8] {
    [0x5D, 0x28] + [UInt8](repeating: 0x4E, count: count) + [0x65]
  }
}
