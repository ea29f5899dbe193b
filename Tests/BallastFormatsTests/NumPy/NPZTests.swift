import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastTestSupport
import Testing

@Suite struct NPZTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/a.npz"
  }

  private func write(
    _ tensors: [TensorView],
    ties: [(name: String, original: String)] = []
  ) throws -> Int {
    try NPZWriter.write(tensors.map { $0.output() }, ties: ties, to: path)
  }

  // MARK: Reading

  private static let floats = npy(header(shape: "(2,)"), littleEndian([1, 2] as [Float]))

  @Test func storedAndDeflatedMembers() throws {
    let builder = ZipBuilder([
      .init(name: "w.npy", data: Self.floats),
      .init(name: "a/b.npy", data: Self.floats, isDeflated: true),
    ])
    let source = try builder.source
    #expect(CheckpointFormat.recognize(source)?.name == "npz")
    let checkpoint = try NPZ.open(source)
    #expect(checkpoint.warnings.isEmpty)
    #expect(checkpoint.tensors.map(\.name) == ["w", "a/b"])
    for tensor in checkpoint.tensors { #expect(try tensor.floats() == [1, 2]) }
    #expect(try checkpoint.tensors[0].storage.region.source === source)
    #expect(
      try checkpoint.tensors[0].fileOffset
        == checkpoint.tensors[0].storage.region.range.lowerBound
    )
    #expect(checkpoint.tensors[1].fileOffset == nil)
  }

  /// As for NumPy, a member is an array by its first bytes, whatever its name ends in.
  @Test func membersWithoutTheEndingAreArraysToo() throws {
    let builder = ZipBuilder([
      .init(name: "w", data: Self.floats), .init(name: "note", data: bytes("text")),
      .init(name: "x.npy", data: Self.floats),
    ])
    let checkpoint = try NPZ.open(try builder.source)
    #expect(checkpoint.tensors.map(\.name) == ["w", "x"])
    #expect(checkpoint.warnings.count == 1)
  }

  /// NumPy gives the member of the very name for `a.npy`.
  @Test func namesThatAreOneToNumPyAreRefused() throws {
    for names in [["a.npy", "a.npy.npy"], ["a.npy.npy", "a.npy"], ["a", "a.npy"]] {
      let builder = ZipBuilder(names.map { .init(name: $0, data: Self.floats) })
      let error = try #require(throws: FormatError.self) { try NPZ.open(try builder.source) }
      #expect(error.fault as? NumPyFault == .ambiguousName(tensor: "a"))
    }
  }

  @Test func torchsArchivesStayTorchs() throws {
    let archive = ZipBuilder([
      .init(name: "r/data.pkl", data: []), .init(name: "r/x.npy", data: Self.floats),
    ])
    #expect(CheckpointFormat.recognize(try archive.source)?.name == "torch-zip")
    let other = ZipBuilder([.init(name: "readme", data: [1])])
    #expect(CheckpointFormat.recognize(try other.source) == nil)
  }

  @Test func membersOfOtherKindsAreLeftOutWithAWarning() throws {
    let objects = npy(header("|O", shape: "(1,)"), [0x80])
    let builder = ZipBuilder([
      .init(name: "notes.txt", data: [1]), .init(name: "o.npy", data: objects),
      .init(name: "w.npy", data: Self.floats),
    ])
    let checkpoint = try NPZ.open(try builder.source)
    #expect(checkpoint.tensors.map(\.name) == ["w"])
    #expect(
      checkpoint.warnings.map { $0.fault as? NumPyFault } == [
        .unreadableMember("notes.txt", reason: NumPyFault.notAnArray.description),
        .unreadableMember("o.npy", reason: NumPyFault.objects.description),
      ]
    )
    let alone = ZipBuilder([.init(name: "o.npy", data: objects)])
    let error = try #require(failure { try NPZ.open(try alone.source) })
    #expect(error.fault as? NumPyFault == .objects)
  }

  @Test func aDamagedMemberIsAnError() throws {
    let builder = ZipBuilder([
      .init(name: "w.npy", data: Self.floats),
      .init(name: "v.npy", data: Array(Self.floats.dropLast())),
    ])
    let error = try #require(failure { try NPZ.open(try builder.source) })
    #expect(error.fault as? ByteFault == .truncated(needed: 1))
  }

  // MARK: Writing

  /// `numpy.savez(a=arange(6, dtype="<f4").reshape(2, 3))` of NumPy 2.4: the member's header.
  @Test func headersAreNumPys() throws {
    _ = try write([tensor(.f32, [2, 3], [UInt8](repeating: 0, count: 24), named: "a")])
    let archive = try ZipArchive(parsing: .mapping(path: path))
    let member = try #require(archive.members.first)
    #expect(member.name == "a.npy")
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    let expected =
      [0x93] + Array("NUMPY".utf8) + [1, 0, 0x76, 0]
      + Array((text + String(repeating: " ", count: 117 - text.count) + "\n").utf8)
    let region = try archive.contents(of: member, isVerified: true)
    let contents = [UInt8](copying: region.bytes)
    #expect(Array(contents.prefix(128)) == expected)
    #expect(contents.count == 128 + 24)
  }

  @Test func everyTypeReadsBackTheSame() throws {
    var random = SeededGenerator(seed: 9)
    var tensors: [TensorView] = []
    for dtype in Self.types {
      let bytes = (0..<96).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
      tensors.append(try tensor(dtype, [3, 2], bytes, named: "h.0/\(dtype)").transposed)
      tensors.append(try tensor(dtype, [], bytes, named: "scalar \(dtype)"))
      tensors.append(try tensor(dtype, [5], bytes, named: "row.\(dtype).npy"))
      tensors.append(try tensor(dtype, [2, 0], [], named: "ø\(dtype)"))
    }
    #expect(try write(tensors) > 0)
    #expect(try folder.contents == ["a.npz"])
    let checkpoint = try Checkpoint.open(path: path)
    #expect(checkpoint.format == "npz")
    #expect(checkpoint.warnings.isEmpty)
    #expect(checkpoint.tensors.map(\.name) == tensors.map(\.name))
    for (read, tensor) in zip(checkpoint.tensors, tensors) {
      #expect(read.dtype == tensor.dtype)
      #expect(read.shape == tensor.shape)
      #expect(try read.contents() == tensor.contents(), "\(tensor.name)")
      #expect((read.fileOffset ?? 1) % 64 == 0)
    }
  }

  private static let types: [DType] = [
    .bool, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64, .f16, .f32, .f64, .c64, .c128,
  ]

  @Test func typesThatNumPyDoesNotHaveAreRefused() throws {
    for dtype in DType.allCases where !Self.types.contains(dtype) && dtype.block == nil {
      let tensor = try tensor(dtype, [4], [UInt8](repeating: 1, count: 16), named: "t")
      #expect(
        Failure { try write([tensor]) } == Failure(NumPyFault.unwritableType(tensor: "t", dtype))
      )
    }
    #expect(try folder.contents.isEmpty)
  }

  @Test func tooManyDimensions() throws {
    let most = try tensor(.u8, [Int](repeating: 1, count: 64), [1], named: "t")
    #expect(try write([most]) > 0)
    let more = try tensor(.u8, [Int](repeating: 1, count: 65), [1], named: "t")
    #expect(
      Failure { try write([more]) }
        == Failure(NumPyFault.tooManyDimensions(tensor: "t", limit: 64))
    )
  }

  @Test func tiesAreWrittenAgain() throws {
    let tensor = try tensor(.f32, [2], littleEndian([1, 2] as [Float]), named: "a")
    _ = try write([tensor], ties: [("b", "a")])
    let checkpoint = try Checkpoint.open(path: path)
    #expect(checkpoint.tensors.map(\.name) == ["a", "b"])
    #expect(try checkpoint["b"]?.floats() == [1, 2])
    #expect(
      Failure { try write([tensor], ties: [("b", "c")]) }
        == Failure(CheckpointFault.noSuchTensor("c"))
    )
    #expect(
      Failure { try write([tensor], ties: [("a", "a")]) }
        == Failure(CheckpointFault.duplicateName("a"))
    )
  }

  @Test func anArchiveWithoutArrays() throws {
    _ = try write([])
    let checkpoint = try Checkpoint.open(path: path)
    #expect(checkpoint.format == "npz")
    #expect(checkpoint.tensors.isEmpty)
  }
}
