import BallastBytes
import BallastCLI
import BallastCheckpoint
import BallastInspection
import Testing

/// What keys change about a browser.
@Suite struct BrowserTests {
  private var browser: Browser

  init() throws {
    let names = ["b.weight", "b.bias", "a.weight", "a.bias", "a.scale", "z"]
    let storage = TensorStorage(ByteRegion(try SharedBytes.copying([UInt8](0..<64))), fileOffset: 0)
    let tensors = try names.enumerated().map { index, name in
      try TensorView(name: name, dtype: .f32, shape: Shape([index + 1]), storage: storage)
    }
    browser = Browser(try Checkpoint(format: "test", files: [], tensors: tensors))
  }

  private func names(_ browser: Browser) -> [String] {
    browser.list.listed.map { browser.list.tensors[$0].name }
  }

  private mutating func press(_ keys: Key...) {
    for key in keys { browser.handle(key, height: 3) }
  }

  private mutating func type(_ text: String) {
    for character in text { browser.handle(.text(character), height: 3) }
  }

  @Test mutating func theSelectionStaysInTheList() {
    press(.up)
    #expect(browser.list.row == 0)
    press(.pageDown)
    #expect(browser.list.row == 3)
    browser.list.scroll(toFit: 3)
    #expect(browser.list.top == 1)
    press(.end, .down)
    #expect(browser.list.row == 5)
    // A larger window leaves no room empty.
    browser.list.scroll(toFit: 10)
    #expect(browser.list.top == 0)
    press(.home)
    #expect(browser.list.row == 0)
  }

  @Test mutating func aFilter() {
    press(.down, .down)
    type("/WEI")
    #expect(browser.isFiltering && names(browser) == ["b.weight", "a.weight"])
    // The tensor that was selected stays so.
    #expect(browser.list.selected == 2)
    type(" b")
    #expect(names(browser) == ["b.weight"])
    press(.control("u"))
    type("a.*")
    #expect(names(browser) == ["a.weight", "a.bias", "a.scale"])
    press(.enter)
    #expect(!browser.isFiltering && browser.page == .list)
    press(.escape)
    #expect(browser.list.filter.isEmpty && browser.list.listed.count == 6)
  }

  @Test mutating func nothingThatMatches() {
    type("/none")
    press(.enter, .enter, .down, .text("d"))
    #expect(browser.list.selected == nil && browser.page == .list && browser.marked.isEmpty)
    press(.text("/"), .escape)
    #expect(browser.list.selected == 0)
  }

  @Test mutating func orders() {
    press(.text("s"))
    #expect(names(browser) == ["a.bias", "a.scale", "a.weight", "b.bias", "b.weight", "z"])
    #expect(browser.list.selected == 0)
    press(.text("s"))
    #expect(names(browser) == ["z", "a.scale", "a.bias", "a.weight", "b.bias", "b.weight"])
    press(.text("s"))
    #expect(names(browser).first == "b.weight")
  }

  @Test mutating func pages() {
    press(.enter)
    #expect(browser.shown == 0)
    press(.down)
    #expect(browser.shown == 1)
    press(.text("l"), .text("x"))
    #expect(browser.view.hasLogarithmicCounts && browser.view.scale == .symlog)
    press(.text("?"))
    #expect(browser.page == .help && browser.shown == nil)
    press(.down)
    #expect(browser.shown == 1)
    press(.escape)
    #expect(browser.page == .list && !browser.isDone)
    press(.text("q"))
    #expect(browser.isDone)
  }

  @Test mutating func twoMarksCompare() {
    press(.text("d"), .text("d"))
    #expect(browser.marked.isEmpty)
    press(.text("d"), .down, .text("d"))
    #expect(browser.compared ?? (-1, -1) == (0, 1))
    // Nothing behind the page moves.
    press(.down, .text("d"))
    #expect(browser.compared ?? (-1, -1) == (0, 1))
    press(.escape)
    #expect(browser.marked.isEmpty && browser.page == .list && browser.list.row == 1)
  }

  /// While a filter is typed, letters are letters.
  @Test mutating func keysAreTextInAFilter() {
    type("/qds?")
    #expect(!browser.isDone && browser.list.filter == "qds?" && browser.marked.isEmpty)
    press(.backspace, .backspace, .backspace, .backspace, .backspace)
    #expect(!browser.isFiltering)
  }
}
