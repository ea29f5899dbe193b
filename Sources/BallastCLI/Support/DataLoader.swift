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
  private let bar: LoadingBar
  private var hasReadStandardInput = false

  init(
    _ tokenizer: Result<Tokenizer, PathError>,
    for configuration: GPT2Configuration,
    cache: TokenCache?,
    on console: Console
  ) {
    self.tokenizer = tokenizer
    self.console = console
    let bar = LoadingBar(on: console)
    self.bar = bar
    reader = DataReader(
      tokenizer: try? tokenizer.get(),
      endOfText: configuration.endTokens.first.flatMap { Int32(exactly: $0) },
      vocabularySize: configuration.vocabularySize,
      cache: cache
    ) { (phase, done, total) throws(FormatError) in
      try Interruption.check()
      bar.advance(phase, to: done, of: total)
    }
  }

  /// Reads what a path names: a file, the files of a folder, or standard input.
  func read(_ path: String) throws -> DataSource {
    // Not among the lines of an error.
    defer { bar.clear() }
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
      var leftOut: [String] = []
      for (file, isInFolder) in try files(at: path) {
        if try !read(file, isInFolder: isInFolder, into: &source) { leftOut.append(file) }
      }
      if let first = leftOut.first {
        let others = leftOut.count > 1 ? ", with \(leftOut.count - 1) more" : ""
        console.notice("\(first): it is no text, and left out\(others)".printable)
      }
    }
    try at(path) { () throws(FormatError) in try reader.finish(&source) }
    guard source.stream.count > 0 else {
      throw PathError(path: path, error: FormatError(TrainingDataFault.noText))
    }
    return source
  }

  private static let standardInput = "standard input"
  /// Extensions of files that are text, and are seldom meant to be learned by heart.
  private static let structured = [".json", ".tsv", ".xml", ".html"]

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

  /// Adds a file to a source; false where it is in a folder and no data.
  private func read(
    _ path: String,
    isInFolder: Bool,
    into source: inout DataSource
  ) throws -> Bool {
    let file = try at(path) { () throws(FormatError) in try SharedBytes.mapping(path: path) }
    guard isInFolder else {
      try read(file, name: path, into: &source)
      return true
    }
    // A folder has other things in it than data, and empty files.
    let isData = try at(path) { () throws(FormatError) in
      try DataKind(of: file, name: path).isData(file)
    }
    guard isData, file.count > 0 else { return isData }
    do {
      try read(file, name: path, into: &source)
    } catch let error as PathError {
      guard error.error.fault as? TrainingDataFault == .noText else { throw error }
    }
    return true
  }

  private func read(_ file: SharedBytes, name: String, into source: inout DataSource) throws {
    do throws(FormatError) {
      let remarks = try reader.read(file, name: name, into: &source)
      bar.clear()
      for remark in remarks {
        console.notice("\(name): \(remark)".printable)
      }
      if case .text = try DataKind(of: file, name: name),
        Self.structured.contains(where: name.lowercased().hasSuffix)
      {
        console.notice(
          "\(name): it is trained on as text, its brackets and all; JSON Lines have one object a line"
            .printable
        )
      }
    } catch {
      // Why there is no tokenizer says more than that there is none.
      if error.fault as? TrainingDataFault == .needsTokenizer { _ = try tokenizer.get() }
      throw PathError(path: name, error: error)
    }
  }
}

/// The bar of what is read now.
private final class LoadingBar {
  private let console: Console
  private var progress: Progress?

  init(on console: Console) {
    self.console = console
  }

  func advance(_ phase: DataReader.Phase, to done: Int, of total: Int) {
    if done == 0 || progress == nil {
      clear()
      progress =
        switch phase {
        case .tokenizing: Progress("Tokenizing", total: total, unit: .bytes, on: console)
        case .looking: Progress("Reading", total: total, unit: .things("tokens"), on: console)
        }
    }
    progress?.advance(to: done)
    if done == total { clear() }
  }

  func clear() {
    progress?.clear()
    progress = nil
  }
}
