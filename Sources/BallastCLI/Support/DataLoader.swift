import BallastBytes
import BallastCommandLine
import BallastGPT2
import BallastReport
import BallastTokenizer
import BallastTraining

/// Reads sources of data, and tells what is odd about them.
final class DataLoader {
  private let tokenizer: Result<Tokenizer, PathError>
  private let console: Console
  private var reader: DataReader
  private var hasReadStandardInput = false

  init(
    _ tokenizer: Result<Tokenizer, PathError>,
    for configuration: GPT2Configuration,
    cache: TokenCache?,
    on console: Console
  ) {
    self.tokenizer = tokenizer
    self.console = console
    var bar: Progress?
    reader = DataReader(
      tokenizer: try? tokenizer.get(),
      endOfText: configuration.endTokens.first.flatMap { Int32(exactly: $0) },
      vocabularySize: configuration.vocabularySize,
      cache: cache
    ) { (done, total) throws(FormatError) in
      try Interruption.check()
      if done == 0 || bar == nil {
        bar = Progress("Tokenizing", total: total, unit: .bytes, on: console)
      }
      bar?.advance(to: done)
      if done == total { bar = nil }
    }
  }

  /// Reads what a path names: a file, the files of a folder, or standard input.
  func read(_ path: String) throws -> DataSource {
    var source = DataSource()
    if path == "-" {
      guard !hasReadStandardInput else {
        throw UsageError("standard input can be read once, and '-' was given twice")
      }
      hasReadStandardInput = true
      let file = try at(Self.standardInput) { () throws(FormatError) in
        try InputFile.mappedStandardInput()
      }
      try read(file, name: Self.standardInput, into: &source)
    } else {
      for (file, isInFolder) in try files(at: path) {
        try read(file, isInFolder: isInFolder, into: &source)
      }
    }
    try at(path) { () throws(FormatError) in try reader.finish(&source) }
    guard source.stream.count > 0 else {
      throw PathError(path: path, error: FormatError(TrainingDataFault.noText))
    }
    return source
  }

  private static let standardInput = "standard input"

  private func files(at path: String) throws(PathError) -> [(String, isInFolder: Bool)] {
    let root = path.hasSuffix("/") ? path : path + "/"
    var seen: Set<FileIdentity> = []
    var files: [(String, isInFolder: Bool)] = []
    for entry in FolderFiles(at: path).entries {
      let name = entry.path.hasPrefix(root) ? entry.path.dropFirst(root.count) : ""
      guard !name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) else { continue }
      if let error = entry.error { throw PathError(path: entry.path, error: error) }
      // A file that has several names is one text.
      if let identity = FileIdentity(path: entry.path), !seen.insert(identity).inserted { continue }
      files.append((entry.path, !name.isEmpty))
    }
    return files
  }

  private func read(_ path: String, isInFolder: Bool, into source: inout DataSource) throws {
    let file = try at(path) { () throws(FormatError) in try SharedBytes.mapping(path: path) }
    if isInFolder {
      // A folder has other things in it than data.
      guard file.count > 0 else { return }
      let isData = try at(path) { () throws(FormatError) in
        try DataKind(of: file, name: path).isData(file)
      }
      guard isData else {
        console.notice("\(path): \(TrainingDataFault.leftOut)".printable)
        return
      }
    }
    do {
      try read(file, name: path, into: &source)
    } catch let error as PathError where isInFolder {
      guard error.error.fault as? TrainingDataFault == .noText else { throw error }
    }
  }

  private func read(_ file: SharedBytes, name: String, into source: inout DataSource) throws {
    do throws(FormatError) {
      for remark in try reader.read(file, name: name, into: &source) {
        console.notice("\(name): \(remark)".printable)
      }
    } catch {
      // Why there is no tokenizer says more than that there is none.
      if error.fault as? TrainingDataFault == .needsTokenizer { _ = try tokenizer.get() }
      throw PathError(path: name, error: error)
    }
  }
}
