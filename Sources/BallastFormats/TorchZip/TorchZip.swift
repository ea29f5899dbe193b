package import BallastBytes
package import BallastCheckpoint

/// torch's zip files, as torch.save writes them since 1.6.
///
///     R/data.pkl      the object, its storages as persistent ids
///     R/byteorder     "little" or "big"; little where it is missing
///     R/data/0 …      the storages, stored and aligned to 64 bytes
///     R/version       "3"
///
/// R is the stem of the name under which the file was saved; archives that were unpacked and zipped
/// again may have none, or folders around it.
package enum TorchZip {
  package static let name = "torch-zip"

  /// The versions of the layout that torch itself accepts.
  static let versions = 1...10

  /// Whether a file is a zip archive that has a data.pkl.
  package static func matches(_ source: SharedBytes) -> Bool {
    guard let first = ZipArchive.firstName(in: source) else { return false }
    // torch writes it first, so a file that lost its end is recognised too.
    if first == pickleName || first.hasSuffix("/" + pickleName) { return true }
    guard let archive = try? ZipArchive(parsing: source) else { return false }
    return root(of: archive) != nil
  }

  /// Opens a file; `file` is its name within a set of several.
  package static func open(
    _ source: SharedBytes,
    file: String? = nil,
    limits: TorchLimits = .standard
  ) throws(FormatError) -> Checkpoint {
    do {
      return try parse(source, file: file, limits: limits)
    } catch {
      throw error.inFile(file)
    }
  }

  private static let pickleName = "data.pkl"

  private static func parse(
    _ source: SharedBytes,
    file: String?,
    limits: TorchLimits
  ) throws(FormatError) -> Checkpoint {
    let archive = try ZipArchive(parsing: source, limits: limits.zip)
    guard let root = root(of: archive), let member = archive[root + pickleName] else {
      throw FormatError(TorchFault.noPickle)
    }
    try checkNames(of: archive)
    var warnings = archive.warnings
    if let version = try text(of: root + "version", in: archive) {
      guard let number = Int(version), versions.contains(number) else {
        throw FormatError(TorchFault.unsupportedVersion(version))
      }
    } else {
      warnings.append(FormatError(TorchFault.noVersion))
    }
    let byteOrder = try byteOrder(of: archive, root: root)
    let pickle = try archive.contents(of: member, isVerified: true)

    do {
      var machine = PickleMachine(
        pickle.source,
        range: pickle.range,
        isInFile: member.method == .stored,
        limits: limits.pickle
      )
      try machine.run()
      let storages = TorchStorages { (reference) throws(FormatError) in
        guard let member = archive[root + "data/" + reference.key.text] else {
          throw FormatError(TorchFault.missingStorage(key: reference.key.text))
        }
        return TensorStorage(
          try archive.contents(of: member),
          byteOrder: byteOrder,
          file: file,
          fileOffset: member.method == .stored ? member.dataRange.lowerBound : nil,
          maximumUnfoldedBytes: limits.unfoldedBytes
        )
      }
      var walk = TorchWalk(machine.graph, storages: storages, file: file, limits: limits)
      try walk.run(machine.graph.root ?? .none)
      return try Checkpoint(
        format: name,
        files: [.init(name: file ?? "", byteCount: source.count)],
        metadata: walk.metadata.values,
        warnings: (warnings + walk.warnings).map { $0.inFile(file) },
        checksums: archive.checksums(file: file),
        tensors: walk.tensors
      )
    } catch {
      // Offsets within a decompressed pickle are not offsets in the file.
      guard member.method != .stored else { throw error }
      throw error.inFile((file.map { $0 + "/" } ?? "") + member.name)
    }
  }

  /// Refuses names that torch does not tell apart: it ignores the case of ASCII letters.
  private static func checkNames(of archive: ZipArchive) throws(FormatError) {
    var names: [[UInt8]: String] = [:]
    for member in archive.members {
      let folded = member.name.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
      if let other = names.updateValue(member.name, forKey: folded) {
        throw FormatError(ZipFault.similarNames(other, member.name), at: member.headerOffset)
      }
    }
  }

  /// What stands before `data.pkl`: a folder with its slash, or nothing.
  private static func root(of archive: ZipArchive) -> String? {
    if let first = archive.members.first?.name, let slash = first.firstIndex(of: "/") {
      let root = String(first[...slash])
      if archive[root + pickleName] != nil { return root }
    }
    if archive[pickleName] != nil { return "" }
    // Zipped again with folders around it.
    let roots = archive.members.filter { $0.name.hasSuffix("/" + pickleName) }
    guard let only = roots.first, roots.count == 1 else { return nil }
    return String(only.name.dropLast(pickleName.count))
  }

  private static func byteOrder(
    of archive: ZipArchive,
    root: String
  ) throws(FormatError) -> TensorStorage.ByteOrder {
    switch try text(of: root + "byteorder", in: archive) {
    case nil, "little": return .little
    case "big": return .big
    case let other?: throw FormatError(TorchFault.unknownByteOrder(other))
    }
  }

  /// The content of a small member, without white space at its end.
  private static func text(
    of name: String,
    in archive: ZipArchive
  ) throws(FormatError) -> String? {
    guard let member = archive[name] else { return nil }
    let contents = try archive.contents(of: member)
    let bytes = contents.source.array(contents.range.prefix(64))
    let text = String(decoding: bytes, as: UTF8.self)
    return String(text.reversed().drop { $0.isWhitespace }.reversed())
  }
}
