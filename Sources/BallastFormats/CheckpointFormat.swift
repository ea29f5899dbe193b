public import BallastBytes
package import BallastCheckpoint

/// A format of checkpoint files: how to recognise one by its bytes, and how to open it.
package struct CheckpointFormat: Sendable {
  package let name: String
  /// The customary extensions; they decide only whose error a file gets that no format claims.
  package let extensions: [String]
  package let matches: @Sendable (SharedBytes) -> Bool
  private let openAtPath: @Sendable (SharedBytes, String?, String) throws(FormatError) -> Checkpoint

  /// A format whose files stand alone.
  private init(
    name: String,
    extensions: [String],
    matches: @escaping @Sendable (SharedBytes) -> Bool,
    open: @escaping @Sendable (SharedBytes, String?) throws(FormatError) -> Checkpoint
  ) {
    self.init(name: name, extensions: extensions, matches: matches) {
      (source, name, _) throws(FormatError) in try open(source, name)
    }
  }

  /// A format with files beside the one that is opened.
  private init(
    name: String,
    extensions: [String],
    matches: @escaping @Sendable (SharedBytes) -> Bool,
    openAtPath:
      @escaping @Sendable (SharedBytes, String?, String) throws(FormatError) -> Checkpoint
  ) {
    self.name = name
    self.extensions = extensions
    self.matches = matches
    self.openAtPath = openAtPath
  }

  /// Opens a file of this format, which stands at `path`; `name` is its name within a set.
  package func open(
    _ source: SharedBytes,
    name: String? = nil,
    path: String = ""
  ) throws(FormatError) -> Checkpoint {
    try openAtPath(source, name, path)
  }

  /// All formats, in the order in which they are asked.
  package static let all: [CheckpointFormat] = [
    // Before safetensors, whose brace the number of tensors may be: there 123 stands for it.
    CheckpointFormat(
      name: GGUF.name,
      extensions: ["gguf"],
      matches: GGUF.matches,
      open: GGUF.open
    ),
    CheckpointFormat(name: GGML.name, extensions: [], matches: GGML.matches, open: GGML.open),
    // Before safetensors as well, whose length its first number could be.
    CheckpointFormat(name: LLMC.name, extensions: [], matches: LLMC.matches, open: LLMC.open),
    CheckpointFormat(
      name: Safetensors.name,
      extensions: ["safetensors"],
      matches: Safetensors.matches,
      open: Safetensors.open
    ),
    CheckpointFormat(
      name: "torch-zip",
      extensions: ["pt", "pth"],
      matches: TorchZip.matches,
      open: TorchZip.open
    ),
    CheckpointFormat(
      name: "torch-legacy",
      extensions: ["bin"],
      matches: TorchLegacy.matches,
      open: TorchLegacy.open
    ),
    CheckpointFormat(
      name: TensorBundle.name,
      extensions: ["index"],
      matches: TensorBundle.matches
    ) { (source, name, path) throws(FormatError) in
      try TensorBundle.open(source, name: name, path: path)
    },
    CheckpointFormat(
      name: TorchTar.name,
      extensions: ["tar"],
      matches: TorchTar.matches,
      open: TorchTar.open
    ),
    CheckpointFormat(name: NPY.name, extensions: ["npy"], matches: NPY.matches, open: NPY.open),
    CheckpointFormat(name: NPZ.name, extensions: ["npz"], matches: NPZ.matches, open: NPZ.open),
  ]

  /// The format of a file, by its bytes.
  package static func recognize(_ source: SharedBytes) -> CheckpointFormat? {
    all.first { $0.matches(source) }
  }
}

/// The ways in which a path can fail to be a checkpoint.
public enum CheckpointFormatFault: FormatFault {
  case empty
  case unrecognized
  case noCheckpointInFolder

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .empty: "the file is empty"
    case .unrecognized: "the file is not a checkpoint of a known format"
    case .noCheckpointInFolder: "the folder has no checkpoint"
    }
  }

  /// What a user might do about it.
  public var hint: String? {
    switch self {
    case .empty: nil
    case .unrecognized: "known formats: " + CheckpointFormat.all.map(\.name).joined(separator: ", ")
    case .noCheckpointInFolder: "looked for " + CheckpointPath.described
    }
  }
}
