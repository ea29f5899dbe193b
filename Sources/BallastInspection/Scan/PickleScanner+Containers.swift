import BallastBytes
import BallastFormats

/// The containers in which pickles come.
extension PickleScanner {
  /// A zip archive; where it is broken or its two directories disagree, member by member.
  mutating func scanZip(_ stream: Stream, isCertain: Bool) {
    guard let source = whole(stream.region) else { return }
    effort -= source.count
    var members: [ScannedArchive.Member] = []
    do {
      let archive = try ZipArchive(parsing: source)
      let found = ScannedArchive.members(of: archive)
      members = found.members
      result.unreadable += found.refused.map { $0.inFile(stream.place) }
    } catch {
      guard isCertain || !error.isNoArchive else { return }
      members = ScannedArchive.salvage(ByteRegion(source))
      // An end record can stand in any bytes; a file that starts as an archive should be one.
      if isCertain { result.unreadable.append(error.inFile(stream.place)) }
    }
    scan(members, in: source, of: stream)
  }

  mutating func scanTar(_ stream: Stream) {
    scan(ScannedArchive.tarMembers(stream.region), in: stream.region.source, of: stream)
  }

  private mutating func scan(
    _ members: [ScannedArchive.Member],
    in source: SharedBytes,
    of stream: Stream
  ) {
    guard !members.isEmpty else { return }
    let archive = ScannedArchive(
      source: source,
      members: members,
      place: stream.place,
      depth: stream.depth
    )
    work.append(.members(archive, next: 0))
  }

  /// Scans a member, and leaves the ones after it as work.
  mutating func scanMember(_ index: Int, of archive: ScannedArchive) {
    let member = archive.members[index]
    if index + 1 < archive.members.count {
      work.append(.members(archive, next: index + 1))
    }
    let place = archive.place(of: member)
    do {
      guard let region = try contents(of: member, in: archive) else { return }
      work.append(.stream(Stream(region: region, place: place, depth: archive.depth + 1)))
    } catch {
      result.unreadable.append(error.inFile(place))
    }
  }

  /// The bytes of a member; nil where its first bytes show that there is nothing to scan.
  private mutating func contents(
    of member: ScannedArchive.Member,
    in archive: ScannedArchive
  ) throws(FormatError) -> ByteRegion? {
    guard member.isDeflated else {
      return try ByteRegion(
        archive.source,
        offset: member.range.lowerBound,
        count: member.range.count
      )
    }
    return try inflated(member.range, of: archive.source, place: archive.place(of: member))
  }

  private mutating func inflated(
    _ range: Range<Int>,
    of source: SharedBytes,
    place: String
  ) throws(FormatError) -> ByteRegion? {
    let compressed = ByteRegion(source, range)
    guard let compressed else { return nil }
    let head = try inflatePrefix(compressed.bytes, limit: ScannedArchive.probe)
    let kind = PickleSniffing.kind(of: head.bytes)
    switch kind {
    case .other where ScannedArchive.tarMembers(head).isEmpty: return nil
    case .numpy where !PickleSniffing.isObjectArray(head.bytes): return nil
    case .perhapsPickle, .pickle:
      // Tensors begin with any letter; where the first bytes show all that Python would read, they
      // are enough.
      let walk = walk(head.range, of: head.source, whileClean: kind == .perhapsPickle)
      if kind == .perhapsPickle && !walk.isClean || walk.end == .unknownOpcode { return head }
    case .other, .numpy, .zip, .gzip: break
    }
    // Deflate makes at most 1032 bytes of one.
    let (most, overflow) = range.count.multipliedReportingOverflow(by: 1032)
    let limit = min(limits.memberBytes, inflationLeft, overflow ? .max : most)
    let bytes = try inflatePrefix(compressed.bytes, limit: limit)
    inflationLeft -= bytes.count
    effort += Self.effort(for: bytes.count)
    if bytes.count == limit, limit < most {
      let name = limit == limits.memberBytes ? "scan.member-bytes" : "scan.inflated-bytes"
      let message = "only the first \(limit) decompressed bytes were looked at (\(name))"
      result.add(PickleScan.Finding(rule: "pickle.too-large", message, file: place))
    }
    return bytes
  }

  /// A NumPy array: an array of objects is a pickle after the header.
  mutating func scanNumPy(_ stream: Stream) {
    guard PickleSniffing.isObjectArray(stream.region.bytes) else { return }
    var reader = ByteReader(stream.region.bytes)
    do {
      try reader.skip(6)
      let major = try reader.read(UInt8.self)
      try reader.skip(1)
      let length =
        major == 1 ? Int(try reader.read(UInt16.self)) : Int(try reader.read(UInt32.self))
      try reader.skip(length)
      let offset = stream.region.range.lowerBound + reader.position
      var data = stream
      data.region = try ByteRegion(stream.region.source, offset: offset, count: reader.remaining)
      data.place = (stream.place.map { $0 + ", " } ?? "") + "array at byte \(reader.position)"
      let kind = PickleSniffing.kind(of: data.region.bytes)
      if kind == .pickle || kind == .perhapsPickle {
        scanPickles(data, isCertain: kind == .pickle)
      }
    } catch {
      result.unreadable.append(error.inFile(stream.place))
    }
  }

  /// A gzip file (RFC 1952), in which pickles are often kept.
  mutating func scanGzip(_ stream: Stream) {
    var reader = ByteReader(stream.region.bytes)
    do {
      try reader.skip(3)
      let flags = try reader.read(UInt8.self)
      try reader.skip(6)
      if flags & 4 != 0 { try reader.skip(Int(try reader.read(UInt16.self))) }
      for flag in [8 as UInt8, 16] where flags & flag != 0 {
        while try reader.read(UInt8.self) != 0 {}
      }
      if flags & 2 != 0 { try reader.skip(2) }
      let start = stream.region.range.lowerBound + reader.position
      let range = start..<stream.region.range.upperBound
      let place = (stream.place.map { $0 + ", " } ?? "") + "gunzipped"
      guard let region = try inflated(range, of: stream.region.source, place: place) else { return }
      work.append(.stream(Stream(region: region, place: place, depth: stream.depth + 1)))
    } catch {
      result.unreadable.append(error.inFile(stream.place))
    }
  }

  /// A source of a region's bytes alone: readers of archives count from the start of theirs.
  private func whole(_ region: ByteRegion) -> SharedBytes? {
    if region.count == region.source.count { return region.source }
    let span = Span<UInt8>(_bytes: region.bytes)
    guard span.count > 22, region.count <= limits.memberBytes else { return nil }
    return try? SharedBytes.copying(region.source.array(region.range))
  }
}

/// The ways in which a file escapes a scan.
package enum ScanFault: FormatFault {
  /// Nothing dangerous stands in a pickle before it breaks off.
  case unfinished

  /// What is wrong, in one line.
  package var description: String {
    switch self {
    case .unfinished: "the pickle breaks off before its end"
    }
  }
}

extension ByteRegion {
  fileprivate init?(_ source: SharedBytes, _ range: Range<Int>) {
    guard
      let region = try? ByteRegion(source, offset: range.lowerBound, count: range.count)
    else { return nil }
    self = region
  }
}

extension FormatError {
  /// Whether the bytes have no end record of a zip archive at all.
  fileprivate var isNoArchive: Bool {
    if case .noEndRecord? = fault as? ZipFault { true } else { false }
  }
}
