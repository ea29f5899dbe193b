import BallastBytes
import BallastCheckpoint
import BallastFormats
import Testing

/// NumPy's arrays beside tensors, in the order of their memory, and those that are left out.
@Suite struct TorchArrayTests {
  private static let type = bytes(
    TorchPickle.call("numpy", "dtype", TorchPickle.text("f4"), [0x89], [0x88]),
    TorchPickle.tuple(TorchPickle.integer(3), TorchPickle.text("<"), bytes("N")),
    "b"
  )

  private static func numbers(_ numbers: Int...) -> [UInt8] {
    TorchPickle.tuple(numbers.map(TorchPickle.integer))
  }

  private static func buffer(_ shape: [UInt8], _ order: [UInt8]...) -> [UInt8] {
    bytes(
      TorchPickle.global("numpy._core.numeric", "_frombuffer"),
      TorchPickle.tuple([bytes("C", 96, floats(24)), type, shape] + order),
      "R"
    )
  }

  private static func array(_ shape: [UInt8], isFortran: [UInt8]) -> [UInt8] {
    bytes(
      TorchPickle.call(
        "numpy._core.multiarray",
        "_reconstruct",
        TorchPickle.global("numpy", "ndarray"),
        numbers(0),
        bytes("C", 1, "b")
      ),
      TorchPickle.tuple(TorchPickle.integer(1), shape, type, isFortran, bytes("C", 96, floats(24))),
      "b"
    )
  }

  private func open(_ value: [UInt8]) throws -> Checkpoint {
    let other = TorchPickle.tensor(TorchPickle.storage("0", count: 1), sizes: [1], strides: [1])
    let pickle = TorchPickle.dictionary(["x": value, "y": other])
    return try TorchZip.open(try torchZip(pickle, storages: ["0": floats(1)]).source)
  }

  @Test func axesMayHaveAnyOrder() throws {
    // As NumPy 2.4 writes arange(24).reshape(2, 3, 4) with its axes in the order 2, 0, 1.
    let value = Self.buffer(Self.numbers(2, 3, 4), TorchPickle.text("K"), Self.numbers(2, 0, 1))
    let view = try #require(try open(value)["x"])
    #expect(view.shape.dimensions == [4, 2, 3])
    var expected: [Float] = []
    for i in 0..<4 {
      for j in 0..<2 {
        for k in 0..<3 { expected.append(Float(12 * j + 4 * k + i)) }
      }
    }
    #expect(try view.floats() == expected)
  }

  @Test func anyNumberIsFortransOrderButZero() throws {
    for flag in [[0x88], TorchPickle.integer(1), TorchPickle.integer(-2)] as [[UInt8]] {
      let view = try open(Self.array(Self.numbers(12, 2), isFortran: flag))["x"]
      #expect(try view?.floats().prefix(4) == [0, 12, 1, 13])
    }
    let view = try open(Self.array(Self.numbers(12, 2), isFortran: TorchPickle.integer(0)))["x"]
    #expect(try view?.floats().prefix(4) == [0, 1, 2, 3])
  }

  static let odd: [[UInt8]] = [
    buffer(numbers(24), TorchPickle.text("K")),
    buffer(numbers(24), TorchPickle.text("A")),
    buffer(numbers(24)),
    buffer(numbers(4, 6), TorchPickle.text("K"), numbers(0, 0)),
    buffer(numbers(4, 6), TorchPickle.text("K"), numbers(0, -1)),
    buffer(numbers(4, 6), TorchPickle.text("K"), numbers(0)),
    buffer(numbers(-24), TorchPickle.text("C")),
    buffer(numbers(23), TorchPickle.text("C")),
    bytes(buffer(numbers(24), TorchPickle.text("C")), numbers(1), "b"),
    array(numbers(24), isFortran: bytes("N")),
    array(TorchPickle.list([TorchPickle.integer(24)]), isFortran: [0x89]),
    TorchPickle.call("numpy._core.multiarray", "_reconstruct"),
  ]

  @Test(arguments: odd)
  func whatMakesNoArrayIsLeftOut(value: [UInt8]) throws {
    let checkpoint = try open(value)
    #expect(checkpoint.tensors.map(\.name) == ["y"])
    #expect(
      checkpoint.warnings.map { $0.fault as? TorchFault } == [.unreadable(tensor: "x", .oddArray)]
    )
  }

  @Test func aTypeThatIsChangedLaterIsNotTheArrays() throws {
    let bigEndian = bytes(
      TorchPickle.tuple(TorchPickle.integer(3), TorchPickle.text(">"), bytes("N")),
      "b0"
    )
    let shape = Self.numbers(24)
    let order = TorchPickle.text("C")
    for array in [Self.array(shape, isFortran: [0x89]), Self.buffer(shape, order)] {
      let type = bytes(Self.type, "q", 9, "0")
      guard let place = array.firstRange(of: Self.type) else {
        Issue.record("the array has no type")
        return
      }
      let shared = bytes(
        Array(array[..<place.lowerBound]),
        "h",
        9,
        Array(array[place.upperBound...])
      )
      #expect(try open(bytes(type, shared))["x"]?.floats().last == 23)
      let error = try #require(throws: FormatError.self) {
        try open(bytes(type, shared, "h", 9, bigEndian))
      }
      #expect(error.fault as? TorchFault == .changedAfterUse)
    }
  }

  @Test func onlyLatin1IsBytes() throws {
    func array(_ encoding: [UInt8]...) -> [UInt8] {
      bytes(
        TorchPickle.call(
          "numpy._core.multiarray",
          "_reconstruct",
          TorchPickle.global("numpy", "ndarray"),
          Self.numbers(0),
          bytes("C", 1, "b")
        ),
        TorchPickle.tuple(
          TorchPickle.integer(1),
          Self.numbers(1),
          Self.type,
          [0x89],
          bytes(
            TorchPickle.global("_codecs", "encode"),
            TorchPickle.tuple([TorchPickle.text("@@@A")] + encoding),
            "R"
          )
        ),
        "b"
      )
    }
    for name in ["latin1", "Latin-1", "ISO-8859-1", "utf-8", "UTF8"] {
      let view = try open(array(TorchPickle.text(name)))["x"]
      #expect(try view?.contents() == bytes("@@@A"))
    }
    #expect(try open(array())["x"]?.contents() == bytes("@@@A"))
    for name in ["cp037", "utf-16", "latin2", ""] {
      let checkpoint = try open(array(TorchPickle.text(name)))
      #expect(
        checkpoint.warnings.map { $0.fault as? TorchFault } == [.unreadable(tensor: "x", .oddArray)]
      )
    }
  }

  @Test func maskedArraysAreNamed() throws {
    let value = bytes(
      TorchPickle.call(
        "numpy.ma.core",
        "_mareconstruct",
        TorchPickle.global("numpy.ma", "MaskedArray"),
        TorchPickle.global("numpy", "ndarray"),
        Self.numbers(0),
        bytes("C", 1, "b")
      ),
      TorchPickle.tuple(
        TorchPickle.integer(1),
        Self.numbers(24),
        Self.type,
        [0x89],
        bytes("C", 96, floats(24)),
        bytes("C", 24, [UInt8](repeating: 0, count: 24)),
        bytes("N")
      ),
      "b"
    )
    let checkpoint = try open(value)
    #expect(checkpoint.tensors.map(\.name) == ["y"])
    #expect(
      checkpoint.warnings.map { $0.fault as? TorchFault }
        == [.unreadable(tensor: "x", .maskedArray)]
    )
  }
}
