import BallastBytes
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastReport
import BallastTraining
import FoundationEssentials
import Glibc

/// The folder of a run: the last state, the best one, the checkpoints, the log and the samples.
final class OutputFolder {
  private let path: String
  private let arguments: RunOutputArguments
  private let configuration: JSONObject
  private let companions: [String]
  private let madeFiles: [(name: String, text: String)]
  private let base: String
  /// Whether the last and the best state are written as adapters rather than as whole models.
  private let isAdapter: Bool
  let records: RunRecords
  /// Nil where no samples are asked for.
  let samples: LogFile?
  private let logPath: String
  /// Whether this run made the folder.
  private let isNew: Bool
  private var isSaved = false
  /// What keeps other runs from this folder; they would write into one log.
  private let lock: Int32?

  /// Makes the folder, or takes one that `RunPlace` has looked at; throws where another run has it.
  init(
    _ arguments: RunOutputArguments,
    start: RunStart,
    isAdapter: Bool,
    resuming checkpoint: RunCheckpoint?
  ) throws(PathError) {
    self.arguments = arguments
    let path = arguments.path
    self.path = path
    configuration = start.configurationJSON
    companions = start.companions
    madeFiles = start.madeFiles
    base = start.name
    self.isAdapter = isAdapter
    let logPath = arguments.log ?? path + "/log.jsonl"
    self.logPath = logPath
    let isNew = try at(path) { () throws(FormatError) in
      let lastState = ["config.json", PEFTAdapter.configurationFile].first {
        FileManager.default.fileExists(atPath: path + "/" + $0)
      }
      // transformers would load an adapter beside a model's files on top of that model.
      if isAdapter, lastState == "config.json", arguments.force || checkpoint != nil {
        throw FormatError(ModelFault.shadowed("config.json"))
      }
      return try FileSystem.createOutputFolder(
        path,
        force: arguments.force || arguments.resume != nil
      )
    }
    self.isNew = isNew
    let checkpoints = RunCheckpoints(of: path)
    lock = try at(path) { () throws(FormatError) in
      try FileSystem.createFolders(checkpoints.folder)
      // Not that of the folder itself, which whoever writes into it takes.
      return try FileSystem.lock(checkpoints.folder)
    }
    // What is forced is the folder; a file elsewhere is never replaced.
    func open(_ path: String, replacing: Bool) throws(PathError) -> LogFile {
      do {
        return try at(path) { () throws(FormatError) in
          // A file elsewhere may be anything, unless there is a run that has written it.
          guard arguments.resume != nil, checkpoint != nil || arguments.log != path else {
            if !replacing, FileSystem.isThere(path) { throw FormatError(LogFault.present) }
            return try LogFile(path: path, replacing: replacing)
          }
          return try LogFile(path: path, keepingThrough: checkpoint?.state.step ?? -1)
        }
      } catch {
        if isNew {
          rmdir(checkpoints.folder)
          rmdir(arguments.path)
        }
        throw error
      }
    }
    let log = try open(logPath, replacing: arguments.force && arguments.log == nil)
    records = try at(path) { () throws(FormatError) in
      try RunRecords(
        log,
        table: arguments.csv ? path + "/log.csv" : nil,
        events: arguments.tensorboard ? path + "/tensorboard" : nil
      )
    }
    samples =
      arguments.sampleEvery == nil
      ? nil : try open(path + "/samples.jsonl", replacing: arguments.force)
    // Last, when nothing can refuse the run any more. A later one would go on from the checkpoints of the run that this
    // takes the place of.
    if arguments.force { checkpoints.removeAll() }
    RunCheckpoints.removeLeftovers(in: checkpoints.folder)
    RunCheckpoints.removeLeftovers(in: path)
  }

  deinit {
    if let lock { FileSystem.unlock(lock) }
  }

  /// Removes the log and the folder of a run that failed before it saved anything.
  func discardUnlessSaved() {
    guard isNew, !isSaved, logPath == path + "/log.jsonl" else { return }
    unlink(logPath)
    for name in ["/samples.jsonl", "/log.csv"] { unlink(path + name) }
    if arguments.tensorboard { try? FileManager.default.removeItem(atPath: path + "/tensorboard") }
    // These fail, as they should, where a folder holds anything else.
    rmdir(RunCheckpoints(of: path).folder)
    rmdir(path)
  }

  /// Whether there is a best state, which an earlier run left.
  var hasEarlierBest: Bool {
    FileManager.default.fileExists(atPath: path + "/best")
  }

  /// Saves the last state.
  func save(_ model: GPT2Model) throws(FormatError) {
    try folder(model, asAdapter: isAdapter).write(to: path, replacing: true)
    isSaved = true
    // It fails, as it should, where there are any.
    rmdir(RunCheckpoints(of: path).folder)
  }

  /// Saves the best state.
  func saveBest(_ model: GPT2Model) throws(FormatError) {
    try folder(model, asAdapter: isAdapter).write(to: path + "/best", replacing: true)
    isSaved = true
  }

  /// Saves a checkpoint, unless it is there, and takes older ones away.
  func saveCheckpoint(
    of trainer: Trainer,
    _ model: GPT2Model,
    settings: JSONObject
  ) throws(FormatError) {
    let checkpoints = RunCheckpoints(of: path)
    let place = checkpoints.path(step: trainer.state.step)
    if FileManager.default.fileExists(atPath: place) { return }
    try trainer.save(to: place, as: folder(model, asAdapter: true), settings: settings)
    isSaved = true
    checkpoints.prune(keep: arguments.keep, keepEvery: arguments.keepEvery)
  }

  /// The model's adapters alone, where it has any, or all of it.
  private func folder(_ model: GPT2Model, asAdapter: Bool) -> HuggingFaceFolder {
    if asAdapter, let adapters = model.adapters {
      return adapters.folder(base: base, companions: companions)
    }
    var folder = model.folder(extending: configuration, companions: companions)
    folder.madeFiles = madeFiles
    return folder
  }
}
