import Testing

/// NumPy's masked arrays: two arrays, of which the second says what counts of the first.
@Suite struct MaskedArrayTests: PickleSuite {
  /// A masked array of two letters, without its state.
  private static func noMaskedArray(
    of kind: [UInt8] = name("numpy.ma", "MaskedArray"),
    over base: [UInt8] = name("numpy", "ndarray"),
    code: [UInt8] = text("b")
  ) -> [UInt8] {
    call(name("numpy.ma.core", "_mareconstruct"), kind, base, tuple(int(0)), code)
  }

  private static func masked(
    _ type: [UInt8] = letters,
    _ content: [UInt8] = bytes([1, 2]),
    mask: [UInt8] = bytes([0, 1]),
    filling: [UInt8]...
  ) -> [UInt8] {
    tuple([int(1), tuple(int(2)), type, no, content, mask] + filling) + build
  }

  private static let view = call(
    name("numpy._core.numeric", "_frombuffer"),
    bytes([7]),
    letters,
    tuple([]),
    text("C")
  )

  @Test func aMaskedArray() throws {
    let one = Self.noArray + Self.content([], Self.letters, Self.bytes([7]))
    let shared = Self.objects + [0x71, 7, 0x30]
    let mark = Self.type("U1", Self.typeState(4, 4))
    let object = Self.noArray + Self.content([], [0x68, 7], Self.list(1))
    let old = Self.noMaskedArray(of: Self.name("numpy.ma.core", "MaskedArray"))
    let matrix = Self.noMaskedArray(over: Self.name("numpy.matrixlib.defmatrix", "matrix"))
    let sound = [
      Self.noMaskedArray() + Self.masked(filling: Self.none), old + Self.masked(filling: one),
      matrix + Self.masked(filling: Self.none),
      Self.noMaskedArray() + Self.masked(Self.objects, Self.list(2), filling: Self.none),
      shared + Self.noMaskedArray() + Self.masked([0x68, 7], Self.list(2), filling: object),
      Self.noMaskedArray() + Self.masked(filling: Self.view),
      // What NumPy fills objects with by default.
      Self.noMaskedArray()
        + Self.masked(
          Self.objects,
          Self.list(2),
          filling: Self.noArray + Self.content([], mark, Self.bytes([0x3F, 0, 0, 0]))
        ),
      Self.noMaskedArray() + Self.masked(Self.type("V1", Self.typeState(1, 1)), filling: Self.none),
    ]
    for array in sound { #expect(try rules(array) == []) }
    let long = Self.bytes([UInt8](repeating: 0, count: 2000))
    let both = long + [0x71, 1, 0x30]
    let huge = Self.type("V9999999", Self.typeState(9_999_999, 1))
    let odd = [
      Self.masked(), Self.masked(filling: Self.none, Self.none),
      Self.masked(filling: Self.text("?")),
      Self.masked(filling: Self.object), Self.masked(filling: Self.noArray),
      Self.masked(filling: sound[0]), Self.masked(mask: Self.list(2), filling: Self.none),
      Self.masked(Self.objects, filling: Self.none),
      Self.masked(Self.objects, Self.list(3), filling: Self.none),
      Self.masked(filling: Self.none) + Self.masked(filling: Self.none),
      // NumPy asks the objects for what the elements are, and makes a value of any size.
      Self.masked(filling: Self.noArray + Self.content([], Self.objects, Self.list(1))),
      Self.masked(Self.objects, Self.list(2), filling: one),
      Self.masked(huge, filling: Self.none),
      Self.content([2], Self.letters, Self.bytes([1, 2])), [0x7D] + Self.build,
    ]
    for state in odd {
      #expect(try rules(Self.noMaskedArray() + state) == ["odd-state"], "\(state)")
    }
    let twice = Self.masked(Self.letters, [0x68, 1], mask: [0x68, 1], filling: Self.none)
    #expect(try rules(both + Self.noMaskedArray() + twice) == ["odd-state"])
    #expect(
      try rules(Self.noArray + Self.masked(filling: Self.none)) == ["odd-state"]
    )
  }

  /// What makes masked arrays makes nothing else.
  @Test func whatIsNoMaskedArray() throws {
    let calls = [
      Self.noMaskedArray(of: Self.name("numpy", "ndarray")),
      Self.noMaskedArray(of: Self.name("argparse", "Namespace")),
      Self.noMaskedArray(of: Self.object),
      Self.noMaskedArray(over: Self.name("numpy.ma", "MaskedArray")),
      Self.noMaskedArray(code: Self.text("V9")), Self.noMaskedArray(code: Self.text("O,O")),
      Self.noMaskedArray(code: Self.object),
      Self.call(Self.name("numpy.ma", "MaskedArray")),
      Self.name("numpy.ma", "MaskedArray") + [0x29, 0x81],
    ]
    for call in calls { #expect(try rules(call) == ["odd-call"], "\(call)") }
    for name in ["masked_object", "MaskedConstant"] {
      #expect(try rules(Self.name("numpy.ma.core", name)) == ["library"])
    }
  }
}
