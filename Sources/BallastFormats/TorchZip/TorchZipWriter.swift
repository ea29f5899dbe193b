package import BallastBytes
package import BallastCheckpoint

/// Writes torch's zip files, as torch 2.13 does: what `torch.load(weights_only=True)` takes.
///
/// Members stand in torch's order and its pickle is torch's, byte for byte.
package enum TorchZipWriter {
  /// Writes a state dict to `path`, atomically, and returns the number of bytes.
  ///
  /// A tie is another name for one of the tensors, and shares its storage; ties come last.
  /// `value` is what the state dict stands in, such as the dictionary of a training run.
  /// `progress` gets the number of data bytes after each piece, and may throw to give up.
  @discardableResult
  package static func write(
    _ tensors: [TensorOutput],
    ties: [(name: String, original: String)] = [],
    within value: TorchValue = .stateDict,
    to path: String,
    replacing: Bool = true,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> Int {
    let stateDict = try TorchStateDict(tensors, ties: ties)
    let root = root(of: path)
    var archive = try ZipWriter(path: path, replacing: replacing)
    try archive.add(root + "data.pkl", stateDict.pickle(viewMetadata: false, within: value))
    try archive.add(root + ".format_version", Array("1".utf8))
    try archive.add(root + ".storage_alignment", Array(String(ZipWriter.alignment).utf8))
    try archive.add(root + "byteorder", Array("little".utf8))
    var written = 0
    for (key, tensor) in stateDict.tensors.enumerated() {
      try archive.add("\(root)data/\(key)", byteCount: tensor.byteCount) {
        (sink) throws(FormatError) in
        try tensor.write { (piece) throws(FormatError) in
          try sink(piece)
          written += piece.byteCount
          try progress(written)
        }
      }
    }
    try archive.add(root + "version", Array("3\n".utf8))
    let identifier = serializationID(of: archive.entries)
    try archive.add(root + ".data/serialization_id", Array(identifier.utf8))
    return try archive.finish()
  }

  /// The folder within the archive: the file's name up to its last dot, as torch has it, or
  /// "archive" where that is not ASCII, or no name: empty, or dots alone.
  private static func root(of path: String) -> String {
    let start = path.utf8.lastIndex(of: UInt8(ascii: "/")).map(path.utf8.index(after:))
    let name = path.utf8[(start ?? path.utf8.startIndex)...]
    let stem = name.lastIndex(of: UInt8(ascii: ".")).map { name[..<$0] } ?? name
    let isName = stem.contains { $0 != UInt8(ascii: ".") }
    guard isName, stem.allSatisfy({ $0 < 0x80 }) else { return "archive/" }
    return String(decoding: stem, as: UTF8.self) + "/"
  }

  /// Forty digits that tell files apart: a hash of the names, and one of the checksums.
  ///
  /// torch's own hash of the names depends on its C++ library; here it is FNV-1a.
  private static func serializationID(of entries: [ZipWriter.Entry]) -> String {
    var names: UInt64 = 0
    var checksums: UInt64 = 0
    for entry in entries {
      let hash = entry.name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
        ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3
      }
      combine(&names, hash)
      combine(&checksums, UInt64(entry.checksum))
    }
    return padded(names) + padded(checksums)
  }

  /// What torch, and boost before it, mix hashes with.
  private static func combine(_ seed: inout UInt64, _ value: UInt64) {
    seed ^= value &+ 0x9E37_79B9 &+ (seed << 6) &+ (seed >> 2)
  }

  /// Twenty digits.
  private static func padded(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: 20 - digits.count) + digits
  }
}
