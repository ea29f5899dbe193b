import BallastBytes
import BallastCheckpoint
import BallastCommandLine
import BallastFormats
import BallastReport

/// `ballast browse`: a checkpoint in a terminal, to walk about in.
struct Browse: Command {
  static let configuration = CommandConfiguration(
    "browse",
    abstract: "Walk through a checkpoint in the terminal.",
    discussion: """
      Lists the tensors over the whole screen. The arrow keys move, '/' filters by name, enter \
      shows the statistics and the histogram of a tensor, 'd' marks two tensors and compares them, \
      '?' tells all keys, and 'q' leaves. Values are read when they are asked for.
      """,
    examples: [CommandExample("ballast browse gpt2/", "All tensors of a folder's checkpoint.")]
  )

  @Argument(value: "PATH", help: "A checkpoint or a folder with one.", completion: .file)
  var path: String
  @OptionGroup var limits: LimitArguments<ReadingLimits>

  func run(in context: Console) throws -> ExitCode {
    guard TerminalSession.isPossible else {
      throw UsageError("browse needs a terminal; 'ballast inspect' lists tensors anywhere")
    }
    let checkpoint = try at(path) { () throws(FormatError) in
      try Checkpoint.open(path: path, limits: limits.values)
    }
    var screen = BrowserScreen(path, checkpoint, usesStyles: context.usesStyles)
    var browser = Browser(checkpoint)
    let terminal = try TerminalSession()
    defer { terminal.leave() }
    var drawn: (columns: Int, rows: Int)?
    while !browser.isDone {
      let (columns, rows) = terminal.size
      let height = BrowserScreen.listHeight(rows: rows)
      if drawn ?? (0, 0) != (columns, rows) {
        browser.list.scroll(toFit: height)
        if let waiting = screen.waiting(browser, columns: columns, rows: rows) {
          try terminal.draw(waiting)
        }
        try terminal.draw(screen.lines(browser, columns: columns, rows: rows))
        drawn = (columns, rows)
      }
      guard let keys = try terminal.keys() else { continue }
      browser.handle(keys, height: height)
      drawn = nil
    }
    terminal.leave()
    context.notice(of: checkpoint, at: path)
    return .success
  }
}
