import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastTestSupport
import Testing

@Suite struct NPYTests {
  private func open(_ bytes: [UInt8]) throws -> Checkpoint {
    try NPY.open(try SharedBytes.copying(bytes))
  }

  private static let floats = littleEndian([0, 1, 2, 3, 4, 5] as [Float])

  @Test(arguments: [[1, 0], [2, 0], [3, 0]] as [[UInt8]])
  func everyVersion(version: [UInt8]) throws {
    let bytes = npy(header(shape: "(2, 3)"), Self.floats, version: version)
    let source = try SharedBytes.copying(bytes)
    #expect(NPY.matches(source))
    #expect(CheckpointFormat.recognize(source)?.name == "npy")
    let checkpoint = try NPY.open(source)
    #expect(checkpoint.warnings.isEmpty)
    let array = try #require(checkpoint.tensors.first)
    #expect(array.name == "array")
    #expect(array.shape.dimensions == [2, 3])
    #expect(array.fileOffset == bytes.count - 24)
    #expect(try array.storage.region.source === source)
    #expect(try array.floats() == [0, 1, 2, 3, 4, 5])
  }

  @Test func fortransOrderIsAMatterOfStrides() throws {
    let bytes = npy(header(fortran: "True", shape: "(2, 3)"), Self.floats)
    let array = try #require(try open(bytes).tensors.first)
    #expect(array.strides == [1, 2])
    #expect(try array.floats() == [0, 2, 4, 1, 3, 5])
  }

  @Test(arguments: [
    ("|b1", DType.bool), ("|i1", .i8), ("<i2", .i16), ("<i4", .i32), ("<i8", .i64), ("|u1", .u8),
    ("<u2", .u16), ("<u4", .u32), ("<u8", .u64), ("<f2", .f16), ("<f4", .f32), ("<f8", .f64),
    ("<c8", .c64), ("<c16", .c128), ("=f4", .f32), ("f4", .f32),
  ])
  func everyType(type: String, dtype: DType) throws {
    let elements = (0..<32).map { UInt8($0) }.prefix(2 * (dtype.byteWidth ?? 0))
    let array = try #require(
      try open(npy(header(type, shape: "(2,)"), Array(elements))).tensors.first
    )
    #expect(array.dtype == dtype)
    #expect(try array.contents() == Array(elements))
  }

  @Test func bigEndianElementsAreTurnedAround() throws {
    let shorts = try #require(
      try open(npy(header(">i2", shape: "(2,)"), [0, 1, 0xFF, 0xFE])).tensors.first
    )
    #expect(try shorts.integers() == [1, -2])
    let complex = try #require(
      try open(npy(header(">c8", shape: "()"), [1, 2, 3, 4, 5, 6, 7, 8])).tensors.first
    )
    #expect(try complex.contents() == [4, 3, 2, 1, 8, 7, 6, 5])
  }

  @Test func scalarsAndEmptyArrays() throws {
    let scalar = try #require(try open(npy(header(shape: "()"), [0, 0, 0xC0, 0x3F])).tensors.first)
    #expect(scalar.shape.rank == 0)
    #expect(try scalar.floats() == [1.5])
    let empty = try #require(
      try open(npy(header(fortran: "True", shape: "(3, 0, 2)"))).tensors.first
    )
    #expect(empty.shape.dimensions == [3, 0, 2])
    #expect(try empty.floats() == [])
  }

  @Test(arguments: [
    "{'descr':'<f4','fortran_order':False,'shape':(6,)}",
    "{\"shape\": (6,), \"descr\": \"<f4\", \"fortran_order\": False}\n",
    " { 'fortran_order' : False , 'shape' : ( 6L , ) , 'descr' : '<f4' , } \n",
  ])
  func headersOfOtherWriters(text: String) throws {
    #expect(try open(npy(text, Self.floats)).tensors.first?.floats() == [0, 1, 2, 3, 4, 5])
  }

  @Test func bytesBehindTheArrayAreToldOf() throws {
    let bytes = npy(header(shape: "(6,)"), Self.floats + [1, 2])
    let warning = try #require(try open(bytes).warnings.first)
    #expect(warning.fault as? NumPyFault == .trailingBytes(2))
    #expect(warning.offset == bytes.count - 2)
  }

  // MARK: Refusals

  @Test func whatIsNoArray() {
    #expect(Failure { try open([]) } == Failure(NumPyFault.notAnArray, at: 0))
    #expect(
      Failure { try open(Array("\u{93}NUMPY".utf8)) } == Failure(NumPyFault.notAnArray, at: 0)
    )
    #expect(
      Failure { try open(npy("", version: [4, 0])) }
        == Failure(NumPyFault.unsupportedVersion(major: 4, minor: 0), at: 6)
    )
    #expect(
      Failure { try open(npy("", version: [1, 1])) }
        == Failure(NumPyFault.unsupportedVersion(major: 1, minor: 1), at: 6)
    )
  }

  @Test func sizesAreHeldAgainstTheFile() {
    let bytes = npy(header(shape: "(7,)"), Self.floats)
    #expect(
      Failure { try open(bytes) } == Failure(ByteFault.truncated(needed: 4), at: bytes.count)
    )
    let limit = npy("", version: [2, 0]).prefix(8) + [0, 0, 1, 0]
    #expect(
      Failure { try open(Array(limit)) }
        == Failure(NumPyFault.headerTooLarge(65_536, limit: 65_535), at: 8)
    )
    for shape in ["(4611686018427387904, 4)", "(4611686018427387904, 4, 0)"] {
      #expect(Failure { try open(npy(header(shape: shape))) } == Failure(ByteFault.overflow))
    }
  }

  @Test func objectsAndRecordsAreRefused() {
    for type in ["|O", "O", "O8"] {
      #expect(
        Failure { try open(npy(header(type, shape: "(1,)"))) }
          == Failure(NumPyFault.objects, at: 20)
      )
    }
    let records = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"
    #expect(Failure { try open(npy(records)) } == Failure(NumPyFault.structured, at: 20))
    for type in ["<U5", "|S3", "<M8[ns]", "|V2", "<f16", "", ">"] {
      #expect(
        Failure { try open(npy(header(type, shape: "(1,)"))) }
          == Failure(NumPyFault.unknownType(type), at: 20)
      )
    }
  }

  @Test(arguments: [
    ("", NumPyFault.malformedHeader, 10),
    ("[]", .malformedHeader, 10),
    ("{'descr': '<f4'", .malformedHeader, 25),
    ("{'descr' '<f4'}", .malformedHeader, 19),
    ("{'descr': '<f4' 'shape': (1,)}", .malformedHeader, 26),
    ("{'descr': \"<f4'}", .malformedHeader, 20),
    ("{'descr': '<\\x664'}", .malformedHeader, 20),
    ("{descr: '<f4'}", .malformedHeader, 11),
    ("{}", .missingKey("descr"), 10),
    ("{'descr': '<f4'}", .missingKey("fortran_order"), 10),
    ("{'descr': '<f4', 'fortran_order': False}", .missingKey("shape"), 10),
    ("{'descr': '<f4', 'descr': '<f4'}", .repeatedKey("descr"), 27),
    ("{'__class__': 1}", .unexpectedKey("__class__"), 11),
    ("{'fortran_order': 0}", .badValue(key: "fortran_order"), 28),
    ("{'shape': 6}", .badValue(key: "shape"), 20),
    ("{'shape': (6)}", .badValue(key: "shape"), 20),
    ("{'shape': (-6,)}", .badValue(key: "shape"), 20),
    ("{'shape': (,)}", .badValue(key: "shape"), 20),
    ("{'shape': (1 2)}", .badValue(key: "shape"), 20),
    ("{'shape': (99999999999999999999,)}", .badValue(key: "shape"), 20),
    ("{'shape': (__import__('os'),)}", .badValue(key: "shape"), 20),
    (header(shape: "(1,)") + " x", .malformedHeader, 68),
  ])
  func headersThatAreNone(text: String, fault: NumPyFault, offset: Int) {
    #expect(Failure { try open(npy(text)) } == Failure(fault, at: offset))
  }

  @Test func dimensionsAreLimited() throws {
    let most = String(repeating: "1,", count: 64)
    #expect(try open(npy(header("|u1", shape: "(\(most))"), [1])).tensors[0].shape.rank == 64)
    #expect(
      Failure { try open(npy(header("|u1", shape: "(\(most)1)"), [1])) }
        == Failure(NumPyFault.badValue(key: "shape"), at: 60)
    )
  }

  @Test func damagedHeadersEndInAnErrorOrAnArray() throws {
    var random = SeededGenerator(seed: 11)
    let whole = npy(header(fortran: "True", shape: "(2, 3)"), Self.floats)
    for length in 0..<whole.count {
      #expect(throws: FormatError.self) { try open(Array(whole.prefix(length))) }
    }
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] =
          UInt8.random(in: 0 ... .max, using: &random)
      }
      guard let checkpoint = try? open(bytes) else { continue }
      for tensor in checkpoint.tensors { _ = try tensor.contents() }
    }
  }
}
