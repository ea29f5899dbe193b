import BallastFormats

/// Something that no honest pickle does.
struct PickleOddity {
  enum Kind: String {
    case computedName = "computed-name"
    case computedCall = "computed-call"
    case oddCall = "odd-call"
    case changesClass = "changed-class"
    case oddState = "odd-state"
    case oddItems = "odd-items"
    case functionAtLarge = "odd-function"
    case extensionCode = "extension-code"
    case loaderAtLarge = "computed-file"
    case oddMemoIndex = "odd-memo"
    case crossedFrame = "odd-frame"
    case longName = "long-name"
    case tooManyNames = "too-many-names"
    case tooManyNested = "too-many-nested"
    case tooManyValues = "limit"

    /// Whether it may only look odd because something was forgotten.
    var isAboutTheUnknown: Bool {
      switch self {
      case .computedName, .computedCall, .oddCall, .changesClass, .oddState, .oddItems: true
      default: false
      }
    }
  }

  let kind: Kind
  let opcode: PickleOpcode
  let offset: Int
}

extension PickleOddity.Kind: CustomStringConvertible {
  /// What it is that no honest pickle does.
  var description: String {
    switch self {
    case .computedName: "imports a name that is computed while the pickle runs"
    case .computedCall: "calls a value that is computed while the pickle runs"
    case .oddCall: "calls a name that makes data in a way that no pickler does"
    case .changesClass: "changes a class, a function or a value, not an object"
    case .oddState: "gives an object attributes that no pickler gives it"
    case .oddItems: "puts items into something that is no container"
    case .functionAtLarge: "hands on a function that picklers only call"
    case .extensionCode: "imports a name by a number that only the running program knows"
    case .loaderAtLarge: "hands torch's loader of nested files on, or bytes to it that are computed"
    case .oddMemoIndex: "numbers the memo in a way that no pickler does"
    case .crossedFrame: "does not end where its frame does, where Python's unpicklers part ways"
    case .longName: "imports a name that is too long to be one"
    case .tooManyNames: "imports more than \(PickleWalk.maximumNames) names"
    case .tooManyValues: "has more values than are followed: names behind them are not known"
    case .tooManyNested: "holds more than \(PickleWalk.maximumNested) texts that may be pickles"
    }
  }
}
