package import BallastBytes
package import BallastCheckpoint

/// torch's first files, of 2016: a tar archive of pickles, which torch.load still reads.
///
///     sys_info   pickle
///     storages   pickle(n), then n times: pickle((key, location, class)), i64 number, the elements;
///                pickle([(key, key of the storage it is part of, offset, number), …])
///     tensors    pickle(n), then n times: pickle((key, key of its storage, class)), i32 rank,
///                4 bytes of padding, i64 sizes, i64 strides, i64 offset
///     pickle     the object, its tensors and storages as persistent ids
package enum TorchTar {
  package static let name = "torch-tar"

  /// Whether a file is a tar archive that has the members of a checkpoint; of one that cannot be read
  /// to its end, whether a header has the name of such a member, so that it is told what is wrong.
  package static func matches(_ source: SharedBytes) -> Bool {
    guard TarArchive.matches(source) else { return false }
    let names = ["storages", "tensors", "pickle"]
    guard let archive = try? TarArchive(parsing: source) else {
      return TarArchive.outline(of: source).contains { names.contains($0) }
    }
    return names.allSatisfy { archive[$0] != nil }
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

  private static func parse(
    _ source: SharedBytes,
    file: String?,
    limits: TorchLimits
  ) throws(FormatError) -> Checkpoint {
    let archive = try TarArchive(parsing: source)
    func member(_ name: String) throws(FormatError) -> Range<Int> {
      guard let member = archive[name] else {
        throw FormatError(TorchFault.missingMember(name))
      }
      return member.range
    }
    var contents = TorchTarContents(source, file: file, limits: limits)
    try contents.readStorages(in: try member("storages"))
    try contents.readTensors(in: try member("tensors"))
    var machine = PickleMachine(source, range: try member("pickle"), limits: limits.pickle)
    try machine.run()
    let storages = TorchStorages { [storages = contents.storages] (reference) throws(FormatError) in
      guard let storage = storages[reference.key] else {
        throw FormatError(TorchFault.missingStorage(key: reference.key.text))
      }
      return storage
    }
    var walk = TorchWalk(
      machine.graph,
      storages: storages,
      tensors: contents.tensors,
      file: file,
      limits: limits
    )
    try walk.run(machine.graph.root ?? .none)
    return try Checkpoint(
      format: name,
      files: [.init(name: file ?? "", byteCount: source.count)],
      metadata: walk.metadata.values,
      warnings: walk.warnings.map { $0.inFile(file) },
      tensors: walk.tensors
    )
  }
}
