import BallastBytes
package import BallastCheckpoint
import BallastInspection

/// The tensors that a browser lists: filtered, sorted, one of them selected.
package struct TensorList {
  /// The order of the list.
  package enum Order: String, CaseIterable {
    case file
    case name
    case size

    var next: Order {
      switch self {
      case .file: .name
      case .name: .size
      case .size: .file
      }
    }
  }

  package let tensors: [TensorView]
  package private(set) var filter = ""
  package private(set) var order = Order.file
  /// The positions of the tensors that are listed.
  package private(set) var listed: [Int]
  /// Which of them is selected; 0 where there is none.
  package private(set) var row = 0
  /// The first that is on the screen.
  package private(set) var top = 0

  package init(_ tensors: [TensorView]) {
    self.tensors = tensors
    listed = Array(tensors.indices)
  }

  /// The position of the selected tensor.
  package var selected: Int? { listed.indices.contains(row) ? listed[row] : nil }

  package mutating func select(row: Int) {
    self.row = max(0, min(row, listed.count - 1))
  }

  package mutating func move(by rows: Int) {
    select(row: row + rows)
  }

  /// Moves the window so that the selected row is in it.
  package mutating func scroll(toFit height: Int) {
    let height = max(1, height)
    if row < top { top = row }
    if row >= top + height { top = row - height + 1 }
    // No room is left empty at the end.
    top = max(0, min(top, listed.count - height))
  }

  package mutating func setFilter(_ filter: String) {
    self.filter = filter
    update()
  }

  package mutating func setOrder(_ order: Order) {
    self.order = order
    update()
  }

  /// The names without capitals, as they are searched.
  private lazy var searched = tensors.map { Array($0.name.lowercased().utf8) }

  /// Lists anew, and stays on the tensor that was selected if it is still there.
  private mutating func update() {
    let before = selected
    var listed = Array(tensors.indices)
    for word in filter.lowercased().split(separator: " ") {
      // A word is looked for anywhere; with a star or a question mark it is a pattern of the whole.
      if word.contains(where: "*?".contains) {
        let pattern = NamePattern(String(word))
        listed.removeAll { !pattern.matches(tensors[$0].name.lowercased()) }
      } else {
        let (names, bytes) = (searched, Array(word.utf8))
        listed.removeAll { !names[$0].contains(bytes) }
      }
    }
    switch order {
    case .file: break
    case .name: listed.sort { tensors[$0].name < tensors[$1].name }
    case .size:
      let sizes = tensors.map(\.byteCount)
      listed.sort { sizes[$0] == sizes[$1] ? $0 < $1 : sizes[$0] > sizes[$1] }
    }
    self.listed = listed
    row = before.flatMap { listed.firstIndex(of: $0) } ?? 0
    top = 0
  }
}

extension [UInt8] {
  /// Whether some bytes, of which there is at least one, stand in these.
  fileprivate func contains(_ bytes: [UInt8]) -> Bool {
    guard bytes.count <= count else { return false }
    return (0...count - bytes.count).contains { start in
      self[start] == bytes[0] && self[start..<start + bytes.count].elementsEqual(bytes)
    }
  }
}
