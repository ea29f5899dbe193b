import BallastBytes
import BallastCommandLine
import BallastFormats
import BallastReport

/// An error of a path: the path is said once, here.
struct PathError: Error {
  let path: String
  let error: FormatError
}

/// Runs `body`, whose errors are about `path`.
func at<Result>(
  _ path: String,
  _ body: () throws(FormatError) -> Result
) throws(PathError) -> Result {
  do {
    return try body()
  } catch {
    throw PathError(path: path, error: error)
  }
}

/// The one place where an error becomes text and an exit code.
struct ErrorReport {
  private let error: any Error
  private let takesLimits: Bool

  /// A report of an error; `takesLimits` says whether the command has the reader's limits as options.
  init(_ error: any Error, takesLimits: Bool = true) {
    self.error = error
    self.takesLimits = takesLimits
  }

  func show(on console: Console) -> ExitCode {
    let (path, failure): (String?, FormatError?) =
      switch error {
      // Not a file of what was being read.
      case let error as PathError where error.error.file == Console.outputName: (nil, error.error)
      case let error as PathError: (error.path, error.error)
      case let error as FormatError: (nil, error)
      default: (nil, nil)
      }
    guard let failure else {
      console.message("ballast: error: \(error)")
      return .failure
    }
    if let interrupted = failure.fault as? Interrupted {
      console.message("ballast: interrupted")
      return ExitCode(rawValue: 128 + interrupted.signal)
    }
    // A file of a set lies beside the index that was given; a member of an archive lies in it.
    let base = path.map { failure.file == nil ? $0 : CheckpointPath.container(of: $0) }
    let place = [base, failure.file].compactMap(\.self).reduce("") {
      $1.hasPrefix("/") || $0.isEmpty ? $1 : $0 + "/" + $1
    }
    let line = FormatError(failure.fault, at: failure.offset, in: place.isEmpty ? nil : place)
    console.message("ballast: error: \(line.description.printable)")
    let limitHint = takesLimits ? Self.hint(failure.fault) : nil
    if let hint = failure.fault.hint ?? Self.hint(failure, at: path) ?? limitHint {
      console.message("  hint: \(hint.printable)")
    }
    return .failure
  }

  /// A limit that may be raised.
  private static func hint(_ fault: any FormatFault) -> String? {
    fault.limitName.map { name in
      let standard = ReadingLimits.standard.value(of: name)
      return "if you trust the file, raise the limit: --limit \(name)=N"
        + (standard.map { " (\(Readable.count($0)) where none is set)" } ?? "")
    }
  }

  /// Why a path may not be there.
  private static func hint(_ error: FormatError, at path: String?) -> String? {
    guard let path, error.fault as? InputOutputFault == .noSuchFile else { return nil }
    // Bytes of arguments that are no UTF-8 have become this character.
    if path.unicodeScalars.contains("\u{FFFD}") {
      return "only names in UTF-8 can be opened; if it has another, rename the file"
    }
    // A name of a hub looks like a path, and is the likeliest path that is not there.
    guard !path.contains("."), !path.hasPrefix("/"), path.count(where: { $0 == "/" }) == 1 else {
      return nil
    }
    return "models are not fetched; give the path of a folder or file"
  }
}
