package import BallastCheckpoint
import BallastInspection

/// What a browser shows, and what keys change about it; it knows no terminal.
package struct Browser {
  /// What fills the screen.
  package enum Page: Hashable {
    case list
    /// One tensor: what its values are like.
    case tensor
    /// The two tensors that are marked, against each other.
    case comparison
    case help
  }

  package let checkpoint: Checkpoint
  package var list: TensorList
  package private(set) var page = Page.list
  package private(set) var isFiltering = false
  /// The positions of the tensors that are marked, in the order in which they were.
  package private(set) var marked: [Int] = []
  package private(set) var view = HistogramView()
  /// What to say about the last key, until the next one.
  package private(set) var message = ""
  /// Whether the browser is to be closed.
  package private(set) var isDone = false
  private var pageBeforeHelp = Page.list

  package init(_ checkpoint: Checkpoint) {
    self.checkpoint = checkpoint
    list = TensorList(checkpoint.tensors)
  }

  /// The tensor that fills the screen.
  package var shown: Int? { page == .tensor ? list.selected : nil }

  /// The two tensors that are held against each other.
  package var compared: (Int, Int)? {
    page == .comparison && marked.count == 2 ? (marked[0], marked[1]) : nil
  }

  /// Does what keys mean; those that were typed into a filter at once change it once.
  package mutating func handle(_ keys: [Key], height: Int) {
    var rest = keys[...]
    while let key = rest.first {
      let typed = isFiltering ? rest.prefix { $0.character != nil }.compactMap(\.character) : []
      if typed.count > 1 {
        list.setFilter(list.filter + String(typed))
        rest = rest.dropFirst(typed.count)
      } else {
        handle(key, height: height)
        rest = rest.dropFirst()
      }
    }
  }

  /// Does what a key means; `height` is the number of rows of the list on the screen.
  package mutating func handle(_ key: Key, height: Int) {
    message = ""
    if isFiltering, edit(key) { return }
    switch key {
    case .text("q"): isDone = true
    case .text("?"):
      if page != .help { (pageBeforeHelp, page) = (page, .help) } else { page = pageBeforeHelp }
    case _ where page == .help: page = pageBeforeHelp
    case .up, .text("k"): step(-1)
    case .down, .text("j"): step(1)
    case .pageUp: step(-max(1, height))
    case .pageDown, .text(" "): step(max(1, height))
    case .home, .text("g"): step(-list.listed.count)
    case .end, .text("G"): step(list.listed.count)
    case .escape, .left, .backspace, .text("h"): back()
    case .enter, .right: open()
    case .text("d"): mark()
    case .text("/"):
      if page == .comparison { marked = [] }
      page = .list
      isFiltering = true
    case .text("s"):
      guard page == .list else { return }
      list.setOrder(list.order.next)
      message = "in the order of \(list.order.description)"
    case .text("l"): if page != .list { view.hasLogarithmicCounts.toggle() }
    case .text("x"): if page != .list { view.scale = view.scale == .linear ? .symlog : .linear }
    default: message = "? shows what the keys do"
    }
  }

  /// Does what a key means while the filter is typed; false if it means what it always does.
  private mutating func edit(_ key: Key) -> Bool {
    switch key {
    case .text(let character): list.setFilter(list.filter + String(character))
    case .backspace:
      if list.filter.isEmpty { isFiltering = false }
      list.setFilter(String(list.filter.dropLast()))
    case .control("u"): list.setFilter("")
    case .enter: isFiltering = false
    case .escape:
      isFiltering = false
      list.setFilter("")
    case .up, .down, .pageUp, .pageDown: return false
    default: break
    }
    return true
  }

  /// To another row, of which a page about a tensor shows the tensor.
  private mutating func step(_ rows: Int) {
    guard page != .comparison else { return }
    list.move(by: rows)
  }

  private mutating func open() {
    guard page == .list else { return }
    if list.selected != nil { page = .tensor } else { message = "no tensor is listed" }
  }

  private mutating func back() {
    switch page {
    case .comparison:
      marked = []
      page = .list
    case .tensor: page = .list
    case .list where !list.filter.isEmpty: list.setFilter("")
    case .list where !marked.isEmpty: marked = []
    case .list: message = "q leaves"
    case .help: break
    }
  }

  /// Marks the selected tensor, or takes its mark away; with two of them they are compared.
  private mutating func mark() {
    guard page != .comparison, let selected = list.selected else { return }
    guard !marked.contains(selected) else {
      marked.removeAll { $0 == selected }
      message = "no longer marked"
      return
    }
    marked.append(selected)
    if marked.count == 2 {
      page = .comparison
    } else {
      message = "marked; d on another tensor compares the two"
    }
  }
}

extension TensorList.Order {
  var description: String {
    switch self {
    case .file: "the file"
    case .name: "names"
    case .size: "sizes"
    }
  }
}
