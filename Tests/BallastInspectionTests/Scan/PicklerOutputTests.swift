import Testing

/// Names that make data are used as picklers use them, or not at all.
@Suite struct PicklerOutputTests: PickleSuite {
  private static func array(_ type: [UInt8], _ content: [UInt8]) -> [UInt8] {
    noArray + Self.content([1], type, content)
  }

  private static let tensor = call(
    name("torch._utils", "_rebuild_tensor_v2"),
    call(
      name("torch.storage", "_load_from_bytes"),
      bytes([0x80, 2, 0x4E, 0x2E])
    ),
    int(0),
    tuple(int(1)),
    tuple(int(1)),
    no,
    call(name("collections", "OrderedDict"))
  )

  // MARK: - What picklers write

  static let honest: [[UInt8]] = [
    array(type("f8", typeState(flags: 0)), bytes([UInt8](repeating: 0, count: 8))),
    array(type("O8", typeState(flags: 63)), [0x5D] + none + [0x61]),
    call(
      name(multiarray, "scalar"),
      type("f8", typeState(flags: 0)),
      bytes([1, 2, 3, 4, 5, 6, 7, 8])
    ),
    tensor,
    call(name("torch._utils", "_rebuild_parameter"), tensor, yes, [0x7D]),
    call(
      name("torch._tensor", "_rebuild_from_type_v2"),
      name("torch._utils", "_rebuild_parameter"),
      name("torch", "Tensor"),
      tuple(tensor, yes, [0x7D]),
      [0x7D]
    ),
    call(
      name("copyreg", "_reconstructor"),
      name("argparse", "Namespace"),
      name("builtins", "object"),
      none
    )
      + [0x7D] + text("a") + none + setItem + build,
    object + [0x7D] + text("a") + none + setItem + build,
    call(name("_codecs", "encode"), text("abc"), text("latin1")),
    call(name("builtins", "set"), [0x5D] + int(1) + [0x61]),
    call(name("builtins", "complex"), int(1), [0x47, 0, 0, 0, 0, 0, 0, 0, 0]),
    call(name("collections", "OrderedDict")) + text("a") + none + setItem,
    call(name("collections", "deque")) + none + [0x61],
    call(name("collections", "defaultdict"), name("builtins", "list")) + text("a") + none + setItem,
    call(name("decimal", "Decimal"), text("1.5")),
    call(name("fractions", "Fraction"), text("1/2")),
    call(name("torch.jit._pickle", "build_intlist"), [0x5D]),
    [0x5D] + name("numpy", "float32") + [0x61],
  ]

  @Test(arguments: honest.indices)
  func aCallOfAPicklerIsNoFinding(index: Int) throws {
    #expect(try rules(Self.honest[index]) == [])
  }

  // MARK: - What none writes

  static let odd: [(rule: String, body: [UInt8])] = [
    ("odd-call", call(name("numpy", "ndarray"), tuple(int(1)), text("O"))),
    ("odd-call", call(name("numpy", "uint64"), object)),
    ("odd-call", call(name("builtins", "int"), object)),
    ("odd-call", call(name("builtins", "bytes"), [0x5D])),
    ("odd-call", call(name("copyreg", "__newobj__"), object)),
    ("odd-call", call(name("numpy", "dtype"), object, no, yes)),
    ("odd-call", call(name("numpy", "dtype"), text("O,i4"), no, yes)),
    ("odd-call", call(name("_codecs", "encode"), text("bf"), text("rot13"))),
    ("odd-call", call(name("builtins", "set"), object)),
    ("odd-call", call(name("collections", "Counter"), object)),
    ("odd-call", call(name("torch._utils", "_rebuild_parameter"), object, yes, [0x7D])),
    (
      "odd-call",
      call(
        name("torch._tensor", "_rebuild_from_type_v2"),
        name("copyreg", "__newobj__"),
        name("torch", "Tensor"),
        tuple(object),
        [0x7D]
      )
    ),
    (
      "odd-call",
      call(
        name(multiarray, "scalar"),
        type("O8", typeState(flags: 63)),
        bytes([1, 2, 3, 4, 5, 6, 7, 8])
      )
    ),
    ("odd-call", name("numpy", "ndarray") + [0x29, 0x81]),
    ("odd-state", type("O8", typeState(flags: 0))),
    ("odd-state", type("f8", typeState(flags: 63))),
    ("odd-state", type("V8", typeState(16, flags: 0))),
    ("odd-state", array(type("O8", typeState(flags: 63)), bytes([1, 2, 3, 4, 5, 6, 7, 8]))),
    ("odd-state", object + [0x7D] + text("__setstate__") + none + setItem + build),
    ("odd-state", object + [0x7D] + Array("S'\\x5f_new__'\n".utf8) + none + setItem + build),
    ("odd-state", object + tuple(none, [0x7D] + text("__class__") + none + setItem) + build),
    ("odd-state", object + object + build),
    ("odd-items", object + none + none + setItem),
    (
      "odd-items",
      array(type("f8", typeState(flags: 0)), bytes([0, 0, 0, 0, 0, 0, 0, 0])) + none + none
        + setItem
    ),
    ("odd-items", object + none + [0x61]),
    ("odd-items", object + [0x28] + none + [0x65]),
    ("odd-items", object + [0x28] + none + [0x90]),
    ("odd-function", [0x5D] + name("copyreg", "__newobj__") + [0x61]),
    ("odd-function", [0x5D] + tuple(name("copyreg", "__newobj__")) + [0x61]),
    (
      "changed-class",
      call(name("numpy", "object_"), name("torch._utils", "_rebuild_tensor")) + [0x7D] + build
    ),
  ]

  @Test(arguments: odd.indices)
  func anyOtherUseIsAFinding(index: Int) throws {
    #expect(try rules(Self.odd[index].body).contains(Self.odd[index].rule))
  }

  @Test func aPersistentIdOfAClassIsTheClass() throws {
    let id = Self.tuple(
      Array("S'modul\\x65'\n".utf8),
      Self.name("argparse", "Namespace"),
      Self.none
    )
    #expect(try rules(id + [0x51, 0x7D] + Self.build) == ["changed-class"])
  }
}
