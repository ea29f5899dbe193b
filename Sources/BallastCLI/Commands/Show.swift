import BallastBytes
import BallastCheckpoint
import BallastCommandLine
import BallastFormats
import BallastJSON
import BallastReport

/// `ballast show`: the values of a tensor.
struct Show: Command {
  /// How values are written.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text
    case json
    case npy
  }

  static let configuration = CommandConfiguration(
    "show",
    abstract: "Print the values of a tensor.",
    discussion: """
      As text, the edges of tensors with more than 1000 elements are shown, unless --all asks for \
      everything. JSON and NumPy's npy are always whole. Slices are Python's: indices, ranges and \
      positive steps with commas between the dimensions; negative numbers count from the end. The \
      end of a name, such as wpe.weight, stands for a tensor if it is the only one that ends so.
      """,
    examples: [
      CommandExample("ballast show gpt2/ wpe.weight --slice 0:4,:8", "The upper left corner."),
      CommandExample(
        "ballast show model.gguf token_embd.weight --slice 464 --format npy >the.npy",
        "One row, decoded, for NumPy."
      ),
    ]
  )

  @Argument(value: "PATH", help: "A checkpoint or a folder with one.", completion: .file)
  var path: String
  @Argument(value: "TENSOR", help: "The name of the tensor.") var name: String
  @Option(value: "SLICE", help: "The part to show, such as 0:4,:8 or -1.") var slice: SliceList?
  @Option(help: "How to write the values.") var format = Format.text
  @Flag(help: "Show every value as text.") var all = false
  @OptionGroup var limits: LimitArguments<ReadingLimits>

  /// As many dimensions as NumPy's arrays can have; libraries stop well before.
  private static let maximumRank = 64

  func run(in context: Console) throws -> ExitCode {
    let checkpoint = try at(path) { () throws(FormatError) in
      try Checkpoint.open(path: path, limits: limits.values)
    }
    let tensor = try tensor(of: checkpoint, context)
    try at(path) { () throws(FormatError) in
      let view = try tensor.sliced(slice?.slices ?? [])
      guard view.shape.rank <= Self.maximumRank else {
        throw FormatError(
          CheckpointFault.tooManyDimensions(tensor: name, view.shape.rank, limit: Self.maximumRank),
          in: view.storage.file
        )
      }
      try view.checkUnfolding()
      switch format {
      case .text:
        context.message("\(view.dtype.rawValue) \(view.shape)")
        try TensorText(view, isWhole: all).write { (piece) throws(FormatError) in
          try context.write(piece)
        }
        try context.print("")
      case .json: try writeJSON(view.unpacked(), context)
      case .npy:
        let decoded = view.output(as: view.dtype.block == nil ? nil : .f32)
        try NPYWriter.write(decoded) { (piece) throws(FormatError) in
          try Interruption.check()
          try context.write([UInt8](copying: piece))
        }
      }
    }
    return .success
  }

  /// The tensor of that name, or the only one whose name ends so.
  private func tensor(of checkpoint: Checkpoint, _ context: Console) throws(PathError) -> TensorView
  {
    if let tensor = checkpoint[name] { return tensor }
    let ending = checkpoint.tensors.filter { $0.name.hasSuffix("." + name) }
    if let tensor = ending.first, ending.count == 1 {
      context.notice("this is \(tensor.name)".printable)
      return tensor
    }
    let near = ending.first?.name ?? name.closest(in: checkpoint.tensors.map(\.name))
    // It may be one of those that cannot be read.
    context.notice(of: checkpoint, at: path)
    if let near { context.notice("did you mean \(near)?".printable) }
    throw PathError(path: path, error: FormatError(CheckpointFault.noSuchTensor(name)))
  }

  /// The elements of a piece of JSON, which is written as it is read.
  private static let elementsAtOnce = 1 << 16

  private func writeJSON(_ view: TensorView, _ context: Console) throws(FormatError) {
    let sizes = view.shape.dimensions
    guard view.shape.elementCount > 0 else {
      // The outer brackets, up to the dimension without elements: there may be any number of them.
      let depth = sizes.prefix { $0 > 0 }
      guard depth.reduce(1.0, { $0 * Double($1) }) <= Double(Self.elementsAtOnce) else {
        throw FormatError(CheckpointFault.badSlice(tensor: view.name, sizes), in: view.storage.file)
      }
      let inner = depth.reversed().reduce("[]") { text, size in
        "[" + Array(repeating: text, count: size).joined(separator: ",") + "]"
      }
      return try context.print(inner)
    }
    // How many elements lie between the brackets of each dimension.
    var spans: [Int] = []
    for size in sizes.reversed() { spans.append(size * (spans.last ?? 1)) }
    var text = ""
    var position = 0
    while position < view.shape.elementCount {
      try Interruption.check()
      let end = min(position + Self.elementsAtOnce, view.shape.elementCount)
      for scalar in try view.scalars(in: position..<end) {
        text += position > 0 ? "," : ""
        text += String(repeating: "[", count: spans.count { position.isMultiple(of: $0) })
        text += scalar.json.text()
        position += 1
        text += String(repeating: "]", count: spans.count { position.isMultiple(of: $0) })
      }
      try context.write(text)
      text = ""
    }
    try context.print("")
  }
}

/// Slices with commas between them: "0:4,:8", "-1", "::2".
struct SliceList: ExpressibleByArgument {
  let slices: [TensorSlice]
  let argument: String

  init(argument: String) throws(InvalidArgument) {
    self.argument = argument
    var slices: [TensorSlice] = []
    for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let slice = Self.slice(word) else {
        throw InvalidArgument("expected slices such as 0:4,:8 or -1 or ::2, with positive steps")
      }
      slices.append(slice)
    }
    self.slices = slices
  }

  private static func slice(_ word: Substring) -> TensorSlice? {
    let parts = word.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count == 1 { return Int(word).map { .index($0) } }
    guard parts.count <= 3, parts.allSatisfy({ $0.isEmpty || Int($0) != nil }) else { return nil }
    let step = parts.count == 3 ? Int(parts[2]) ?? 1 : 1
    guard step > 0 else { return nil }
    return .range(from: Int(parts[0]), to: Int(parts[1]), step: step)
  }
}
