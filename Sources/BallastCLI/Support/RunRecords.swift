import BallastBytes
import BallastJSON
import BallastReport
import BallastTraining
import FoundationEssentials

/// What a run has come to, line by line: the log, and on request a table and TensorBoard's events, which are made from
/// its lines.
final class RunRecords {
  private let log: LogFile
  private let table: AppendingFile?
  private let events: EventFile?
  private var training: [(step: Int, value: Double)] = []
  private var validation: [(step: Int, value: Double)] = []

  private static let columns = [
    "step", "loss", "lr", "grad_norm", "tokens", "tokens_per_second", "validation_loss",
  ]
  private static let tags = [
    ("loss", "train/loss"), ("lr", "train/lr"), ("grad_norm", "train/grad_norm"),
    ("tokens_per_second", "train/tokens_per_second"), ("validation_loss", "validation/loss"),
  ]

  /// Records beside a log.
  ///
  /// What its earlier lines say is written to the others first.
  init(_ log: LogFile, table: String?, events: String?) throws(FormatError) {
    self.log = log
    self.table = try table.map { path throws(FormatError) in
      let file = try AppendingFile(path: path, keeping: 0)
      try file.write(Self.columns.joined(separator: ",") + "\n")
      return file
    }
    self.events = try events.map { folder throws(FormatError) in
      try FileSystem.createFolders(folder)
      // One name, so that a run that goes on has no second curve.
      return try EventFile(path: folder + "/events.out.tfevents.0.ballast", time: Self.now)
    }
    for line in log.earlier { try note(line) }
  }

  /// Adds a line.
  func append(_ line: JSONObject) throws(FormatError) {
    try log.append(line)
    try note(line)
  }

  /// The losses so far, drawn in so many columns; nil where there is nothing to see.
  func chart(width: Int) -> String? {
    TerminalChart([
      .init("training loss", points: training),
      .init("validation loss", points: validation, isMarked: true),
    ])?.lines(width: width, height: 12).joined(separator: "\n")
  }

  private func note(_ line: JSONObject) throws(FormatError) {
    guard let step = line["step"]?.integer else { return }
    if let loss = line["loss"]?.number { training.append((step, loss)) }
    if let loss = line["validation_loss"]?.number { validation.append((step, loss)) }
    if let table {
      let cells = Self.columns.map { line[$0]?.text() ?? "" }
      try table.write(cells.joined(separator: ",") + "\n")
    }
    if let events {
      let scalars = Self.tags.compactMap { key, tag in
        line[key]?.number.map { (tag: tag, value: $0) }
      }
      try events.append(step: step, time: Self.now, scalars: scalars)
    }
  }

  private static var now: Double { Date().timeIntervalSince1970 }
}

/// A file of JSON lines that grows as the run goes on.
final class LogFile {
  private let file: AppendingFile
  /// The lines that were there.
  private(set) var earlier: [JSONObject] = []

  init(path: String, replacing: Bool) throws(FormatError) {
    file = try AppendingFile(path: path, replacing: replacing)
  }

  private static let beginning = #"{"step":"#

  /// Goes on after the lines of the steps up to `step`: those after it, of which the last may be broken, are taken
  /// away.
  ///
  /// Throws `LogFault` for a file that a run cannot have written.
  init(path: String, keepingThrough step: Int) throws(FormatError) {
    var kept = 0
    var earlier: [JSONObject] = []
    if FileManager.default.fileExists(atPath: path) {
      let text = try SharedBytes.contents(path: path)
      guard zip(text, Self.beginning.utf8).allSatisfy({ $0 == $1 }) else {
        throw FormatError(LogFault.otherFile)
      }
      while let end = text[kept...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = try? JSONValue(parsing: String(decoding: text[kept..<end], as: UTF8.self))
        guard let object = line?.object, let logged = object["step"]?.integer, logged <= step
        else { break }
        earlier.append(object)
        kept = end + 1
      }
    }
    self.earlier = earlier
    file = try AppendingFile(path: path, keeping: kept)
  }

  func append(_ object: JSONObject) throws(FormatError) {
    try file.write(JSONValue.object(object).text() + "\n")
  }
}

/// Why a file is not gone on with as a log.
enum LogFault: FormatFault {
  /// Something else than a log.
  case otherFile
  /// Any file, where none is gone on with.
  case present

  /// What is wrong, in one line.
  var description: String {
    switch self {
    case .otherFile: "it is there, and is not the log of a run"
    case .present: "it is there already"
    }
  }

  /// What a user might do about it.
  var hint: String? { "name another file, or remove it" }
}
