import BallastBytes
import BallastFormats

/// Programs in archives.
extension PickleScanner {
  /// So many bytes of a text are compared in the time that an opcode takes.
  private static let textPerOpcode = 16

  /// Looks at a source in an archive.
  mutating func scanCode(_ stream: Stream, _ member: ScannedArchive.Member, kind: ScannedCode) {
    switch kind {
    case .export: break
    case .package:
      let message = "brings Python code along, which torch.package runs"
      result.add(PickleScan.Finding(rule: "code.package", message, file: stream.place))
    case .torchScript:
      guard let text = memberText(stream, member) else { return }
      let look = TorchScriptDeclarations.look(
        at: Span<UInt8>(_bytes: text.bytes),
        maximumLines: opcodesLeft
      )
      // Where they are too many, the limit is a finding.
      opcodesLeft -= look.lines
      guard look.hasOthers else { return }
      result.add(ScannedCode.torchScriptFinding(at: stream.place))
    }
  }

  /// Looks at a member that may describe a program.
  mutating func scanDescription(
    _ stream: Stream,
    _ member: ScannedArchive.Member,
    kind: ProgramDescription
  ) {
    guard let text = memberText(stream, member) else { return }
    opcodesLeft -= text.count / Self.textPerOpcode
    guard kind.describesProgram(Span<UInt8>(_bytes: text.bytes)) else { return }
    result.add(kind.finding(at: stream.place))
  }

  /// Looks whether bytes are a model of the lite interpreter.
  mutating func scanFlatbuffer(_ stream: Stream) {
    guard ScannedCode.isFlatbuffer(stream.region.bytes) else { return }
    result.add(ScannedCode.torchScriptFinding(at: stream.place))
  }

  /// The bytes of a member that is read as a text, as far as one is; nil where it cannot be, which is said.
  private mutating func memberText(
    _ stream: Stream,
    _ member: ScannedArchive.Member
  ) -> ByteRegion? {
    let limit = min(limits.memberBytes, inflationLeft)
    effort -= stream.region.count
    var text = stream.region
    if member.isDeflated {
      do {
        let prefix = try inflatePrefix(stream.region.bytes, as: .raw, limit: limit)
        addDefect(of: prefix, as: .raw, byteCount: member.byteCount, at: stream)
        text = prefix.region
      } catch {
        result.add(error.inFile(stream.place))
        return nil
      }
      inflationLeft -= text.count
    }
    guard text.count >= limit else { return text }
    addTooLarge("what follows the first \(limit) bytes", limit: limit, at: stream.place)
    let range = text.range.prefix(limit)
    return try? ByteRegion(text.source, offset: range.lowerBound, count: range.count)
  }
}
