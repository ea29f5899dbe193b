import BallastBytes
import BallastCheckpoint
import BallastInspection
import BallastJSON
import BallastModelIO
import BallastReport

extension Inspect {
  static let columns: [Table.Column] = [
    .text("name", title: "tensor"), .text("dtype"), .text("shape"),
    .number("bytes", title: "size"), .number("offset"), .text("file"), .text("strides"),
    .text("tied_to", title: "tied to"),
  ]

  func row(_ tensor: TensorView, of checkpoint: Checkpoint) -> [Cell] {
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

  func document(
    _ path: String,
    _ checkpoint: Checkpoint,
    _ tensors: [TensorView]
  ) -> Document {
    let totals = Totals(tensors, of: checkpoint)
    var document: Document = [.heading("\(path): \(checkpoint.format)")]
    document.append(
      .table(tree ? treeTable(tensors, of: checkpoint, totals) : table(tensors, of: checkpoint))
    )
    let dtypes = totals.dtypes.map { name, count in
      totals.dtypes.count > 1 ? "\(Readable.count(count)) \(name)" : name
    }
    let sums = [
      Readable.count(totals.tensors, of: "tensor"), Readable.count(totals.parameters, of: "value"),
      Readable.bytes(totals.bytes),
    ].joined(separator: ", ")
    let types = dtypes.isEmpty ? "" : " (\(dtypes.joined(separator: ", ")))"
    document.append(.paragraph(sums + types))
    for line in recognised(checkpoint, at: path) {
      document.append(.paragraph(line, style: .green))
    }
    return document
  }

  private func table(_ tensors: [TensorView], of checkpoint: Checkpoint) -> Table {
    // Columns that say nothing about this file are left out.
    let rows = tensors.map { row($0, of: checkpoint) }
    let used = Self.columns.indices.filter { column in
      (column < 5 || rows.contains { $0[column].content != .empty })
        && (column != 5 || checkpoint.files.count > 1)
    }
    var table = Table(columns: used.map { Self.columns[$0] })
    for row in rows { table.append(used.map { row[$0] }) }
    return table
  }

  /// Modules with their sums; the share is of all bytes.
  private func treeTable(
    _ tensors: [TensorView],
    of checkpoint: Checkpoint,
    _ totals: Totals
  ) -> Table {
    var table = Table(columns: [
      .text("module"), .text("shape"), .text("dtype").optional, .number("values"),
      .number("size"), .number("share"), .text("").optional,
    ])
    for node in modules(tensors, of: checkpoint).nodes {
      let layers = node.layers > 0 ? " (\(node.layers))" : ""
      let share = Double(node.bytes) / Double(max(totals.bytes, 1))
      table.append([
        .text(String(repeating: "  ", count: node.depth) + node.name + layers),
        node.shape.map { .integers($0.dimensions) } ?? .text(""),
        node.dtype.map { .text($0.rawValue) } ?? .text(""),
        .integer(node.parameters), .bytes(node.bytes),
        .text(Readable.share(share)), .text(BlockBar.text(share, width: 16)),
      ])
    }
    return table
  }

  private func modules(_ tensors: [TensorView], of checkpoint: Checkpoint) -> ModuleTree {
    let shown = Set(tensors.map { ExactString($0.name) })
    return ModuleTree(tensors) { view in
      checkpoint.tie(of: view).map { !shown.contains(ExactString($0.name)) } ?? true
    }
  }

  /// What the checkpoint is, in words.
  private func recognised(_ checkpoint: Checkpoint, at path: String) -> [String] {
    var lines: [String] = []
    if let model = ModelRecognition(checkpoint, path: path) {
      lines.append(
        [
          "GPT-2", Readable.count(model.layers, of: "layer"),
          model.heads.map { Readable.count($0, of: "head") } ?? "heads unknown",
          "\(model.width) wide", "\(Readable.count(model.vocabulary)) tokens",
          "\(Readable.count(model.positions)) positions",
          "\(Readable.shortCount(model.parameters)) parameters",
          model.isHeadTied ? "tied head" : "a head of its own",
          model.layout == .hf ? "Conv1D layout" : "Linear layout",
          "\(model.naming.rawValue) naming",
        ].joined(separator: ", ")
      )
    }
    if let run = TrainingRecognition(checkpoint) {
      let progress = run.progress.map { ", \($0.name.printable) \(Readable.count($0.value))" }
      lines.append(
        "training run: \(Readable.count(run.moments, of: "moment")) of \(run.optimizer)"
          + progress.joined()
      )
    }
    return lines
  }

  private func recognisedJSON(
    _ checkpoint: Checkpoint,
    at path: String
  ) -> (model: JSONValue, run: JSONValue) {
    var model = JSONValue.null
    if let found = ModelRecognition(checkpoint, path: path) {
      model = [
        "architecture": "gpt2", "layers": .integer(found.layers),
        "heads": found.heads.map { .integer($0) } ?? .null, "width": .integer(found.width),
        "vocabulary": .integer(found.vocabulary), "positions": .integer(found.positions),
        "parameters": .integer(found.parameters), "tied_head": .bool(found.isHeadTied),
        "layout": .string(found.layout.rawValue), "naming": .string(found.naming.rawValue),
      ]
    }
    var run = JSONValue.null
    if let found = TrainingRecognition(checkpoint) {
      var progress = JSONObject()
      for (name, value) in found.progress { progress[name] = .integer(value) }
      run = [
        "optimizer": .string(found.optimizer), "moments": .integer(found.moments),
        "progress": .object(progress),
      ]
    }
    return (model, run)
  }

  func json(
    _ path: String,
    _ checkpoint: Checkpoint,
    _ tensors: [TensorView]
  ) -> JSONValue {
    let totals = Totals(tensors, of: checkpoint)
    var dtypes = JSONObject()
    for (name, count) in totals.dtypes { dtypes[name] = .integer(count) }
    let recognised = recognisedJSON(checkpoint, at: path)
    var object: JSONObject = [
      "path": .string(path),
      "format": .string(checkpoint.format),
      "files": .array(
        checkpoint.files.map { ["name": .string($0.name), "bytes": .integer($0.byteCount)] }
      ),
      "metadata": .object(checkpoint.metadata), "model": recognised.model,
      "training_run": recognised.run,
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
    if tree {
      object["modules"] = .array(
        modules(tensors, of: checkpoint).nodes.map { node in
          [
            "name": .string(node.name), "depth": .integer(node.depth),
            "tensors": .integer(node.tensors), "layers": .integer(node.layers),
            "parameters": .integer(node.parameters), "bytes": .integer(node.bytes),
            "dtype": node.dtype.map { .string($0.rawValue) } ?? .null,
            "shape": node.shape.map { .array($0.dimensions.map { .integer($0) }) } ?? .null,
          ]
        }
      )
    }
    return .object(object)
  }
}

/// Sums over tensors, those that are tied counted once.
struct Totals {
  let tensors: Int
  let parameters: Int
  let bytes: Int
  let dtypes: [(String, Int)]

  init(_ views: [TensorView], of checkpoint: Checkpoint) {
    let shown = Set(views.map { ExactString($0.name) })
    let own = views.filter { view in
      checkpoint.tie(of: view).map { !shown.contains(ExactString($0.name)) } ?? true
    }
    tensors = views.count
    parameters = own.reduce(0) { $0 &+ $1.shape.elementCount }
    bytes = own.reduce(0) { $0 &+ $1.byteCount }
    let counts = views.reduce(into: [:]) { $0[$1.dtype, default: 0] += 1 }
    dtypes = DType.allCases.compactMap { dtype in counts[dtype].map { (dtype.rawValue, $0) } }
  }
}
