public import BallastBytes
package import BallastCheckpoint

/// A format of checkpoint files: how to recognise one by its bytes, and how to open it.
package struct CheckpointFormat: Sendable {
  package let name: String
  /// The customary extensions; they decide only whose error a file gets that no format claims.
  package let extensions: [String]
  package let matches: @Sendable (SharedBytes) -> Bool
  private let openFile: @Sendable (File, ReadingLimits) throws(FormatError) -> Checkpoint

  /// A file to be opened.
  private struct File {
    let bytes: SharedBytes
    /// Its name within a set of several.
    let name: String?
    /// Where it stands, for formats with files beside the one that is opened.
    let path: String
  }

  private init(
    _ name: String,
    extensions: [String] = [],
    matches: @escaping @Sendable (SharedBytes) -> Bool,
    open: @escaping @Sendable (File, ReadingLimits) throws(FormatError) -> Checkpoint
  ) {
    self.name = name
    self.extensions = extensions
    self.matches = matches
    openFile = open
  }

  /// Opens a file of this format, which stands at `path`; `name` is its name within a set.
  package func open(
    _ source: SharedBytes,
    name: String? = nil,
    path: String = "",
    limits: ReadingLimits = .standard
  ) throws(FormatError) -> Checkpoint {
    try openFile(File(bytes: source, name: name, path: path), limits)
  }

  /// All formats, in the order in which they are asked.
  package static let all: [CheckpointFormat] = [
    // Before safetensors, whose brace the number of tensors may be: there 123 stands for it.
    CheckpointFormat(GGUF.name, extensions: ["gguf"], matches: GGUF.matches) {
      (file, limits) throws(FormatError) in
      try GGUF.open(file.bytes, name: file.name, limits: limits.gguf)
    },
    CheckpointFormat(GGML.name, matches: GGML.matches) { (file, limits) throws(FormatError) in
      try GGML.open(file.bytes, name: file.name, limits: limits.gguf)
    },
    // Before safetensors as well, whose length its first number could be.
    CheckpointFormat(LLMC.name, matches: LLMC.matches) { (file, limits) throws(FormatError) in
      try LLMC.open(file.bytes, name: file.name, limits: limits)
    },
    CheckpointFormat(
      Safetensors.name,
      extensions: ["safetensors"],
      matches: Safetensors.matches
    ) { (file, limits) throws(FormatError) in
      try Safetensors.open(file.bytes, file: file.name, limits: limits)
    },
    CheckpointFormat(TorchZip.name, extensions: ["pt", "pth"], matches: TorchZip.matches) {
      (file, limits) throws(FormatError) in
      try TorchZip.open(file.bytes, file: file.name, limits: limits.torch)
    },
    CheckpointFormat(TorchLegacy.name, extensions: ["bin"], matches: TorchLegacy.matches) {
      (file, limits) throws(FormatError) in
      try TorchLegacy.open(file.bytes, file: file.name, limits: limits.torch)
    },
    CheckpointFormat(TensorBundle.name, extensions: ["index"], matches: TensorBundle.matches) {
      (file, limits) throws(FormatError) in
      try TensorBundle.open(file.bytes, name: file.name, path: file.path, limits: limits)
    },
    CheckpointFormat(TorchTar.name, extensions: ["tar"], matches: TorchTar.matches) {
      (file, limits) throws(FormatError) in
      try TorchTar.open(file.bytes, file: file.name, limits: limits.torch)
    },
    CheckpointFormat(NPY.name, extensions: ["npy"], matches: NPY.matches) {
      (file, _) throws(FormatError) in
      try NPY.open(file.bytes, file: file.name)
    },
    CheckpointFormat(NPZ.name, extensions: ["npz"], matches: NPZ.matches) {
      (file, limits) throws(FormatError) in
      try NPZ.open(file.bytes, file: file.name, limits: limits.torch.zip)
    },
  ]

  /// The program that a file was compressed with, by its first bytes.
  static func compression(of source: SharedBytes) -> String? {
    let compressions: [(name: String, start: [UInt8])] = [
      ("gzip", [0x1F, 0x8B, 8]), ("bzip2", [0x42, 0x5A, 0x68]), ("zstd", [0x28, 0xB5, 0x2F, 0xFD]),
      ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]),
    ]
    return compressions.first { source.array(0..<min($0.start.count, source.count)) == $0.start }?
      .name
  }

  /// The format of a file, by its bytes.
  package static func recognize(_ source: SharedBytes) -> CheckpointFormat? {
    all.first { $0.matches(source) }
  }
}

/// The ways in which a path can fail to be a checkpoint.
public enum CheckpointFormatFault: FormatFault {
  case empty
  case unrecognized
  case compressed(String)
  case noCheckpointInFolder
  case adapterAlone

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .empty: "the file is empty"
    case .unrecognized: "the file is not a checkpoint of a known format"
    case .compressed(let name): "the file is compressed with \(name)"
    case .noCheckpointInFolder: "the folder has no checkpoint"
    case .adapterAlone: "the folder has an adapter, and no model"
    }
  }

  /// What a user might do about it.
  public var hint: String? {
    switch self {
    case .empty: nil
    case .unrecognized: "known formats: " + CheckpointFormat.all.map(\.name).joined(separator: ", ")
    case .compressed("gzip"): "decompress it first; scan looks into it as it is"
    case .compressed: "decompress it first"
    case .noCheckpointInFolder: "looked for " + CheckpointPath.described
    case .adapterAlone: "give the model that it belongs to, and this folder with --adapter"
    }
  }
}
