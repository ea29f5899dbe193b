import BallastBytes

/// Programs and libraries of a processor's own instructions, by their first bytes: ELF, Mach-O, PE.
enum NativeCode {
  enum Look {
    case isNative
    /// More bytes would tell.
    case open
    case other
  }

  /// Numbers of Java's class files, which start as Mach-O's archives do, are larger.
  private static let maximumArchitectures = 40
  /// Linkers put the header of a PE file within the first KiB; loaders read it further.
  private static let maximumStub = 1 << 20

  static func look(at region: ByteRegion) -> Look {
    let span = Span<UInt8>(_bytes: region.bytes)
    guard span.count >= 64 else { return .other }
    func word(_ index: Int) -> Int { (0..<4).reduce(0) { $0 | Int(span[index + $1]) << (8 * $1) } }
    switch word(0) {
    case 0x464C_457F: return (1...2).contains(span[4]) ? .isNative : .other
    case 0xFEED_FACE, 0xFEED_FACF, 0xCEFA_EDFE, 0xCFFA_EDFE: return .isNative
    case 0xBEBA_FECA, 0xBFBA_FECA:
      let count = word(4).byteSwapped >> 32
      return (1...maximumArchitectures).contains(count) ? .isNative : .other
    default: break
    }
    guard span[0] == 0x4D, span[1] == 0x5A else { return .other }
    let header = word(60)
    guard header >= 64, header < maximumStub else { return .other }
    guard header + 4 <= span.count else { return .open }
    return word(header) == 0x4550 ? .isNative : .other
  }

  /// Whether bytes have the letters of a PE file, which are opcodes of pickles, too.
  static func isPE(_ region: ByteRegion) -> Bool {
    let span = Span<UInt8>(_bytes: region.bytes)
    return span.count >= 2 && span[0] == 0x4D && span[1] == 0x5A
  }

  /// A finding about a stream, if it is such a program.
  ///
  /// In the archive of a model, out of which torch loads it, that is dangerous; a library in a folder or
  /// a software package waits to be loaded by name.
  static func finding(in stream: PickleScanner.Stream) -> PickleScan.Finding? {
    guard !stream.isNested, case .isNative = look(at: stream.region) else { return nil }
    let message =
      stream.isModelMember
      ? "brings native code along: whoever loads it runs it" : "is native code, not a model"
    return PickleScan.Finding(
      stream.isModelMember ? .dangerous : .unknown,
      rule: "code.native",
      message,
      file: stream.place
    )
  }
}
