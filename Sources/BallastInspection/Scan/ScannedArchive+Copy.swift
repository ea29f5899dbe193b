import BallastBytes
import BallastFormats

/// Archives that stand, nearly as they are, in what they are compressed to: deflate copies what does
/// not become smaller, in blocks.
extension ScannedArchive {
  /// Whether a reader of archives finds in `compressed` only what stands in `original`, too, from which
  /// that is compressed: the end of the archive is the same in both, and no member in front of it is
  /// where the directory says.
  static func isOnlyCopy(_ compressed: SharedBytes, of original: ByteRegion) -> Bool {
    let source = original.source.slice(original.range)
    guard let copy = lastArchive(in: compressed), let whole = lastArchive(in: source),
      !hasDirectoryByAbsoluteOffset(compressed), let last = lastEnd(in: source),
      let own = lastEnd(in: compressed), let archive = try? ZipArchive(parsing: source.slice(whole))
    else { return false }
    let same = commonSuffix(
      Span<UInt8>(_bytes: compressed.bytes).extracting(0..<copy.upperBound),
      Span<UInt8>(_bytes: source.bytes).extracting(0..<whole.upperBound)
    )
    // All that says where the directory is; a locator of ZIP64 is a part of it, or an accident that readers may follow.
    let records = whole.upperBound - last.directoryEnd
    guard records <= same, copy.upperBound - own.directoryEnd == records,
      records > locatorBytes + copy.upperBound - own.start
        || !isSigned(compressed, at: own.start - locatorBytes, 6, 7)
    else { return false }
    // Where readers look for the directory, and for each member, counted from the end.
    let directory = records + last.directory.count
    guard directory <= same else {
      return !isSigned(compressed, at: copy.upperBound - directory, 1, 2)
    }
    return archive.members.allSatisfy { member in
      let distance = whole.count - member.headerOffset
      return distance <= same || !isSigned(compressed, at: copy.upperBound - distance, 3, 4)
    }
  }

  /// How many bytes are the same at the ends.
  private static func commonSuffix(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Int {
    var count = 0
    let most = min(one.count, other.count)
    while count < most, one[one.count - 1 - count] == other[other.count - 1 - count] { count += 1 }
    return count
  }

  /// Whether a record of a kind starts at a place.
  private static func isSigned(
    _ source: SharedBytes,
    at place: Int,
    _ first: UInt8,
    _ second: UInt8
  ) -> Bool {
    let span = Span<UInt8>(_bytes: source.bytes)
    return place >= 0 && place <= span.count - 4 && span[place] == 0x50 && span[place + 1] == 0x4B
      && span[place + 2] == first && span[place + 3] == second
  }
}
