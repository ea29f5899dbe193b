import BallastCommandLine
import BallastFormats
import BallastInspection

/// A limit of a reader as the user sets it: "torch.tensors=1000000", "torch.unfolded-bytes=8GiB".
struct LimitSetting: ExpressibleByArgument, Hashable {
  let name: String
  let value: Int

  init(argument: String) throws(InvalidArgument) {
    guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex,
      let size = try? ByteSize(argument: String(argument[argument.index(after: equals)...]))
    else { throw InvalidArgument("expected NAME=N, where N may have a unit such as MiB") }
    let range = ReadingLimits.settable
    guard range.contains(size.bytes) else {
      throw InvalidArgument("expected a number from \(range.lowerBound) to \(range.upperBound)")
    }
    name = String(argument[..<equals])
    value = size.bytes
  }

  var argument: String { "\(name)=\(value)" }
}

/// The limits of a reader, and what the user sets of them.
struct LimitArguments<Limits: NamedLimits>: ParsableArguments {
  @Option(
    value: "NAME=N",
    help: "Set a limit that the reader names when it refuses a file; may be repeated."
  )
  var limit: [LimitSetting] = []

  func validate() throws {
    let names = Limits.named.map(\.name)
    for setting in limit where !names.contains(setting.name) {
      let suggestion = setting.name.closest(in: names).map { "did you mean '\($0)'?" }
      let known = "known are \(names.listed(before: "and"))"
      throw UsageError("there is no limit '\(setting.name)'; \(suggestion ?? known)")
    }
  }

  /// The standard limits, with those that were set.
  var values: Limits {
    var values = Limits.standard
    for setting in limit {
      guard let named = Limits.named.first(where: { $0.name == setting.name }) else { continue }
      values[keyPath: named.limit] = setting.value
    }
    return values
  }
}
