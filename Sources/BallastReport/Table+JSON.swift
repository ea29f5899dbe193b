package import BallastJSON

extension Table {
  /// The rows as JSON objects with the columns' keys.
  package var json: JSONValue {
    .array(
      rows.map { row in
        var object = JSONObject()
        for (column, cell) in zip(columns, row) { object[column.key] = cell.json }
        return .object(object)
      }
    )
  }
}

extension Cell {
  /// The exact value; null for an empty cell.
  package var json: JSONValue {
    switch content {
    case .empty: .null
    case .text(let text): .string(text)
    case .bool(let bool): .bool(bool)
    case .integer(let integer), .bytes(let integer): .integer(integer)
    case .number(let number), .fraction(let number): .number(number)
    case .integers(let integers): .array(integers.map(JSONValue.integer))
    case .bars(let heights): .array(heights.map(JSONValue.number))
    }
  }
}
