import BallastBytes
import BallastFormats

/// What stands behind the pickles of a sequence: a container, which whoever loads from the open file gives
/// to a reader of such, and archives that are counted from there.
extension PickleScanner {
  /// Places from which readers of an archive may count are tried up to this number.
  private static let maximumBases = 16
  /// Zip archives that reach to the same end are opened up to this number.
  private static let maximumArchives = 16

  /// The rest of a stream as a stream of its own.
  func rest(of stream: Stream, from position: Int) -> Stream {
    var rest = stream
    let count = max(stream.end - position, 0)
    guard let region = try? ByteRegion(stream.region.source, offset: position, count: count) else {
      return stream
    }
    rest.region = region
    rest.place = stream.inner("behind byte \(position - stream.region.range.lowerBound)")
    return rest
  }

  /// Opens what stands at a place of a stream as a container, if it is one, or says that it is not opened.
  mutating func openRest(of stream: Stream, from position: Int) {
    guard position < stream.end else { return }
    let bytes = stream.region.source.bytes.extracting(position..<stream.end)
    let kind = PickleSniffing.kind(of: bytes)
    switch kind {
    case .gzip: scanCompressed(rest(of: stream, from: position), as: .gzip)
    case .zlib:
      opcodesLeft -= Self.opcodesPerTrial
      scanCompressed(rest(of: stream, from: position), as: .zlib)
    case .unopened(let name) where !stream.isNested:
      let place = rest(of: stream, from: position).place
      result.add(FormatError(ScanFault.unopened(name)).inFile(place))
    // Of the file itself all archives are looked for.
    case .zip where !stream.isWhole:
      archivesBehind += 1
      if archivesBehind <= Self.maximumArchives {
        scanZip(rest(of: stream, from: position), isCertain: true)
      } else if archivesBehind == Self.maximumArchives + 1 {
        let message = "more than \(Self.maximumArchives) archives stand behind pickles"
        result.add(PickleScan.Finding(rule: "pickle.limit", message, file: stream.place))
      }
    default:
      // What is compressed may start with anything, if an archive ends it.
      if stream.isWhole, PickleSniffing.mayBeZlib(Span<UInt8>(_bytes: bytes)) {
        opcodesLeft -= Self.opcodesPerTrial
        scanCompressed(rest(of: stream, from: position), as: .zlib)
      }
    }
    guard
      let region = try? ByteRegion(
        stream.region.source,
        offset: position,
        count: stream.end - position
      ), !stream.isTarHeader, ScannedTar.isArchive(region, toPython: true)
    else { return }
    scanTar(rest(of: stream, from: position))
  }

  /// Looks for an archive whose directory stands where the last end record says if that is counted from
  /// where the sequence stands: torch counts from where an open file does.
  mutating func tryBase(_ sequence: inout Sequence, of stream: Stream) {
    guard stream.isWhole else { return }
    if sequence.archiveEnd == nil {
      sequence.archiveEnd = .some(ScannedArchive.lastEnd(in: Self.source(of: stream)))
    }
    guard let last = sequence.archiveEnd.flatMap(\.self) else { return }
    tryBase(sequence.position, last, of: stream)
  }

  /// The same where members end: whoever loads twice from an open file counts from where the last one read does.
  mutating func tryBases(behind members: [ScannedArchive.Member], of stream: Stream) {
    guard stream.isWhole, let last = ScannedArchive.lastEnd(in: Self.source(of: stream)) else {
      return
    }
    for member in members {
      tryBase(stream.region.range.lowerBound + member.range.upperBound, last, of: stream)
    }
  }

  private mutating func tryBase(_ position: Int, _ last: ScannedArchive.End, of stream: Stream) {
    let base = position - stream.region.range.lowerBound
    guard position < stream.end,
      ScannedArchive.hasDirectory(of: last, countedFrom: base, in: Self.source(of: stream)),
      bases.count <= Self.maximumBases, bases.insert(position).inserted
    else { return }
    guard bases.count <= Self.maximumBases else {
      let message = "an archive may be counted from more than \(Self.maximumBases) places"
      return result.add(PickleScan.Finding(rule: "pickle.limit", message, file: stream.place))
    }
    scanZip(rest(of: stream, from: position), isCertain: true)
  }

  /// The bytes of a stream, as a reader has them that counts from their start.
  static func source(of stream: Stream) -> SharedBytes {
    let region = stream.region
    return region.count == region.source.count ? region.source : region.source.slice(region.range)
  }
}
