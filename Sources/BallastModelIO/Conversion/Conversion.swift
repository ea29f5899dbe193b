public import BallastBytes
package import BallastCheckpoint
import BallastFormats

/// Carries a checkpoint from one format to another, in pieces: nothing is loaded whole.
package struct Conversion: Sendable {
  /// What is written.
  package enum Target: String, Sendable, CaseIterable {
    /// A folder in Hugging Face layout.
    case hf
    /// A single safetensors file, or a folder of shards.
    case safetensors
    /// A state dict as torch.save writes it.
    case torch
    /// A state dict as torch.save wrote it up to torch 1.5.
    case torchLegacy = "torch-legacy"
    /// An archive of NumPy's arrays.
    case npz
    /// llama.cpp's file, with the tokenizer in it.
    case gguf
    /// llm.c's model file, of float32 or bfloat16.
    case llmc
    /// The ckpt.pt of a nanoGPT run that has not begun.
    case nanogpt
    /// A folder as OpenAI released GPT-2: a tensor bundle of TensorFlow's, and the tokenizer.
    case openai

    /// Whether only a GPT-2 can be written, under the names and in the layout that the target has.
    package var isModel: Bool {
      switch self {
      case .hf, .gguf, .llmc, .nanogpt, .openai: true
      case .safetensors, .torch, .torchLegacy, .npz: false
      }
    }
  }

  /// How the weights of GPT-2's linear maps are written.
  package enum Layout: String, Sendable, CaseIterable {
    case hf
    case native
    /// As in the input, under the names that it has.
    case keep
  }

  package var target: Target
  package var layout: Layout
  /// The type of floating-point tensors; nil keeps each as it is.
  package var dtype: DType?
  /// Whether a file that is there is replaced.
  package var replacing = false
  /// Whether GPT-2's mask buffers are kept, where names are.
  package var keepsBuffers = false
  /// Metadata for a safetensors file.
  package var metadata: [(key: String, value: String)] = []
  /// Only tensors with such names are written, where names are kept; all, if there is none.
  package var selection: [NamePattern] = []
  /// Other names, where names are kept; the first that fits counts.
  package var renamings: [Renaming] = []
  /// The most bytes of tensors in one safetensors file; the output is a folder of such files.
  package var shardSize: Int?

  package init(to target: Target, layout: Layout = .keep, dtype: DType? = nil) {
    self.target = target
    self.layout = layout
    self.dtype = dtype
  }

  /// The number of bytes of tensor data that will be written; 0 before that is known.
  package typealias Progress = (_ done: Int, _ total: Int) throws(FormatError) -> Void
}

/// What was done, so that nothing disappears unsaid.
package struct ConversionSummary {
  /// The number of names written, and the size of their files.
  package internal(set) var tensors = 0
  package internal(set) var bytes = 0
  /// Tensors of the input that were not written, and why.
  package internal(set) var leftOut: [(name: String, reason: String)] = []
  /// Names that stand for a tensor that another one stands for.
  package internal(set) var ties: [(name: String, original: String)] = []
  /// How many tensors got another name.
  package internal(set) var renamed = 0
  /// How many tensors got another type, and which.
  package internal(set) var casts: [(from: DType, to: DType, count: Int)] = []
  /// The finite values that the casts could not keep.
  package let losses = CastLosses()
  /// Files of the output folder that were there before and are not written anew.
  package internal(set) var remaining: [String] = []
  /// Files of the output folder that were there before and were replaced by others.
  package internal(set) var removed: [String] = []
  /// What the format cannot hold or does not say.
  package internal(set) var notices: [String] = []

  mutating func count(_ outputs: [TensorOutput]) {
    tensors += outputs.count
    for output in outputs {
      guard let from = output.castFrom else { continue }
      if let place = casts.firstIndex(where: { $0.from == from && $0.to == output.dtype }) {
        casts[place].count += 1
      } else {
        casts.append((from, output.dtype, 1))
      }
    }
  }
}

/// The ways in which a conversion cannot be what was asked for.
public enum ConversionFault: FormatFault {
  /// A pattern of `--match` or `--rename` that fits no name.
  case nothingMatches(String)
  /// A tensor that a renaming would leave without a name.
  case emptyName(String)
  /// A key that the record of a tie needs.
  case metadataOfTie(String)
  /// Ties that a format can only hold as copies.
  case tooManyCopies(bytes: Int, limit: Int)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .nothingMatches(let pattern): "no tensor's name matches \(pattern.debugDescription)"
    case .emptyName(let name): "tensor \(name.debugDescription) would be left without a name"
    case .metadataOfTie(let key):
      "the metadata \(key.debugDescription) says which tensor that name is tied to"
    case .tooManyCopies(let bytes, let limit):
      "the tied tensors would be copied to \(bytes) bytes, more than \(limit)"
    }
  }
}
