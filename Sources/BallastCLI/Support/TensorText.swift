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
  /// The elements of a row that are read at once, and the bytes that are handed out.
  private static let elementsAtOnce = 1 << 14
  private static let bytesAtOnce = 1 << 16

  private let tensor: TensorView
  /// How many indices at either end are shown; nil for all.
  private let edge: Int?

  /// Throws `CheckpointFault.badSlice` where so many dimensions are long that no edge is short enough.
  init(_ tensor: TensorView, isWhole: Bool) throws(FormatError) {
    self.tensor = try tensor.unpacked()
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
    var text = ""
    try write { text += $0 }
    return text
  }

  /// Hands out the lines piece by piece; reads the values twice, first for the width of a column.
  func write(to output: (String) throws(FormatError) -> Void) throws(FormatError) {
    // As NumPy has it, however many rows there are without elements.
    guard tensor.shape.elementCount > 0 else { return try output("[]") }
    var width = 0
    try visit(tensor, indent: 0) { piece throws(FormatError) in
      if case .words(let words) = piece {
        width = words.reduce(width) { max($0, $1.utf8.count) }
      }
    }
    var text = ""
    try visit(tensor, indent: 0) { piece throws(FormatError) in
      switch piece {
      case .mark(let mark): text += mark
      case .words(let words):
        for (place, word) in words.enumerated() {
          if place > 0 { text += " " }
          for _ in word.utf8.count..<width { text += " " }
          text += word
        }
      }
      guard text.utf8.count >= Self.bytesAtOnce else { return }
      try output(text)
      text = ""
    }
    try output(text)
  }

  private enum Piece {
    /// Brackets, what stands between rows, and the sign for what is left out.
    case mark(String)
    /// Elements that stand side by side.
    case words([String])
  }

  /// The indices that are shown of a dimension; nil stands for those that are left out.
  private func shown(_ size: Int) -> [Range<Int>?] {
    guard let edge, size > 2 * edge else { return [0..<size] }
    return [0..<edge, nil, size - edge..<size]
  }

  /// Takes a tensor apart from left to right.
  private func visit(
    _ view: TensorView,
    indent: Int,
    _ body: (Piece) throws(FormatError) -> Void
  ) throws(FormatError) {
    guard let size = view.shape.dimensions.first else {
      return try body(.words(view.scalars().map(\.text)))
    }
    let rank = view.shape.rank
    let between =
      rank == 1
      ? " " : String(repeating: "\n", count: rank - 1) + String(repeating: " ", count: indent + 1)
    var isFirst = true
    func separate() throws(FormatError) {
      if !isFirst { try body(.mark(between)) }
      isFirst = false
    }
    try body(.mark("["))
    for range in shown(size) {
      guard let range else {
        try separate()
        try body(.mark("…"))
        continue
      }
      let step = rank == 1 ? Self.elementsAtOnce : 1
      for start in stride(from: range.lowerBound, to: range.upperBound, by: step) {
        try Interruption.check()
        try separate()
        if rank == 1 {
          let end = min(start + step, range.upperBound)
          try body(.words(view.scalars(in: start..<end).map(\.text)))
        } else {
          try visit(view.element(start), indent: indent + 1, body)
        }
      }
    }
    try body(.mark("]"))
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
