import BallastBytes
import BallastCheckpoint
import BallastFormats
import Testing

/// The calls by which torch's pickles make tensors, one by one.
@Suite struct TorchTensorTests {
  private static let storage = TorchPickle.storage("0", count: 6)
  private static let sizes = TorchPickle.tuple(TorchPickle.integer(2), TorchPickle.integer(2))
  private static let strides = TorchPickle.tuple(TorchPickle.integer(1), TorchPickle.integer(3))
  private static let no: [UInt8] = [0x89]
  private static let hooks = TorchPickle.call("collections", "OrderedDict")
  private static let dense = TorchPickle.tensor(
    storage,
    offset: 1,
    sizes: [2, 2],
    strides: [1, 3]
  )
  private static let zero = TorchPickle.integer(0)
  private static let one = TorchPickle.integer(1)

  private func open(_ value: [UInt8], _ data: [UInt8] = floats(6)) throws -> Checkpoint {
    let pickle = TorchPickle.dictionary(["x": value])
    return try TorchZip.open(try torchZip(pickle, storages: ["0": data]).source)
  }

  /// A plain tensor in many disguises; each is the same view of the storage.
  static let disguises: [[UInt8]] = [
    dense,
    TorchPickle.call("torch._utils", "_rebuild_tensor", storage, one, sizes, strides),
    TorchPickle.call(
      "torch._utils",
      "_rebuild_tensor_v2",
      storage,
      one,
      TorchPickle.call("torch", "Size", sizes),
      strides,
      no,
      hooks,
      TorchPickle.dictionary([:])
    ),
    TorchPickle.call("torch._utils", "_rebuild_parameter", dense, [0x88], hooks),
    TorchPickle.call("torch._utils", "_rebuild_parameter_with_state", dense, [0x88], hooks, hooks),
    TorchPickle.call(
      "torch._tensor",
      "_rebuild_from_type_v2",
      TorchPickle.global("torch._utils", "_rebuild_tensor_v2"),
      TorchPickle.global("a", "Sub"),
      TorchPickle.tuple(storage, one, sizes, strides, no, hooks),
      TorchPickle.dictionary([:])
    ),
    TorchPickle.call(
      "torch._utils",
      "_rebuild_device_tensor_from_cpu_tensor",
      dense,
      TorchPickle.global("torch", "float32"),
      TorchPickle.text("xla:0"),
      no
    ),
    TorchPickle.call("torch.nn.parameter", "Parameter", dense),
    bytes(
      TorchPickle.global("copy_reg", "__newobj__"),
      TorchPickle.tuple(TorchPickle.global("torch.nn.parameter", "Parameter"), dense),
      "R"
    ),
    bytes(
      TorchPickle.global("torch.nn.parameter", "Parameter"),
      TorchPickle.tuple(dense),
      0x81,
      TorchPickle.tuple([0x88], no, hooks),
      "b"
    ),
    bytes(
      TorchPickle.global("torch.autograd.variable", "Variable"),
      ")",
      0x81,
      TorchPickle.tuple(dense, bytes("N"), hooks, [0x88], no),
      "b"
    ),
  ]

  @Test(arguments: disguises)
  func readsATensor(value: [UInt8]) throws {
    let checkpoint = try open(value)
    #expect(checkpoint.tensors.map(\.name) == ["x"])
    #expect(try checkpoint["x"]?.floats() == [1, 4, 2, 5])
    #expect(checkpoint["x"]?.dtype == .f32)
    #expect(checkpoint.warnings.isEmpty)
  }

  private func untyped(_ type: String, sizes: [Int], strides: [Int], offset: Int = 0) -> [UInt8] {
    TorchPickle.call(
      "torch._utils",
      "_rebuild_tensor_v3",
      TorchPickle.storage("0", count: 24, type: "UntypedStorage"),
      TorchPickle.integer(offset),
      TorchPickle.tuple(sizes.map(TorchPickle.integer)),
      TorchPickle.tuple(strides.map(TorchPickle.integer)),
      Self.no,
      Self.hooks,
      TorchPickle.global("torch", type)
    )
  }

  @Test(arguments: [
    ("uint16", DType.u16), ("uint32", .u32), ("uint64", .u64), ("float8_e4m3fn", .f8e4m3),
    ("float8_e5m2", .f8e5m2), ("float8_e4m3fnuz", .f8e4m3fnuz), ("float8_e5m2fnuz", .f8e5m2fnuz),
    ("float8_e8m0fnu", .f8e8m0), ("half", .f16), ("complex32", .c32), ("complex128", .c128),
    ("bits16", .u16), ("uint4", .u8), ("int3", .i8),
  ])
  func untypedStoragesAreReadAsTheTensorSays(type: (name: String, dtype: DType)) throws {
    let data = (0..<24).map { UInt8($0) }
    let width = type.dtype.bitWidth / 8
    let count = 24 / width
    let whole = try open(untyped(type.name, sizes: [count], strides: [1]), data)
    #expect(whole["x"]?.dtype == type.dtype)
    #expect(try whole["x"]?.contents() == Array(data.prefix(count * width)))
    // The offset counts elements of the tensor's type.
    guard count > 1 else { return }
    let part = try open(untyped(type.name, sizes: [1], strides: [1], offset: 1), data)
    #expect(try part["x"]?.contents() == Array(data[width..<2 * width]))
  }

  @Test func fourBitElementsAreCountedSingly() throws {
    let data = (0..<24).map { UInt8($0) }
    let checkpoint = try open(
      untyped("float4_e2m1fn_x2", sizes: [4, 6], strides: [6, 1]),
      data
    )
    #expect(checkpoint["x"]?.dtype == .f4)
    #expect(checkpoint["x"]?.shape.dimensions == [4, 12])
    #expect(try checkpoint["x"]?.contents() == data)
    for strided in [
      untyped("float4_e2m1fn_x2", sizes: [6, 4], strides: [1, 6]),
      untyped("float4_e2m1fn_x2", sizes: [4], strides: [1], offset: 1),
    ] {
      #expect(try obstacle(strided, data) == .packedView)
    }
  }

  /// Why the tensor is left out; a tensor beside it must still be there.
  private func obstacle(_ value: [UInt8], _ data: [UInt8] = floats(6)) throws -> TorchObstacle? {
    let width = data.count / 6
    let other = TorchPickle.tensor(
      TorchPickle.storage("1", count: 6, type: width == 4 ? "FloatStorage" : "ByteStorage"),
      sizes: [6],
      strides: [1]
    )
    let pickle = TorchPickle.dictionary(["x": value, "y": other])
    let checkpoint = try TorchZip.open(
      try torchZip(pickle, storages: ["0": data, "1": Array(data.prefix(6 * width))]).source
    )
    #expect(checkpoint.tensors.map(\.name) == ["y"])
    guard
      case .unreadable(tensor: "x", let obstacle)? = checkpoint.warnings.first?.fault as? TorchFault
    else { return nil }
    #expect(checkpoint.warnings.first?.offset != nil)
    return obstacle
  }

  @Test func whatIsNotReadIsNamedAndTheRestIsKept() throws {
    func utility(_ name: String) -> [UInt8] { TorchPickle.call("torch._utils", name) }
    #expect(try obstacle(utility("_rebuild_meta_tensor_no_storage")) == .meta)
    #expect(
      try obstacle(utility("_rebuild_wrapper_subclass"))
        == .unknownFunction("_rebuild_wrapper_subclass")
    )
    func marked(_ mark: String) -> [UInt8] {
      TorchPickle.tensor(
        Self.storage,
        sizes: [6],
        strides: [1],
        marks: [TorchPickle.dictionary([mark: [0x88]])]
      )
    }
    // Only complex numbers have a conjugate.
    #expect(try obstacle(marked("conj")) == .conjugated)
    let data = [UInt8](repeating: 0, count: 24)
    #expect(
      try obstacle(untyped("float3", sizes: [6], strides: [1]), data) == .unknownType("float3")
    )
    let quantized = TorchPickle.tensor(
      TorchPickle.storage("0", count: 24, type: "QInt8Storage"),
      sizes: [6],
      strides: [1]
    )
    #expect(try obstacle(quantized) == .unknownType("qint8"))
    let converted = TorchPickle.call(
      "torch._utils",
      "_rebuild_device_tensor_from_cpu_tensor",
      Self.dense,
      TorchPickle.global("torch", "bfloat16"),
      TorchPickle.text("xla:0"),
      Self.no
    )
    #expect(try obstacle(converted) == .converted(to: "bfloat16"))
    let wrapped = (0..<9).reduce(Self.dense) { inner, _ in
      TorchPickle.call("torch._utils", "_rebuild_parameter", inner, [0x88], Self.hooks)
    }
    #expect(try obstacle(wrapped) == .wrappedTooOften)
  }

  /// Arguments that no tensor has.
  static let malformed: [[UInt8]] = [
    TorchPickle.call("torch._utils", "_rebuild_tensor_v2"),
    TorchPickle.call("torch._utils", "_rebuild_tensor_v2", zero, zero, sizes, strides),
    TorchPickle.call("torch._utils", "_rebuild_tensor_v2", storage, no + zero, sizes, strides),
    TorchPickle.call("torch._utils", "_rebuild_tensor_v2", storage, zero, zero, strides),
    TorchPickle.call(
      "torch._utils",
      "_rebuild_tensor_v2",
      storage,
      zero,
      TorchPickle.tuple(hooks),
      strides
    ),
    TorchPickle.call(
      "torch._utils",
      "_rebuild_tensor_v2",
      storage,
      TorchPickle.integer(-1),
      sizes,
      strides
    ),
    TorchPickle.call("torch._utils", "_rebuild_tensor_v3", storage, zero, sizes, strides),
    TorchPickle.call("torch._utils", "_rebuild_parameter", zero, no, hooks),
    TorchPickle.call("torch._tensor", "_rebuild_from_type_v2", zero),
    TorchPickle.call("torch._utils", "_rebuild_device_tensor_from_cpu_tensor", dense),
    TorchPickle.call("torch._utils", "_rebuild_sparse_tensor"),
    TorchPickle.call("torch._utils", "_rebuild_sparse_csr_tensor"),
    TorchPickle.call("torch._utils", "_rebuild_nested_tensor"),
    TorchPickle.call("torch._utils", "_rebuild_qtensor"),
  ]

  @Test(arguments: malformed)
  func refusesOtherArguments(value: [UInt8]) throws {
    let error = try #require(throws: FormatError.self) { try open(value) }
    guard case .badArguments(tensor: "x", _)? = error.fault as? TorchFault else {
      Issue.record("\(error)")
      return
    }
    #expect(error.offset != nil)
  }

  @Test func viewsStayWithinTheirStorage() throws {
    func fault(_ offset: Int, _ sizes: [Int], _ strides: [Int]) throws -> (any FormatFault)? {
      let value = TorchPickle.tensor(Self.storage, offset: offset, sizes: sizes, strides: strides)
      return try #require(throws: FormatError.self) { try open(value) }.fault
    }
    let outside = CheckpointFault.outOfBounds(tensor: "x")
    #expect(try fault(0, [7], [1]) as? CheckpointFault == outside)
    #expect(try fault(1, [6], [1]) as? CheckpointFault == outside)
    #expect(try fault(0, [2, 2], [5, 1]) as? CheckpointFault == outside)
    #expect(try fault(0, [2], [-1]) as? CheckpointFault == .negativeStride(tensor: "x"))
    #expect(try fault(0, [-2], [1]) as? CheckpointFault == .negativeSize(-2))
    #expect(try fault(0, [2, 2], [1]) as? CheckpointFault == .rankMismatch(tensor: "x"))
    #expect(try fault(.max, [2], [1]) as? ByteFault == .overflow)
    #expect(try fault(0, [.max, .max], [1, 1]) as? ByteFault == .overflow)
    #expect(try fault(0, [2], [.max]) as? ByteFault == .overflow)
  }

  @Test func anExpandedTensorCostsNothingUntilItIsRead() throws {
    let value = TorchPickle.tensor(
      Self.storage,
      sizes: [1 << 20, 1 << 20],
      strides: [0, 0]
    )
    let checkpoint = try open(value)
    let tensor = try #require(checkpoint["x"])
    #expect(tensor.byteCount == 4 << 40)
    let error = try #require(throws: FormatError.self) { try tensor.contents() }
    guard case .expandedTooFar? = error.fault as? CheckpointFault else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func persistentIdsDescribeStorages() throws {
    func fault(_ id: [UInt8]) throws -> TorchFault? {
      let value = TorchPickle.tensor(bytes(id, "Q"), sizes: [1], strides: [1])
      return try #require(throws: FormatError.self) { try open(value) }.fault as? TorchFault
    }
    let float = TorchPickle.global("torch", "FloatStorage")
    let (storage, key) = (TorchPickle.text("storage"), TorchPickle.text("0"))
    #expect(try fault(TorchPickle.text("0")) == .badStorageReference)
    #expect(try fault(TorchPickle.tuple()) == .badStorageReference)
    #expect(try fault(TorchPickle.tuple(storage, float, key)) == .badStorageReference)
    #expect(
      try fault(TorchPickle.tuple(storage, float, key, key, TorchPickle.integer(-1)))
        == .badStorageReference
    )
    #expect(
      try fault(
        TorchPickle.tuple(
          storage,
          TorchPickle.global("torch", "OddStorage"),
          key,
          key,
          TorchPickle.integer(1)
        )
      ) == .unknownStorageType("OddStorage")
    )
  }

  @Test func aStorageAloneIsARowOfElements() throws {
    let checkpoint = try open(Self.storage)
    #expect(try checkpoint["x"]?.floats() == [0, 1, 2, 3, 4, 5])
  }

  @Test func readsArraysOfNumpy() throws {
    func type(_ code: String, _ order: String) -> [UInt8] {
      bytes(
        TorchPickle.call("numpy", "dtype", TorchPickle.text(code), Self.no, [0x88]),
        TorchPickle.tuple(TorchPickle.integer(3), TorchPickle.text(order), bytes("N")),
        "b"
      )
    }
    func array(_ code: String, _ order: String, isFortran: Bool, _ data: [UInt8]) -> [UInt8] {
      bytes(
        TorchPickle.call(
          "numpy.core.multiarray",
          "_reconstruct",
          TorchPickle.global("numpy", "ndarray"),
          TorchPickle.tuple(Self.zero),
          bytes("C", 1, "b")
        ),
        TorchPickle.tuple(
          Self.one,
          TorchPickle.tuple(TorchPickle.integer(2), TorchPickle.integer(3)),
          type(code, order),
          isFortran ? [0x88] : Self.no,
          data
        ),
        "b"
      )
    }
    let raw = bytes("C", 24, floats(6))
    let plain = try open(array("f4", "<", isFortran: false, raw))
    #expect(try plain["x"]?.floats() == [0, 1, 2, 3, 4, 5])
    #expect(plain["x"]?.fileOffset != nil)
    let fortran = try open(array("f4", "<", isFortran: true, raw))
    #expect(try fortran["x"]?.floats() == [0, 2, 4, 1, 3, 5])
    // Big-endian, as protocol 2 writes bytes: Latin-1 text to be encoded.
    let swapped = stride(from: 0, to: 24, by: 4).flatMap { floats(6)[$0..<$0 + 4].reversed() }
    let latin1 = String(String.UnicodeScalarView(swapped.map { Unicode.Scalar($0) }))
    let encoded = TorchPickle.call(
      "_codecs",
      "encode",
      TorchPickle.text(latin1),
      TorchPickle.text("latin1")
    )
    let big = try open(array("f4", ">", isFortran: false, encoded))
    #expect(try big["x"]?.floats() == [0, 1, 2, 3, 4, 5])
    #expect(big["x"]?.fileOffset == nil)
    // Python 2 wrote them as its own kind of text.
    let python2 = try open(array("f4", "<", isFortran: false, bytes("U", 24, floats(6))))
    #expect(try python2["x"]?.floats() == [0, 1, 2, 3, 4, 5])
    let protocol5 = TorchPickle.call(
      "numpy._core.numeric",
      "_frombuffer",
      raw,
      type("f4", "<"),
      TorchPickle.tuple(TorchPickle.integer(3), TorchPickle.integer(2)),
      TorchPickle.text("F")
    )
    #expect(try open(protocol5)["x"]?.floats() == [0, 3, 1, 4, 2, 5])
    #expect(
      try obstacle(array("O8", "|", isFortran: false, bytes("]")))
        == .unknownType("numpy.dtype('O')")
    )
    #expect(try obstacle(array("f8", "<", isFortran: false, raw)) == .oddArray)
  }
}
