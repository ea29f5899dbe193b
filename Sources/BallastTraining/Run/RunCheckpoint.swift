package import BallastBytes
import BallastCheckpoint
import BallastFormats
package import BallastGPT2
package import BallastJSON
import BallastModelIO
import FoundationEssentials

/// A checkpoint of a run: a folder with the model, the optimiser's averages, and where the run is.
///
/// The folder is there wholly or not at all: it is written beside its place and then renamed.
package struct RunCheckpoint {
  /// The file of the optimiser's averages, each under its name, a dot, and the parameter's canonical name.
  static let averagesFile = "optimizer.safetensors"
  /// The file of the state and of what the run was told.
  static let stateFile = "training_state.json"

  /// The folder.
  package let path: String
  /// Where the run is.
  package let state: RunState
  /// What the run was told that its course depends on.
  package let settings: JSONObject
  private let averages: Checkpoint

  /// Opens a checkpoint; throws `RunCheckpointFault`, or what is wrong with a file, whose name it gives.
  package init(path: String) throws(FormatError) {
    self.path = path
    do throws(FormatError) {
      let file = try JSONValue(contentsOf: path + "/" + Self.stateFile)
      guard let state = file["state"]?.object, let settings = file["settings"]?.object else {
        throw FormatError(RunCheckpointFault.state("state"))
      }
      self.state = try RunState(state)
      self.settings = settings
    } catch {
      throw error.inFile(Self.stateFile)
    }
    do throws(FormatError) {
      averages = try Checkpoint.open(path: path + "/" + Self.averagesFile)
    } catch {
      throw error.inFile(Self.averagesFile)
    }
    let isAdapter = FileManager.default.fileExists(
      atPath: path + "/" + PEFTAdapter.configurationFile
    )
    // It is read later, but a checkpoint without it is not whole.
    guard isAdapter else {
      _ = try Checkpoint.open(path: path)
      return
    }
    do throws(FormatError) {
      _ = try Checkpoint.open(path: path + "/" + PEFTAdapter.weightsFile)
    } catch {
      throw error.inFile(PEFTAdapter.weightsFile)
    }
  }

  /// Reads the averages of parameters, in the order of `OptimizerOptions.averageNames`.
  package func read(
    _ names: [String],
    into averages: [[Parameter]]
  ) throws(FormatError) {
    for (name, parameters) in zip(names, averages) {
      for parameter in parameters {
        let full = name + "." + parameter.name
        guard let view = self.averages[full], view.dtype == .f32,
          view.shape.dimensions == parameter.shape
        else {
          throw FormatError(RunCheckpointFault.average(full), in: Self.averagesFile)
        }
        try view.readFloats(into: parameter.pointer)
      }
    }
  }

  /// Throws `RunCheckpointFault.differs` for the first setting that is not what the run was begun with.
  package func check(_ now: JSONObject) throws(FormatError) {
    for (key, value) in now.members {
      let before = settings[key]
      guard before != value else { continue }
      throw differs(key, was: before, isNow: value)
    }
    for (key, before) in settings.members where now[key] == nil {
      throw differs(key, was: before, isNow: nil)
    }
  }

  private func differs(_ key: String, was before: JSONValue?, isNow now: JSONValue?) -> FormatError
  {
    FormatError(
      RunCheckpointFault.differs(
        key,
        was: before?.text() ?? "unset",
        isNow: now?.text() ?? "unset"
      ),
      in: Self.stateFile
    )
  }

  /// Throws `RunCheckpointFault.differs` where its model has another vocabulary than the run's, as when its files were
  /// changed.
  package func check(
    _ saved: GPT2Configuration,
    against now: GPT2Configuration
  ) throws(FormatError) {
    guard saved.vocabularySize != now.vocabularySize else { return }
    throw FormatError(
      RunCheckpointFault.differs(
        "vocab_size",
        was: "\(saved.vocabularySize)",
        isNow: "\(now.vocabularySize)"
      ),
      in: "config.json"
    )
  }

  /// Writes a checkpoint, which must not be there yet.
  static func write(
    _ state: RunState,
    settings: JSONObject,
    averages: [(name: String, parameters: [Parameter])],
    model: HuggingFaceFolder,
    to path: String
  ) throws(FormatError) {
    var folder = model
    let document: JSONObject = ["state": .object(state.json), "settings": .object(settings)]
    folder.madeFiles.append((stateFile, JSONValue.object(document).text(.indented) + "\n"))
    folder.tensorFiles.append(
      (
        averagesFile,
        averages.flatMap { name, parameters in
          parameters.map { $0.output(name: name + "." + $0.name, asConv1D: false) }
        }
      )
    )
    try folder.write(to: path, replacing: false)
  }
}

/// The ways in which a checkpoint of a run can be unfit.
package enum RunCheckpointFault: FormatFault {
  case state(String)
  case average(String)
  case differs(String, was: String, isNow: String)

  /// What is wrong, in one line.
  package var description: String {
    switch self {
    case .state(let key): "the state of the run lacks '\(key)', or it is not what it should be"
    case .average(let name): "there is no \(name) of the size that the model has"
    case .differs(let name, let was, let isNow):
      "the run was begun with \(name) \(was), and is to go on with \(isNow)"
    }
  }

  /// What a user might do about it.
  package var hint: String? {
    switch self {
    case .differs: "go on with what it was begun with, or begin anew in another folder"
    default: nil
    }
  }
}

/// The checkpoints in the folder of a run, `checkpoints/step-N`.
package struct RunCheckpoints {
  /// The folder of all checkpoints.
  package let folder: String
  private static let prefix = "step-"

  /// Those of a run's output folder.
  package init(of output: String) {
    folder = output + "/checkpoints"
  }

  /// The path of the one after so many steps.
  package func path(step: Int) -> String { "\(folder)/\(Self.prefix)\(step)" }

  /// The steps that there are checkpoints of, in ascending order.
  package var steps: [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix(Self.prefix), let step = Int(name.dropFirst(Self.prefix.count)),
        step >= 0, "\(Self.prefix)\(step)" == name
      else { return nil }
      return step
    }.sorted()
  }

  /// Removes all.
  package func removeAll() {
    for step in steps { remove(step) }
  }

  /// Whether a name is that of something that was not finished when a process was killed.
  package static func isLeftover(_ name: String) -> Bool {
    guard name.hasPrefix(".") else { return false }
    var parts = name.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
    let end = parts.popLast()
    if end == "tmp" {
      guard let mark = parts.popLast(), UInt32(mark, radix: 16) != nil else { return false }
    } else if end != "removed" || parts.isEmpty {
      return false
    }
    guard let of = parts.first else { return true }
    return parts.count == 1
      && (of == "best" || of.hasPrefix(prefix) && Int(of.dropFirst(prefix.count)) != nil)
  }

  /// Removes what a killed run has left in a folder.
  package static func removeLeftovers(in folder: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where isLeftover(name) && FileSystem.isFolder("\(folder)/\(name)") {
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  /// Removes all but the last `keep`, and those of every `keepEvery` steps.
  package func prune(keep: Int, keepEvery: Int?) {
    for step in steps.dropLast(max(1, keep)) {
      if let keepEvery, step % keepEvery == 0 { continue }
      remove(step)
    }
  }

  private func remove(_ step: Int) {
    // A checkpoint that is only half removed must not look whole: its name goes first.
    let removed = "\(folder)/.\(Self.prefix)\(step).removed"
    guard (try? FileSystem.rename(path(step: step), to: removed)) != nil else { return }
    try? FileManager.default.removeItem(atPath: removed)
  }
}
