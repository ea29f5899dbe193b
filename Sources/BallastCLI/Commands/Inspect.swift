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
    discussion: "Reads headers only; no tensor is loaded and nothing is executed.",
    examples: [
      CommandExample("ballast inspect model.safetensors", "Every tensor with its type and shape."),
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
  @OptionGroup var limits: LimitArguments<ReadingLimits>

  func run(in context: Console) throws -> ExitCode {
    var objects: [JSONValue] = []
    var rows = Table(columns: Self.columns)
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
      case .csv: for tensor in tensors { rows.append(row(tensor, of: checkpoint)) }
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

  private static let columns: [Table.Column] = [
    .text("name", title: "tensor"), .text("dtype"), .text("shape"),
    .number("bytes", title: "size"), .number("offset"), .text("file"), .text("strides"),
    .text("tied_to", title: "tied to"),
  ]

  private func row(_ tensor: TensorView, of checkpoint: Checkpoint) -> [Cell] {
    let file = tensor.storage.file ?? checkpoint.files.first?.name
    let tie = checkpoint.tie(of: tensor)?.name
    return [
      .text(tensor.name), .text(tensor.dtype.rawValue), .integers(tensor.shape.dimensions),
      .bytes(tensor.byteCount), .integer(tensor.fileOffset),
      file.map { $0.isEmpty ? .empty : .text($0) } ?? .empty,
      .integers(tensor.isContiguous ? nil : tensor.strides),
      tie.map { .text($0) } ?? .empty,
    ]
  }

  private func document(
    _ path: String,
    _ checkpoint: Checkpoint,
    _ tensors: [TensorView]
  ) -> Document {
    // Columns that say nothing about this file are left out.
    let rows = tensors.map { row($0, of: checkpoint) }
    let used = Self.columns.indices.filter { column in
      (column < 5 || rows.contains { $0[column].content != .empty })
        && (column != 5 || checkpoint.files.count > 1)
    }
    var table = Table(columns: used.map { Self.columns[$0] })
    for row in rows { table.append(used.map { row[$0] }) }
    let totals = Totals(tensors, of: checkpoint)
    return [
      .heading("\(path): \(checkpoint.format)"),
      .table(table),
      .paragraph(
        "\(Readable.count(totals.tensors)) tensors, \(Readable.count(totals.parameters)) values, "
          + "\(Readable.bytes(totals.bytes)) (\(totals.dtypes.map(\.0).joined(separator: ", ")))"
      ),
    ]
  }

  private func json(
    _ path: String,
    _ checkpoint: Checkpoint,
    _ tensors: [TensorView]
  ) -> JSONValue {
    let totals = Totals(tensors, of: checkpoint)
    var dtypes = JSONObject()
    for (name, count) in totals.dtypes { dtypes[name] = .integer(count) }
    return [
      "path": .string(path),
      "format": .string(checkpoint.format),
      "files": .array(
        checkpoint.files.map { ["name": .string($0.name), "bytes": .integer($0.byteCount)] }
      ),
      "metadata": .object(checkpoint.metadata),
      "notes": .array(checkpoint.warnings.map { .string("\($0)") }),
      "tensors": .array(
        tensors.map { tensor in
          [
            "name": .string(tensor.name), "dtype": .string(tensor.dtype.rawValue),
            "shape": .array(tensor.shape.dimensions.map { .integer($0) }),
            "bytes": .integer(tensor.byteCount),
            "file": .string(tensor.storage.file ?? checkpoint.files.first?.name ?? ""),
            "offset": tensor.fileOffset.map { .integer($0) } ?? .null,
            "strides": tensor.isContiguous ? .null : .array(tensor.strides.map { .integer($0) }),
            "tied_to": checkpoint.tie(of: tensor).map { .string($0.name) } ?? .null,
          ]
        }
      ),
      "totals": [
        "tensors": .integer(totals.tensors), "parameters": .integer(totals.parameters),
        "bytes": .integer(totals.bytes), "dtypes": .object(dtypes),
      ],
    ]
  }
}

/// Sums over tensors, those that are tied counted once.
private struct Totals {
  let tensors: Int
  let parameters: Int
  let bytes: Int
  let dtypes: [(String, Int)]

  init(_ views: [TensorView], of checkpoint: Checkpoint) {
    let shown = Set(views.map(\.name))
    let own = views.filter { view in
      checkpoint.tie(of: view).map { !shown.contains($0.name) } ?? true
    }
    tensors = views.count
    parameters = own.reduce(0) { $0 &+ $1.shape.elementCount }
    bytes = own.reduce(0) { $0 &+ $1.byteCount }
    let counts = views.reduce(into: [:]) { $0[$1.dtype, default: 0] += 1 }
    dtypes = DType.allCases.compactMap { dtype in counts[dtype].map { (dtype.rawValue, $0) } }
  }
}
