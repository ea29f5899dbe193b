import BallastBytes
import BallastCheckpoint
import BallastCommandLine
import BallastFormats
import BallastJSON
import BallastReport

/// `ballast inspect`: what is in a checkpoint.
struct Inspect: Command {
  /// By what the tensors are sorted.
  enum Sort: String, CaseIterable, ExpressibleByArgument {
    case file
    case name
    case size
    case offset
  }

  static let configuration = CommandConfiguration(
    "inspect",
    abstract: "List the tensors of checkpoints.",
    discussion: """
      Reads headers only; no tensor is loaded and nothing is executed. A GPT-2 is recognised in \
      whatever format, and so is the state of a training run.
      """,
    examples: [
      CommandExample("ballast inspect model.safetensors", "Every tensor with its type and shape."),
      CommandExample("ballast inspect gpt2/ --tree", "Modules with their shares of the whole."),
      CommandExample(
        "ballast inspect gpt2/ --match '*.attn.*' --format json",
        "Some of them, for a program."
      ),
    ]
  )

  @Argument(value: "PATH", help: "A checkpoint or a folder with one.", completion: .file)
  var paths: [String]
  @Option(help: "How to write the list.") var format = ListFormat.table
  @Option(value: "GLOB", help: "Only tensors whose names match; may be repeated.")
  var match: [NamePattern] = []
  @Option(help: "The order of the list.") var sort = Sort.file
  @Flag(help: "Sum up by modules, equal layers as one.") var tree = false
  @OptionGroup var limits: LimitArguments<ReadingLimits>

  func validate() throws {
    if tree, format == .csv { throw UsageError("'--tree' goes with '--format' table or json") }
    if tree, sort != .file { throw UsageError("'--tree' has an order of its own") }
  }

  func run(in context: Console) throws -> ExitCode {
    var objects: [JSONValue] = []
    let columns = paths.count > 1 ? [.text("path")] + Self.columns : Self.columns
    var rows = Table(columns: columns)
    for path in paths {
      let checkpoint = try at(path) { () throws(FormatError) in
        try Checkpoint.open(path: path, limits: limits.values)
      }
      let tensors = sorted(checkpoint.tensors.filter { match.select($0.name) })
      if tensors.isEmpty, !match.isEmpty {
        context.notice("\(path): no tensor's name matches".printable)
      }
      switch format {
      case .table: try context.print(document(path, checkpoint, tensors))
      case .json: objects.append(json(path, checkpoint, tensors))
      case .csv:
        for tensor in tensors {
          let row = row(tensor, of: checkpoint)
          rows.append(paths.count > 1 ? [.text(path)] + row : row)
        }
      }
      context.notice(of: checkpoint, at: path)
    }
    if format == .json {
      try context.print(objects.count == 1 ? objects[0] : .array(objects))
    }
    if format == .csv { try context.write(rows.csv) }
    return .success
  }

  private func sorted(_ tensors: [TensorView]) -> [TensorView] {
    switch sort {
    case .file: tensors
    case .name: tensors.sorted { $0.name < $1.name }
    case .size: tensors.sorted { ($0.byteCount, $1.name) > ($1.byteCount, $0.name) }
    case .offset:
      tensors.sorted {
        ($0.storage.file ?? "", $0.fileOffset ?? -1) < ($1.storage.file ?? "", $1.fileOffset ?? -1)
      }
    }
  }
}
