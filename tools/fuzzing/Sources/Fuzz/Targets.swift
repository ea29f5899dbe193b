import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastInspection
import BallastTokenizer

/// A reader that libFuzzer feeds, and the fixtures that it starts from.
struct FuzzTarget: Sendable {
  let name: String
  /// Patterns below fixtures/, added to what stands in tools/fuzzing/seeds under the name.
  let seeds: [String]
  let read: @Sendable (SharedBytes) throws -> Void

  /// All targets; a new one is an entry here.
  static let all: [FuzzTarget] = [
    format("safetensors", seeds: ["containers/*.safetensors", "containers/sharded/*.safetensors"]),
    format("torch-zip", seeds: ["containers/*-zip.pt", "torch/*-zip.pt"]),
    format("torch-legacy", seeds: ["containers/*-legacy.pt", "torch/*-legacy.pt"]),
    format("torch-tar", seeds: ["torch/*-tar.pt"]),
    format("gguf", seeds: ["gguf/*.gguf"]),
    format("ggml", seeds: ["formats/ggml/*.bin"]),
    format("llm.c", seeds: ["formats/llmc/*.bin"]),
    checkpoint("tensor-bundle", seeds: ["formats/openai/*.index"]) {
      (source, file) throws(FormatError) in
      // No mutation gets past the checksums as they are.
      let sealed = try SharedBytes.copying(TableSeal.sealed([UInt8](copying: source.bytes)))
      return try TensorBundle.open(sealed, name: file, path: TableSeal.path)
    },
    format("npy", seeds: ["numpy/*.npy"]),
    format("npz", seeds: ["numpy/*.npz"]),
    FuzzTarget(name: "shard-index", seeds: ["containers/*/*.index.json"]) { source in
      _ = try ShardIndex(parsing: source)
    },
    FuzzTarget(name: "tokenizer", seeds: ["tiny-gpt2/tokenizer.json"]) { source in
      let tokenizer = try Tokenizer(tokenizerJSON: source)
      let ids = tokenizer.encode("A sailor's 3 songs,\n  <|endoftext|>\u{e9}")
      _ = try tokenizer.text(of: ids)
    },
    FuzzTarget(name: "scan", seeds: ["containers/*.pt", "numpy/*", "torch/*.pt"]) { source in
      _ = PickleScan(of: source)
    },
  ]

  /// The reader of a format, by its name in the registry.
  private static func format(_ name: String, seeds: [String]) -> FuzzTarget {
    guard let format = CheckpointFormat.all.first(where: { $0.name == name }) else {
      preconditionFailure("there is no format \(name)")
    }
    return checkpoint(name, seeds: seeds) { (source, file) throws(FormatError) in
      try format.open(source, name: file)
    }
  }

  /// A format of checkpoints: what opens is read, as far as it is small.
  private static func checkpoint(
    _ name: String,
    seeds: [String],
    _ open: @escaping @Sendable (SharedBytes, String?) throws(FormatError) -> Checkpoint
  ) -> FuzzTarget {
    FuzzTarget(name: name, seeds: seeds) { source in
      let checkpoint = try open(source, nil)
      for checksum in checkpoint.checksums { _ = try checksum.holds() }
      for tensor in checkpoint.tensors.prefix(16) where tensor.byteCount <= 1 << 16 {
        _ = checkpoint.tie(of: tensor)
        try? tensor.forEachPiece { _, _ in }
        _ = try? tensor.floats()
      }
    }
  }
}
