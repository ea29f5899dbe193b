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

  @Test func aMaskedArray() throws {
    let one = Self.noArray + Self.content([], Self.letters, Self.bytes([7]))
    let old = Self.noMaskedArray(of: Self.name("numpy.ma.core", "MaskedArray"))
    let matrix = Self.noMaskedArray(over: Self.name("numpy.matrixlib.defmatrix", "matrix"))
    let sound = [
      Self.noMaskedArray() + Self.masked(filling: Self.none), old + Self.masked(filling: one),
      matrix + Self.masked(filling: Self.none),
      Self.noMaskedArray() + Self.masked(Self.objects, Self.list(2), filling: Self.none),
    ]
    for array in sound { #expect(try rules(array) == []) }
    let long = Self.bytes([UInt8](repeating: 0, count: 2000))
    let shared = long + [0x71, 1, 0x30]
    let odd = [
      Self.masked(), Self.masked(filling: Self.none, Self.none),
      Self.masked(filling: Self.text("?")),
      Self.masked(filling: Self.object), Self.masked(filling: Self.noArray),
      Self.masked(filling: sound[0]), Self.masked(mask: Self.list(2), filling: Self.none),
      Self.masked(Self.objects, filling: Self.none),
      Self.masked(Self.objects, Self.list(3), filling: Self.none),
      Self.masked(filling: Self.none) + Self.masked(filling: Self.none),
      Self.content([2], Self.letters, Self.bytes([1, 2])), [0x7D] + Self.build,
    ]
    for state in odd {
      #expect(try rules(Self.noMaskedArray() + state) == ["odd-state"], "\(state)")
    }
    let twice = Self.masked(Self.letters, [0x68, 1], mask: [0x68, 1], filling: Self.none)
    #expect(try rules(shared + Self.noMaskedArray() + twice) == ["odd-state"])
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
      Self.noMaskedArray(code: Self.text("O,O")), Self.noMaskedArray(code: Self.object),
      Self.call(Self.name("numpy.ma", "MaskedArray")),
      Self.name("numpy.ma", "MaskedArray") + [0x29, 0x81],
    ]
    for call in calls { #expect(try rules(call) == ["odd-call"], "\(call)") }
    #expect(try rules(Self.name("numpy.ma.core", "masked_object")) == ["library"])
  }
}
