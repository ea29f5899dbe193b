package import BallastBytes
package import BallastCheckpoint

/// A zip archive, after PKWARE's APPNOTE 6.3: stored and deflated members, ZIP64 included.
///
///     ┌────────┬──────┬────────────┬   ┬───────────┬───────────────────┬───────────┐
///     │ header │ data │ descriptor │ … │ directory │ ZIP64 end,locator │ end record│
///     └────────┴──────┴────────────┴   ┴───────────┴───────────────────┴───────────┘
///
/// The directory is held against the members' own headers: readers that trust one or the other must
/// not see two different archives.
package struct ZipArchive: Sendable {
  /// The members, in the order of the directory.
  package let members: [ZipMember]
  /// Where the directory starts.
  package let directoryOffset: Int
  /// What was accepted although it is suspicious.
  package let warnings: [FormatError]
  private let source: SharedBytes
  private let index: [ExactString: Int]

  /// How much deflate (RFC 1951) can compress: it spends two bits on at most 258 bytes.
  private static let maximumRatio = 1032
  /// Checksums are computed in pieces, whose pages are given back.

  /// Reads the directory and every member's header.
  package init(
    parsing source: SharedBytes,
    limits: ZipLimits = .standard
  ) throws(FormatError) {
    self.source = source
    let end = try ZipEndRecord(searching: source)
    guard end.memberCount <= limits.members else {
      throw FormatError(
        ZipFault.tooManyMembers(limit: limits.members),
        at: end.directory.lowerBound
      )
    }
    var warnings = Warnings()
    if end.trailingBytes > 0 {
      warnings.append(
        "the end",
        FormatError(
          ZipFault.trailingBytes(end.trailingBytes),
          at: source.count - end.trailingBytes
        )
      )
    }
    var members: [ZipMember] = []
    var index: [ExactString: Int] = [:]
    var nameBytes = 0
    var reader = ByteReader(
      source.bytes.extracting(end.directory),
      base: end.directory.lowerBound
    )
    while reader.remaining > 0, members.count < end.memberCount {
      let place = reader.offset
      let entry = try ZipDirectoryEntry(parsing: &reader, index: members.count, in: source)
      nameBytes += entry.nameRange.count
      guard nameBytes <= limits.nameBytes else {
        throw FormatError(ZipFault.namesTooLong(limit: limits.nameBytes), at: place)
      }
      guard index.updateValue(members.count, forKey: ExactString(entry.name)) == nil else {
        throw FormatError(ZipFault.duplicateName(entry.name), at: place)
      }
      guard !entry.name.utf8.contains(0) else {
        throw FormatError(ZipFault.nameWithNUL(entry.name), at: place)
      }
      if Self.leadsOut(entry.name) {
        warnings.append("names", FormatError(ZipFault.unsafeName(entry.name), at: place))
      }
      members.append(try entry.member(in: source, before: end.directory.lowerBound))
    }
    guard members.count == end.memberCount, reader.remaining == 0 else {
      throw FormatError(
        ZipFault.wrongMemberCount(
          announced: end.memberCount,
          found: members.count + (reader.remaining > 0 ? 1 : 0)
        ),
        at: reader.offset
      )
    }
    // Some readers look for the directory where it should start, and some where it should end.
    guard end.gap == 0 else {
      throw FormatError(ZipFault.gapAfterDirectory(end.gap), at: end.directory.upperBound)
    }
    self.members = members
    directoryOffset = end.directory.lowerBound
    self.index = index
    self.warnings = warnings.all
    try checkExtents(limits)
  }

  /// The member of that name.
  package subscript(name: String) -> ZipMember? {
    index[ExactString(name)].map { members[$0] }
  }

  /// The data of a member: a range of the file where it is stored, otherwise decompressed.
  ///
  /// What is decompressed is held against its checksum; what is stored, only where `isVerified` asks
  /// for it, since that reads all of it.
  package func contents(
    of member: ZipMember,
    isVerified: Bool = false
  ) throws(FormatError) -> ByteRegion {
    let place = member.dataRange.lowerBound
    switch member.method {
    case .stored:
      guard member.byteCount == member.dataRange.count else {
        throw FormatError(ZipFault.storedSizeMismatch(member: member.name), at: place)
      }
      let stored = try ByteRegion(source, offset: place, count: member.byteCount)
      if isVerified { try verify(member, contents: stored) }
      return stored
    case .deflated:
      let (most, overflow) = member.dataRange.count.multipliedReportingOverflow(
        by: Self.maximumRatio
      )
      guard overflow || member.byteCount <= most else {
        throw FormatError(ZipFault.impossibleRatio(member: member.name), at: place)
      }
      let compressed = source.bytes.extracting(member.dataRange)
      let expanded = ByteRegion(try inflate(compressed, byteCount: member.byteCount, at: place))
      try verify(member, contents: expanded)
      return expanded
    case .other(let method):
      throw FormatError(ZipFault.unsupportedMethod(member: member.name, method), at: place)
    }
  }

  /// The checksums of stored members that their writer computed; those of deflated ones are compared
  /// when they are decompressed.
  package func checksums(file: String?) -> [StoredChecksum] {
    members.compactMap { member in
      guard member.method == .stored, member.byteCount == member.dataRange.count,
        let region = try? ByteRegion(
          source,
          offset: member.dataRange.lowerBound,
          count: member.byteCount
        )
      else { return nil }
      return checksum(of: member, region, file: file)
    }
  }

  private func checksum(
    of member: ZipMember,
    _ contents: ByteRegion,
    file: String?
  ) -> StoredChecksum? {
    guard member.checksum != 0 else { return nil }
    let subject = "member \(quoted(member.name))"
    return StoredChecksum(.crc32, member.checksum, of: contents, subject: subject, file: file)
  }

  private func verify(_ member: ZipMember, contents: ByteRegion) throws(FormatError) {
    guard let checksum = checksum(of: member, contents, file: nil) else { return }
    guard try checksum.holds() else {
      throw FormatError(
        ZipFault.wrongChecksum(member: member.name),
        at: member.dataRange.lowerBound
      )
    }
  }

  /// Members may not share bytes, nor announce more data than an honest archive of this size.
  private func checkExtents(_ limits: ZipLimits) throws(FormatError) {
    let ordered = members.sorted { $0.headerOffset < $1.headerOffset }
    for (member, next) in zip(ordered, ordered.dropFirst()) where member.end > next.headerOffset {
      throw FormatError(ZipFault.overlap(member: member.name), at: next.headerOffset)
    }
    var expanded = 0
    for member in members where member.method == .deflated {
      expanded = try sum(expanded, member.byteCount, at: member.headerOffset)
    }
    // A limit past the largest number is none.
    let (times, isPast) = source.count.multipliedReportingOverflow(by: limits.expansion)
    let (limit, isPastToo) = times.addingReportingOverflow(limits.expansionAllowance)
    guard isPast || isPastToo || expanded <= limit else {
      throw FormatError(ZipFault.expandsTooFar(bytes: expanded, limit: limit))
    }
  }

  /// Whether a name would lead out of the folder that the archive is unpacked to.
  private static func leadsOut(_ name: String) -> Bool {
    let isAbsolute = name.hasPrefix("/") || name.hasPrefix("\\") || name.dropFirst().first == ":"
    return isAbsolute || name.split { $0 == "/" || $0 == "\\" }.contains("..")
  }
}

extension ZipArchive {
  /// Whether a file ends as an archive does, whatever else is wrong with it.
  package static func endsWithEndRecord(_ source: SharedBytes) -> Bool {
    ZipEndRecord.endsFile(source)
  }

  /// The name of the member at the start of a file; nil where none is.
  package static func firstName(in source: SharedBytes) -> String? {
    var reader = ByteReader(source.bytes)
    guard (try? reader.read(UInt32.self)) == 0x0403_4B50, (try? reader.skip(22)) != nil,
      let length = try? reader.read(UInt16.self), (try? reader.skip(2)) != nil
    else { return nil }
    return try? reader.readString(Int(length))
  }
}
