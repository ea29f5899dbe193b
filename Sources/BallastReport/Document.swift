/// What a command has to say, before it is known how it will be shown.
package struct Document: Hashable, Sendable {
  /// A piece of a document.
  package enum Block: Hashable, Sendable {
    /// A line above other blocks.
    case heading(String)
    /// Text that breaks between words; its line breaks stay, so names in it should be `printable`.
    case paragraph(String, style: Style = .plain)
    /// Names with one value each.
    case keyValues([KeyValue])
    /// Rows with the same columns.
    case table(Table)
    /// What a check found.
    case findings([Finding])
  }

  /// A name and its value.
  package struct KeyValue: Hashable, Sendable {
    /// The name.
    package var key: String
    /// The value.
    package var value: Cell

    /// A name and its value.
    package init(_ key: String, _ value: Cell) {
      self.key = key
      self.value = value
    }
  }

  /// The pieces, in order.
  package var blocks: [Block]

  /// A document of some pieces.
  package init(_ blocks: [Block] = []) {
    self.blocks = blocks
  }

  /// Adds a piece at the end.
  package mutating func append(_ block: Block) {
    blocks.append(block)
  }
}

extension Document: ExpressibleByArrayLiteral {
  /// A document of some pieces.
  package init(arrayLiteral blocks: Block...) { self.init(blocks) }
}

/// Rows with the same columns.
package struct Table: Hashable, Sendable {
  /// What a column is called, and how its cells stand.
  package struct Column: Hashable, Sendable {
    /// On which side the cells of a column stand.
    package enum Alignment: Hashable, Sendable {
      /// Texts; they are shortened where the terminal is narrow.
      case left
      /// Numbers; they are always shown whole.
      case right
    }

    /// The name for machines: a JSON key, the head of a CSV column.
    package let key: String
    /// The name for people.
    package let title: String
    /// On which side the cells stand.
    package let alignment: Alignment
    /// Whether people can do without the column where the terminal is narrow; machines get it.
    package private(set) var isOptional = false

    private init(key: String, title: String, alignment: Alignment) {
      self.key = key
      self.title = title
      self.alignment = alignment
    }

    /// The same column, which is left out where the terminal is too narrow for all of them.
    package var optional: Column {
      var column = self
      column.isOptional = true
      return column
    }

    /// A column of texts, on the left.
    package static func text(_ key: String, title: String? = nil) -> Column {
      Column(key: key, title: title ?? key, alignment: .left)
    }

    /// A column of numbers, on the right.
    package static func number(_ key: String, title: String? = nil) -> Column {
      Column(key: key, title: title ?? key, alignment: .right)
    }
  }

  /// The columns, from left to right.
  package let columns: [Column]
  /// The rows, each with a cell for every column.
  package private(set) var rows: [[Cell]] = []

  /// A table without rows.
  package init(columns: [Column]) {
    self.columns = columns
  }

  /// The table without some of its columns.
  func without(_ dropped: Set<Int>) -> Table {
    let kept = columns.indices.filter { !dropped.contains($0) }
    var table = Table(columns: kept.map { columns[$0] })
    for row in rows { table.append(kept.map { row[$0] }) }
    return table
  }

  /// Adds a row with a cell for every column.
  package mutating func append(_ row: [Cell]) {
    precondition(row.count == columns.count, "a row needs a cell for every column")
    rows.append(row)
  }
}

/// Something that a check found.
package struct Finding: Hashable, Sendable {
  /// How much a finding matters.
  package enum Severity: String, Hashable, Sendable, CaseIterable {
    /// Wrong or dangerous.
    case error
    /// Suspicious.
    case warning
    /// Worth knowing.
    case note

    var style: Style {
      switch self {
      case .error: .red
      case .warning: .yellow
      case .note: .dim
      }
    }
  }

  /// How much it matters.
  package var severity: Severity
  /// The rule that was broken, as documentation calls it.
  package var rule: String
  /// What is the matter, in a sentence.
  package var message: String
  /// Where: the file, the offset, the tensor.
  package var place: String

  /// A finding.
  package init(_ severity: Severity, rule: String, _ message: String, place: String = "") {
    self.severity = severity
    self.rule = rule
    self.message = message
    self.place = place
  }
}
