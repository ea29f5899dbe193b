import Foundation

/// The program, run as a process of its own.
enum Ballast {
  /// How a run ended, and what it wrote.
  struct Result {
    let status: Int32
    let isCrash: Bool
    let output: Data
    let errors: String

    var text: String { String(decoding: output, as: UTF8.self) }
    /// The lines of standard error.
    var errorLines: [Substring] { errors.split(separator: "\n") }
  }

  /// The executable beside the test bundle.
  static let executable = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "ballast")

  static func process(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    return process
  }

  /// Runs the program with an empty standard input and waits for its end.
  static func run(_ arguments: String...) throws -> Result {
    try run(arguments)
  }

  static func run(
    _ arguments: [String],
    input: Data = Data(),
    environment: [String: String] = [:]
  ) throws -> Result {
    let process = process(arguments)
    process.environment?.merge(environment) { $1 }
    let folder = FileManager.default.temporaryDirectory
    let names = ["in", "out", "err"].map { _ in
      folder.appending(path: "ballast-\(UInt64.random(in: 0 ... .max))")
    }
    defer { for name in names { try? FileManager.default.removeItem(at: name) } }
    // Files, not pipes: a pipe that nobody reads would stop the program when it is full.
    try input.write(to: names[0])
    for name in names.dropFirst() { try Data().write(to: name) }
    process.standardInput = try FileHandle(forReadingFrom: names[0])
    process.standardOutput = try FileHandle(forWritingTo: names[1])
    process.standardError = try FileHandle(forWritingTo: names[2])
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus,
      isCrash: process.terminationReason == .uncaughtSignal,
      output: try Data(contentsOf: names[1]),
      errors: String(decoding: try Data(contentsOf: names[2]), as: UTF8.self)
    )
  }
}
