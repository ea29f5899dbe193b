import BallastTestSupport
import Foundation
import Testing

/// The commands of docs/training.md, as somebody who follows it types them.
@Suite struct TutorialTests {
  /// All that stands between "```sh" and "```", in order.
  private static func blocks(of document: String) -> [String] {
    document.components(separatedBy: "\n```sh\n").dropFirst().map {
      String($0.prefix(upTo: $0.range(of: "\n```")?.lowerBound ?? $0.endIndex))
    }
  }

  @Test func everyCommandWorks() throws {
    let folder = try TemporaryFolder()
    let root = URL(filePath: Fixtures.path("")).standardizedFileURL.deletingLastPathComponent()
    let document = try String(contentsOf: root.appending(path: "docs/training.md"), encoding: .utf8)
    let blocks = Self.blocks(of: document)
    #expect(blocks.count >= 10)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/fixtures",
      withDestinationPath: root.path + "/fixtures"
    )
    let script = "set -eu\n" + blocks.joined(separator: "\n") + "\necho done\n"
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = ["-c", script]
    shell.currentDirectoryURL = URL(filePath: folder.path)
    let search = Ballast.executable.deletingLastPathComponent().path
    let environment = ProcessInfo.processInfo.environment
    shell.environment = environment.merging([
      "PATH": "\(search):\(environment["PATH"] ?? "/usr/bin:/bin")",
      "XDG_CACHE_HOME": folder.path + "/cache",
    ]) { $1 }
    let log = folder.path + "/log"
    _ = try folder.write([], to: "log")
    let output = try FileHandle(forWritingTo: URL(filePath: log))
    (shell.standardOutput, shell.standardError) = (output, output)
    try shell.run()
    shell.waitUntilExit()
    let text = try String(contentsOfFile: log, encoding: .utf8)
    #expect(shell.terminationStatus == 0 && text.hasSuffix("done\n"), "\(text.suffix(4000))")
    // What the text says of them.
    #expect(text.contains("Who is aloft? The carpenter and the cabin boy.\n"))
    #expect(text.contains("added tokens: \"<|wind|>\" is 768"))
    for made in [
      "logbook/best", "watched/tensorboard", "adapter/adapter_config.json", "logbook.gguf",
    ] {
      #expect(FileManager.default.fileExists(atPath: "\(folder.path)/\(made)"), "\(made)")
    }
  }
}
