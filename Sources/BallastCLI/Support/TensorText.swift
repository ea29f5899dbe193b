import BallastBytes
import BallastCheckpoint
import BallastJSON
import BallastReport

/// A tensor's values as text: rows in brackets, columns aligned, the middle of large ones left out.
struct TensorText {
  /// Tensors of more elements are shown by their edges.
  static let mostElements = 1000
  /// The first and last indices that are shown of a long dimension.
  private static let edges = [3, 2, 1]

  private let tensor: TensorView
  /// How many indices at either end are shown; nil for all.
  private let edge: Int?

  /// Throws `CheckpointFault.badSlice` where so many dimensions are long that no edge is short enough.
  init(_ tensor: TensorView, isWhole: Bool) throws(FormatError) {
    self.tensor = tensor
    guard !isWhole, tensor.shape.elementCount > Self.mostElements else {
      edge = nil
      return
    }
    let fitting = Self.edges.first { edge in
      var count = 1
      for size in tensor.shape.dimensions where count <= Self.mostElements {
        count *= min(size, 2 * edge)
      }
      return count <= Self.mostElements
    }
    guard let fitting else {
      throw FormatError(
        CheckpointFault.badSlice(tensor: tensor.name, tensor.shape.dimensions),
        in: tensor.storage.file
      )
    }
    edge = fitting
  }

  /// The lines, as NumPy prints an array.
  func text() throws(FormatError) -> String {
    // As NumPy has it, however many rows there are without elements.
    guard tensor.shape.elementCount > 0 else { return "[]" }
    var rows: [[String]] = []
    try gather(tensor, into: &rows)
    let width = rows.joined().map(\.count).max() ?? 0
    var remaining = rows[...]
    return Self.lines(of: tensor.shape.dimensions[...], edge, &remaining, width, indent: 0)
  }

  /// The indices that are shown of a dimension; nil stands for those that are left out.
  private static func shown(_ size: Int, _ edge: Int?) -> [Int?] {
    guard let edge, size > 2 * edge else { return (0..<size).map { $0 } }
    return (0..<edge).map { $0 } + [nil] + (size - edge..<size).map { $0 }
  }

  /// The words of each row, in order.
  private func gather(_ view: TensorView, into rows: inout [[String]]) throws(FormatError) {
    guard view.shape.rank > 1 else {
      guard let size = view.shape.dimensions.first else {
        rows.append(try view.scalars().map(\.text))
        return
      }
      var words: [String] = []
      if let edge, size > 2 * edge {
        words = try view.scalars(in: 0..<edge).map(\.text) + ["…"]
        words += try view.scalars(in: size - edge..<size).map(\.text)
      } else {
        words = try view.scalars().map(\.text)
      }
      rows.append(words)
      return
    }
    for index in Self.shown(view.shape.dimensions[0], edge) {
      if let index { try gather(view.element(index), into: &rows) }
    }
  }

  private static func lines(
    of sizes: ArraySlice<Int>,
    _ edge: Int?,
    _ rows: inout ArraySlice<[String]>,
    _ width: Int,
    indent: Int
  ) -> String {
    guard let size = sizes.first else { return rows.popFirst()?.first ?? "" }
    if sizes.count == 1 {
      let words = (rows.popFirst() ?? []).map { word in
        word == "…" ? word : String(repeating: " ", count: width - word.count) + word
      }
      return "[" + words.joined(separator: " ") + "]"
    }
    let parts = shown(size, edge).map { index in
      index == nil ? "…" : lines(of: sizes.dropFirst(), edge, &rows, width, indent: indent + 1)
    }
    let between =
      String(repeating: "\n", count: sizes.count - 1) + String(repeating: " ", count: indent + 1)
    return "[" + parts.joined(separator: between) + "]"
  }
}

extension Scalar {
  /// The element in few digits.
  fileprivate var text: String {
    switch self {
    case .bool(let bool): bool ? "true" : "false"
    case .integer(let integer): String(integer)
    case .large(let integer): String(integer)
    case .single(let float): Readable.number(Double(float), digits: 6)
    case .double(let double): Readable.number(double, digits: 8)
    case .complex(let real, let imaginary):
      Readable.number(real, digits: 6) + (imaginary.sign == .minus ? "-" : "+")
        + Readable.number(imaginary.magnitude, digits: 6) + "i"
    }
  }

  /// The element exactly; complex ones as their two parts.
  var json: JSONValue {
    switch self {
    case .bool(let bool): .bool(bool)
    case .integer(let integer): .integer(integer)
    case .large(let integer): .number(Double(integer))
    // The shortest digits that read back as the same float32.
    case .single(let float): .number(Double(float.description) ?? Double(float))
    case .double(let double): .number(double)
    case .complex(let real, let imaginary): .array([.number(real), .number(imaginary)])
    }
  }
}
