import BallastCommandLine

/// How a command writes a list.
enum ListFormat: String, CaseIterable, ExpressibleByArgument {
  case table
  case json
  case csv
}

/// How a command writes what is no list.
enum DocumentFormat: String, CaseIterable, ExpressibleByArgument {
  case table
  case json
}
