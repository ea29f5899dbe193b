package import BallastBytes
package import BallastCheckpoint

/// torch's legacy files, stacked pickles, as torch.save wrote them up to 1.5.
///
///     pickle: the magic number      pickle: 1001      pickle: {"little_endian": True, …}
///     pickle: the object, its storages as persistent ids
///     pickle: ["key", …]
///     for each key: i64 number of elements, then the elements
///
/// Numbers are little-endian on every machine: torch converts them as it writes, and what it notes
/// under `little_endian` describes the machine, not the file.
package enum TorchLegacy {
  package static let name = "torch-legacy"

  /// The number that torch itself chose: 0x1950a86a20f9469cfc6c, little-endian.
  static let magicNumber: [UInt8] = [
    0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]
  /// The same in the digits of protocol 0.
  private static let magicDigits = "119547037146038801333356"

  static let protocolVersion = 1001

  /// The magic number takes at most 29 bytes, in protocol 0.
  private static let maximumMagicBytes = 64

  /// Whether a file starts with the pickled magic number, in any protocol.
  package static func matches(_ source: SharedBytes) -> Bool {
    isMagicNumber(in: source, at: 0..<source.count)
  }

  /// Whether the pickle at the start of a range is the magic number.
  package static func isMagicNumber(in source: SharedBytes, at range: Range<Int>) -> Bool {
    var machine = PickleMachine(source, range: range.prefix(maximumMagicBytes))
    return (try? machine.run()) != nil && isMagicNumber(in: machine.graph)
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

  private static func isMagicNumber(in graph: PickleGraph) -> Bool {
    guard case .long(let index)? = graph.root else { return false }
    let long = graph.longs[index]
    let bytes = graph.source.array(long.range)
    return long.isDecimal ? bytes.elementsEqual(magicDigits.utf8) : bytes == magicNumber
  }

  private static func parse(
    _ source: SharedBytes,
    file: String?,
    limits: TorchLimits
  ) throws(FormatError) -> Checkpoint {
    let contents = try contents(of: source, limits)
    var found: [TorchKey: TensorStorage] = [:]
    for (key, region) in contents.storages {
      found[key] = TensorStorage(
        region,
        file: file,
        fileOffset: region.range.lowerBound,
        maximumUnfoldedBytes: limits.unfoldedBytes
      )
    }
    var warnings: [FormatError] = []
    let trailing = source.count - contents.end
    if trailing > 0 {
      warnings.append(FormatError(TorchFault.trailingBytes(trailing), at: contents.end))
    }
    let storages = TorchStorages { [found] (reference) throws(FormatError) in
      guard let storage = found[reference.key] else {
        throw FormatError(TorchFault.missingStorage(key: reference.key.text))
      }
      return storage
    }
    let graph = contents.graph
    var walk = TorchWalk(graph, storages: storages, file: file, limits: limits)
    try walk.run(graph.root ?? .none)
    return try Checkpoint(
      format: name,
      files: [.init(name: file ?? "", byteCount: source.count)],
      metadata: walk.metadata.values,
      warnings: (warnings + walk.warnings).map { $0.inFile(file) },
      tensors: walk.tensors
    )
  }

  /// Where a file ends behind its last storage, whatever follows it there.
  package static func end(of source: SharedBytes) throws(FormatError) -> Int {
    let contents = try contents(of: source, .standard)
    // torch keeps views and storages in one dictionary, and reads as many bytes as the first of a name takes.
    let keys = Set(contents.storages.map(\.key))
    for id in contents.graph.persistentIDs {
      guard let view = try TorchStorageReference(id, in: contents.graph)?.viewKey,
        keys.contains(view)
      else { continue }
      throw FormatError(TorchFault.storageViewTwice(key: view.text), at: contents.end)
    }
    return contents.end
  }

  /// The object of a file, and its storages in their order.
  private struct Contents {
    let graph: PickleGraph
    var storages: [(key: TorchKey, region: ByteRegion)] = []
    var end: Int
  }

  private static func contents(
    of source: SharedBytes,
    _ limits: TorchLimits
  ) throws(FormatError) -> Contents {
    var position = 0
    let magic = try pickle(in: source, at: &position, limits.pickle)
    guard isMagicNumber(in: magic) else { throw FormatError(TorchFault.badMagicNumber, at: 0) }
    let versionOffset = position
    guard try pickle(in: source, at: &position, limits.pickle).root == .integer(protocolVersion)
    else {
      throw FormatError(TorchFault.unsupportedProtocol, at: versionOffset)
    }
    _ = try pickle(in: source, at: &position, limits.pickle)  // what the machine was like
    let graph = try pickle(in: source, at: &position, limits.pickle)
    let keysOffset = position
    let keyGraph = try pickle(in: source, at: &position, limits.pickle)
    guard let keys = keyGraph.root.flatMap({ keyGraph.sequence($0) }) else {
      throw FormatError(TorchFault.badStorageKeys, at: keysOffset)
    }
    let elementWidths = try elementWidths(in: graph)
    var contents = Contents(graph: graph, end: position)
    for key in keys {
      guard let key = TorchStorageReference.key(key, in: keyGraph) else {
        throw FormatError(TorchFault.badStorageKeys, at: keysOffset)
      }
      guard let width = elementWidths[key] else {
        throw FormatError(TorchFault.unreferencedStorage(key: key.text), at: contents.end)
      }
      let (region, end) = try storage(in: source, at: contents.end, elementWidth: width)
      contents.storages.append((key, region))
      contents.end = end
    }
    return contents
  }

  /// Decodes the pickle at `position`, and moves past it.
  private static func pickle(
    in source: SharedBytes,
    at position: inout Int,
    _ limits: PickleLimits
  ) throws(FormatError) -> PickleGraph {
    var machine = PickleMachine(source, range: position..<source.count, limits: limits)
    try machine.run()
    position = machine.position
    return machine.graph
  }

  /// The size of the elements of each storage, from the persistent ids.
  private static func elementWidths(
    in graph: PickleGraph
  ) throws(FormatError) -> [TorchKey: Int] {
    var widths: [TorchKey: Int] = [:]
    var known: Set<TorchStorageOutline> = []
    for id in graph.persistentIDs {
      let outline = TorchStorageOutline(id, in: graph)
      guard outline.map({ known.insert($0).inserted }) ?? true else { continue }
      guard let reference = try TorchStorageReference(id, in: graph) else { continue }
      // The first one counts, as it does for torch.
      if widths[reference.key] == nil { widths[reference.key] = reference.type.byteWidth }
    }
    return widths
  }

  /// The bytes of the storage whose number of elements stands at `offset`, and where it ends.
  private static func storage(
    in source: SharedBytes,
    at offset: Int,
    elementWidth: Int
  ) throws(FormatError) -> (region: ByteRegion, end: Int) {
    var reader = ByteReader(source.bytes)
    try reader.seek(to: offset)
    let count = try product(try reader.readSize(), elementWidth, at: offset)
    let region = try ByteRegion(source, offset: reader.position, count: count)
    return (region, region.range.upperBound)
  }
}
