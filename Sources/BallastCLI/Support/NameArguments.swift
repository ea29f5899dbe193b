package import BallastCheckpoint
package import BallastCommandLine

extension NamePattern: ExpressibleByArgument {
  package init(argument: String) throws(InvalidArgument) { self.init(argument) }

  package var argument: String { text }
}

extension Renaming: ExpressibleByArgument {
  package init(argument: String) throws(InvalidArgument) {
    guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
      throw InvalidArgument("expected FROM=TO")
    }
    let replacement = String(argument[argument.index(after: equals)...])
    guard let renaming = Renaming(NamePattern(String(argument[..<equals])), to: replacement) else {
      throw InvalidArgument("TO has more stars than FROM")
    }
    self = renaming
  }

  package var argument: String { "\(pattern.text)=\(replacement)" }
}
