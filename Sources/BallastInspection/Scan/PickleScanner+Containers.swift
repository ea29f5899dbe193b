import BallastBytes
import BallastFormats

/// The containers in which pickles come.
extension PickleScanner {
  /// A zip archive; where it is broken or its two directories disagree, member by member.
  ///
  /// An archive that does not become smaller stands nearly as it is in what it is compressed to, `stream`:
  /// what is broken there is not said, if it is scanned in the `original`.
  mutating func scanZip(
    _ stream: Stream,
    isCertain: Bool,
    compressedFrom original: ByteRegion? = nil
  ) {
    effort -= stream.region.count
    // Readers of archives count from the start of theirs.
    let source = Self.source(of: stream)
    var zip = ZipLimits.standard
    zip.members = limits.members
    // What members may become is limited where they are decompressed.
    zip.expansion = 0
    zip.expansionAllowance = .max
    var contents: ScannedArchive.Contents
    do {
      let archive = try ZipArchive(parsing: source, limits: zip)
      contents = ScannedArchive.contents(of: archive, in: source)
      tryBases(behind: contents.members, of: stream)
    } catch {
      guard isCertain || !error.isNoArchive else { return }
      if let original, ScannedArchive.isOnlyCopy(source, of: original) { return }
      contents = ScannedArchive.salvage(source, maximumMembers: limits.members)
      // An end record can stand in any bytes; a file that starts as an archive should be one, and so
      // should what has members, too, unless an archive stands there within other data.
      if error.fault.limitName != nil, !contents.isCut {
        // Readers without this limit find other members than those that were found here.
        let message =
          "has more members, or longer names of them, than are read (\(error.fault.description))"
        result.add(PickleScan.Finding(rule: "pickle.limit", message, file: stream.place))
      } else if error.fault.limitName == nil {
        let inner = Self.innerArchive(of: source, limits: zip)
        if isCertain || !contents.members.isEmpty && inner == nil {
          contents.refused.append(error)
        }
        // Its directory may call and cut members otherwise than their own headers do.
        if let (archive, slice, start) = inner {
          let listed = ScannedArchive.contents(of: archive, in: slice)
          if contents.contains(listed, at: start, in: source) {
            contents.adoptSizes(of: listed, at: start)
          } else {
            scan(listed, in: slice, of: stream, isTar: false)
          }
        }
      }
    }
    scan(contents, in: source, of: stream, isTar: false)
  }

  /// A sound archive that bytes hold, with others in front of it and behind it; nil where a reader that counts from
  /// the start of all bytes may find another directory.
  private static func innerArchive(
    of source: SharedBytes,
    limits: ZipLimits
  ) -> (archive: ZipArchive, slice: SharedBytes, start: Int)? {
    guard let range = ScannedArchive.lastArchive(in: source),
      !ScannedArchive.hasDirectoryByAbsoluteOffset(source)
    else { return nil }
    let slice = source.slice(range)
    return (try? ZipArchive(parsing: slice, limits: limits)).map { ($0, slice, range.lowerBound) }
  }

  mutating func scanTar(_ stream: Stream) {
    guard ScannedTar.isArchive(stream.region) else { return }
    // A header for every block takes longer to check than bytes take to be read.
    effort -= 4 * stream.region.count
    let contents = ScannedTar.contents(
      of: stream.region,
      maximumMembers: limits.members,
      shouldStop: shouldStop
    )
    scan(contents, in: stream.region.source, of: stream, isTar: true)
  }

  private mutating func scan(
    _ contents: ScannedArchive.Contents,
    in source: SharedBytes,
    of stream: Stream,
    isTar: Bool
  ) {
    for error in contents.refused { result.add(error.inFile(stream.place)) }
    for link in contents.links {
      let message =
        "its member \(link.name) is a link, a pipe or a device, through which torch opens another file"
      result.add(
        PickleScan.Finding(rule: "tar.link", message, file: stream.place, offset: link.offset)
      )
    }
    if contents.isCut {
      let message =
        "has more than \(limits.members) members (scan.members): the rest was not looked at"
      result.add(PickleScan.Finding(rule: "pickle.limit", message, file: stream.place))
    }
    guard !contents.members.isEmpty else { return }
    var archive = ScannedArchive(
      source: source,
      members: contents.members,
      place: stream.place,
      depth: stream.depth,
      isTar: isTar,
      isLoaded: stream.isLoaded
    )
    let programs = ScannedCode.Traits(of: archive)
    archive.code = programs.kind
    archive.isOpenedByTorch = programs.hasVersion
    archive.holdsModel = archive.code == .export || ScannedCode.hasPickles(archive)
    if let finding = archive.code?.finding(in: archive) { result.add(finding) }
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
      var stream = Stream(
        region: try ByteRegion(
          archive.source,
          offset: member.range.lowerBound,
          count: member.range.count
        ),
        place: place,
        depth: archive.depth + 1
      )
      // What torch and others keep pickles in.
      stream.isPickle = archive.foldedName(of: member).hasSuffix(".pkl")
      stream.isTarHeader = member.isHeader
      stream.gapEnd = member.gapEnd
      stream.isModelMember = archive.holdsModel
      stream.isTarMember = archive.isTar
      stream.isLoaded = archive.isLoaded
      if let code = archive.code, ScannedCode.isSource(member, of: archive) {
        scanCode(stream, member, kind: code)
      }
      if let description = ProgramDescription(of: member, in: archive) {
        scanDescription(stream, member, kind: description)
      }
      if member.isSalvaged {
        opcodesLeft -= Self.opcodesPerSalvagedMember
        // Its header and the directory may disagree about the method: here is the other one.
        var other = stream
        other.isPickle = false
        if member.isDeflated {
          work.append(.stream(other))
        } else if let region = try? inflated(other, as: .raw, byteCount: nil, isTrial: true) {
          other.region = region
          work.append(.stream(other))
        }
      }
      if member.isDeflated {
        guard let region = try inflated(stream, as: .raw, byteCount: member.byteCount) else {
          return
        }
        stream.region = region
      }
      work.append(.stream(stream))
    } catch {
      result.add(error.inFile(place))
    }
  }

  /// What is in a gzip file or a zlib stream, in which pickles are often kept; returns what is scanned of it.
  @discardableResult
  mutating func scanCompressed(_ stream: Stream, as format: DeflateFormat) -> ByteRegion? {
    var inner = stream
    inner.place = stream.inner("decompressed")
    inner.depth += 1
    do {
      guard let region = try inflated(inner, as: format, byteCount: nil) else { return nil }
      inner.region = region
      work.append(.stream(inner))
      return region
    } catch {
      result.add(error.inFile(stream.place))
      return nil
    }
  }
}

extension FormatError {
  /// Whether the bytes have no end record of a zip archive at all.
  fileprivate var isNoArchive: Bool {
    if case .noEndRecord? = fault as? ZipFault { true } else { false }
  }
}
