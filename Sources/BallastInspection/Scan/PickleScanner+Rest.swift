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
    guard position < stream.end, !stream.isTarHeader else { return }
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
    default: break
    }
    guard
      let region = try? ByteRegion(
        stream.region.source,
        offset: position,
        count: stream.end - position
      ), ScannedTar.isArchive(region)
    else { return }
    scanTar(rest(of: stream, from: position))
  }

  /// Looks for an archive whose directory stands where the last end record says if that is counted from
  /// where the sequence stands: torch counts from where an open file does.
  mutating func tryBase(_ sequence: inout Sequence, of stream: Stream) {
    guard stream.isWhole else { return }
    let source =
      stream.region.count == stream.region.source.count
      ? stream.region.source : stream.region.source.slice(stream.region.range)
    if sequence.archiveEnd == nil {
      sequence.archiveEnd = .some(ScannedArchive.lastEnd(in: source))
    }
    let base = sequence.position - stream.region.range.lowerBound
    guard base < source.count, let last = sequence.archiveEnd.flatMap(\.self),
      ScannedArchive.hasDirectory(of: last, countedFrom: base, in: source)
    else { return }
    sequence.baseCount += 1
    guard sequence.baseCount <= Self.maximumBases else {
      guard sequence.baseCount == Self.maximumBases + 1 else { return }
      let message = "an archive may be counted from more than \(Self.maximumBases) places"
      return result.add(PickleScan.Finding(rule: "pickle.limit", message, file: stream.place))
    }
    scanZip(rest(of: stream, from: sequence.position), isCertain: true)
  }
}
