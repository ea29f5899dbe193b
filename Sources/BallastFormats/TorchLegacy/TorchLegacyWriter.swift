package import BallastBytes
package import BallastCheckpoint

/// Writes torch's legacy files, stacked pickles, which every version of torch reads.
///
/// torch itself cannot load the newer types out of such a file, so they are refused.
package enum TorchLegacyWriter {
  /// Writes a state dict to `path`, atomically, and returns the number of bytes.
  ///
  /// A tie is another name for one of the tensors, and shares its storage; ties come last.
  /// `progress` gets the number of data bytes after each piece, and may throw to give up.
  @discardableResult
  package static func write(
    _ tensors: [TensorOutput],
    ties: [(name: String, original: String)] = [],
    to path: String,
    replacing: Bool = true,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> Int {
    let stateDict = try TorchStateDict(tensors, ties: ties)
    for tensor in tensors where tensor.dtype.torchStorageClass == nil {
      throw FormatError(TorchFault.unwritableLegacyType(tensor: tensor.name, tensor.dtype))
    }
    // Torch sorts the keys, which are texts: "10" comes before "2".
    let keys = tensors.indices.map(String.init).sorted()
    let file = try AtomicFile(path: path, replacing: replacing)
    try file.write(preamble())
    try file.write(stateDict.pickle(viewMetadata: true))
    try file.write(keyList(keys))
    var written = 0
    for key in keys {
      guard let position = Int(key) else { continue }
      let tensor = tensors[position]
      try file.write(littleEndianBytes(of: Int64(tensor.shape.elementCount)))
      try tensor.write { (piece) throws(FormatError) in
        try file.write(piece)
        written += piece.byteCount
        try progress(written)
      }
    }
    try file.commit()
    return file.count
  }

  /// Three pickles: the magic number, the protocol, and what the machine is like.
  private static func preamble() -> [UInt8] {
    var magic = PickleWriter()
    magic.put(long: TorchLegacy.magicNumber)
    var version = PickleWriter()
    version.put(TorchLegacy.protocolVersion)
    return magic.finished() + version.finished() + systemInformation()
  }

  private static func systemInformation() -> [UInt8] {
    var pickle = PickleWriter()
    pickle.putDict(count: 3) { pickle, index in
      switch index {
      case 0:
        pickle.put("protocol_version")
        pickle.put(TorchLegacy.protocolVersion)
      case 1:
        pickle.put("little_endian")
        pickle.put(.newtrue)
      default:
        // Torch notes these sizes whatever the machine has.
        let sizes = [("short", 2), ("int", 4), ("long", 4)]
        pickle.put("type_sizes")
        pickle.putDict(count: sizes.count) { pickle, index in
          pickle.put(sizes[index].0)
          pickle.put(sizes[index].1)
        }
      }
    }
    return pickle.finished()
  }

  private static func keyList(_ keys: [String]) -> [UInt8] {
    var pickle = PickleWriter()
    pickle.putList(count: keys.count) { pickle, index in pickle.put(keys[index]) }
    return pickle.finished()
  }
}
