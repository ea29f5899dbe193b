import BallastBytes

/// How a name that makes data may be used.
final class PickleForm: Sendable {
  /// The arguments that picklers give it, one list for each way; none for a type that is not called.
  let calls: [[Parameter]]
  let result: PickleResult
  /// Whether it is a function and no class: picklers write those as callees only.
  let isFunction: Bool
  /// Whether it is one of `PickleDataNames.types`.
  let isType: Bool

  struct Parameter: Sendable {
    let argument: PickleArgument
    var isOptional = false
    var isRepeated = false
  }

  /// The forms of all names, by module, line feed and name.
  static let all: [ExactString: PickleForm] = {
    var forms: [ExactString: PickleForm] = [:]
    func add(_ line: Substring, _ form: PickleForm) {
      let words = line.split(separator: " ")
      guard let module = words.first else { return }
      for name in words.dropFirst() { forms[ExactString("\(module)\n\(name)")] = form }
    }
    for line in PickleDataNames.types.split(separator: "\n") {
      add(line, PickleForm(calls: [], result: .value, isFunction: false, isType: true))
    }
    for line in PickleDataNames.classes.split(separator: "\n") {
      add(line, PickleForm(calls: [[]], result: .object, isFunction: false, isType: false))
    }
    for (table, isFunction) in [(PickleCalls.classes, false), (PickleCalls.functions, true)] {
      for line in table.split(separator: "\n") {
        guard let form = PickleForm(line, isFunction: isFunction) else { continue }
        add(line.prefix { $0 != "(" }, form)
      }
    }
    return forms
  }()

  private init(calls: [[Parameter]], result: PickleResult, isFunction: Bool, isType: Bool) {
    self.calls = calls
    self.result = result
    self.isFunction = isFunction
    self.isType = isType
  }

  /// Reads a line of the table.
  private init?(_ line: Substring, isFunction: Bool) {
    let parts = line.split(separator: "(", omittingEmptySubsequences: false)
    guard let names = parts.first, parts.count > 1 else { return nil }
    var calls: [[Parameter]] = []
    var result = PickleResult.value
    for part in parts.dropFirst() {
      let halves = part.split(separator: ")", omittingEmptySubsequences: false)
      guard halves.count == 2 else { return nil }
      var parameters: [Parameter] = []
      for word in halves[0].split(separator: " ") {
        let name = word.last == "?" || word.last == "*" ? word.dropLast() : word
        guard let argument = PickleArgument(rawValue: String(name)) else { return nil }
        parameters.append(
          Parameter(
            argument: argument,
            isOptional: word.last == "?",
            isRepeated: word.last == "*"
          )
        )
      }
      calls.append(parameters)
      if let word = halves[1].split(separator: " ").first {
        guard let kind = PickleResult(rawValue: String(word)) else { return nil }
        result = kind
      }
    }
    guard names.split(separator: " ").count > 1 else { return nil }
    self.calls = calls
    self.result = result
    self.isFunction = isFunction
    isType = false
  }
}
