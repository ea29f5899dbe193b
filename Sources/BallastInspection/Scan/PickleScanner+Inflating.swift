import BallastBytes
import BallastFormats

/// What is compressed: its start shows whether the rest is worth the time and the memory.
extension PickleScanner {
  /// Blocks of deflate streams that are empty take as long as an opcode for so many bytes.
  private static let emptyBytesPerOpcode = 2

  /// The bytes of a compressed stream, or as many of them as show all that it could do; nil where
  /// that is nothing.
  ///
  /// `byteCount` is what a reader stops at, where one does. What is decompressed and does not end as it
  /// should is said to, unless it `isTrial`.
  mutating func inflated(
    _ stream: Stream,
    as format: DeflateFormat,
    byteCount: Int?,
    isTrial: Bool = false
  ) throws(FormatError) -> ByteRegion? {
    let compressed = stream.region
    effort -= min(compressed.count, ScannedArchive.probe)
    let head = try inflatePrefix(compressed.bytes, as: format, limit: ScannedArchive.probe)
    chargeEmptiness(of: head)
    let isAll = head.region.count < ScannedArchive.probe
    if isAll {
      addTooManyStreams(of: head, at: stream)
      if !isTrial { addDefect(of: head, as: format, byteCount: byteCount, at: stream) }
      return head.region.count > 0 ? head.region : nil
    }
    switch judge(head.region, of: stream, byteCount: byteCount) {
    // Whatever a file that is compressed starts with, a zip archive may end it.
    case .nothing where stream.isWhole, .settled where stream.isWhole: break
    case .nothing: return nil
    case .settled: return head.region
    case .open: break
    }
    // Deflate makes at most 1032 bytes of one.
    let (most, overflow) = compressed.count.multipliedReportingOverflow(by: 1032)
    let limit = min(limits.memberBytes, inflationLeft, overflow ? .max : most)
    let prefix = try inflatePrefix(compressed.bytes, as: format, limit: limit)
    let bytes = prefix.region
    chargeEmptiness(of: prefix)
    addTooManyStreams(of: prefix, at: stream)
    if !isTrial { addDefect(of: prefix, as: format, byteCount: byteCount, at: stream) }
    inflationLeft -= bytes.count
    effort += Self.effort(for: bytes.count)
    let isCut = bytes.count == limit && limit < most
    if isCut { addCut(judge(bytes, of: stream, byteCount: byteCount), bytes, limit, of: stream) }
    return bytes
  }

  /// Says that a stream goes on behind the bytes that were decompressed.
  private mutating func addCut(
    _ judgement: Judgement,
    _ bytes: ByteRegion,
    _ limit: Int,
    of stream: Stream
  ) {
    switch judgement {
    case .settled where !stream.isWhole: break
    case .nothing, .settled:
      result.add(FormatError(ScanFault.cutStream(limit)).inFile(stream.place))
    case .open:
      let part = "what follows the first \(limit) decompressed bytes"
      if let start = try? NumPyStart(bytes), let end = start.end, end > bytes.count {
        // So far there are nothing but numbers.
        result.add(FormatError(ScanFault.cutArray(limit)).inFile(stream.place))
      } else {
        addTooLarge(part, limit: limit, at: stream.place)
      }
    }
  }

  /// Charges what was read of compressed bytes and gave none: what they give is charged itself.
  private mutating func chargeEmptiness(of prefix: InflatedPrefix) {
    let empty = prefix.consumed - prefix.region.count
    opcodesLeft -= max(0, empty) / Self.emptyBytesPerOpcode
  }

  private mutating func addTooManyStreams(of prefix: InflatedPrefix, at stream: Stream) {
    guard prefix.hasTooManyStreams else { return }
    let message =
      "what follows \(DeflateFormat.maximumStreams) compressed streams was not looked at"
    result.add(PickleScan.Finding(rule: "pickle.limit", message, file: stream.place))
  }

  /// Says of compressed data that it does not end as it should: readers that are less strict than zlib, or
  /// that take the announced size for the true one, find other bytes.
  ///
  /// What gzip and zlib leave behind a stream no reader of theirs takes for a part of it, and what only
  /// looks like zlib ends anywhere.
  mutating func addDefect(
    of prefix: InflatedPrefix,
    as format: DeflateFormat,
    byteCount: Int?,
    at stream: Stream
  ) {
    let fault: ScanFault
    switch (prefix.end, format) {
    case (.broken, .raw), (.broken, .gzip):
      // Some writers have no bytes at all for what is empty.
      guard stream.region.count > 0 || byteCount != 0 else { return }
      fault = .brokenStream
    case (.followed, .raw):
      guard byteCount != nil else { return }
      fault = .followedStream
    case (.whole, .raw):
      guard let byteCount, byteCount != prefix.region.count else { return }
      fault = .otherLength(announced: byteCount, found: prefix.region.count)
    case (.broken, .zlib), (.followed, _), (.whole, _), (.limit, _): return
    }
    result.add(FormatError(fault).inFile(stream.place))
  }

  /// What the start of a stream says of the rest.
  private enum Judgement {
    /// There is no pickle, and no container that is opened.
    case nothing
    /// All that any Python would run stands in these bytes.
    case settled
    case open
  }

  private mutating func judge(
    _ head: ByteRegion,
    of stream: Stream,
    byteCount: Int?
  ) -> Judgement {
    if ScannedTar.isArchive(head) || PickleSniffing.startsZip(head.bytes) { return .open }
    switch NativeCode.look(at: head) {
    // The letters of a PE file are those of an opcode.
    case .isNative where !NativeCode.isPE(head): return .settled
    case .isNative, .open: return .open
    case .other: break
    }
    switch PickleSniffing.kind(of: head.bytes) {
    case .other: return isLZMA(head) ? .settled : .nothing
    case .unopened: return .settled
    case .numpy:
      // Whoever loads twice from an open file reads on behind the array, if the member goes on there.
      guard let byteCount, let end = (try? NumPyStart(head))?.end else { return .open }
      return end >= byteCount ? .nothing : .open
    case .zip, .gzip, .zlib: return .open
    case .pickle: return isSettled(head, whileClean: false, byteCount) ? .settled : .open
    case .perhapsPickle:
      return isSettled(head, whileClean: !stream.isPickle, byteCount) ? .settled : .open
    }
  }

  /// Whether a walk ends for a reason that more bytes do not change.
  private mutating func isSettled(
    _ head: ByteRegion,
    whileClean: Bool,
    _ byteCount: Int?
  ) -> Bool {
    let walk = walk(head.range, of: head.source, whileClean: whileClean)
    if walk.end == .unknownOpcode || whileClean && !walk.isClean { return true }
    // An argument that would reach past the end of the member: tensors begin with any letter.
    guard walk.end == .truncated, let byteCount else { return false }
    return walk.missing > byteCount - head.count
  }
}
