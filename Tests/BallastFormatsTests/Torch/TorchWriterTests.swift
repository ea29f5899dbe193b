import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastTestSupport
import Testing

/// State dicts are written as torch 2.13 writes them, and read back the same.
@Suite struct TorchWriterTests {
  /// The two kinds of files.
  enum Kind: CaseIterable {
    case zip
    case legacy

    func write(
      _ tensors: [TensorView],
      ties: [(name: String, original: String)] = [],
      to path: String,
      progress: (Int) throws(FormatError) -> Void = { _ in }
    ) throws -> Int {
      let outputs = tensors.map { $0.output() }
      return switch self {
      case .zip: try TorchZipWriter.write(outputs, ties: ties, to: path, progress: progress)
      case .legacy: try TorchLegacyWriter.write(outputs, ties: ties, to: path, progress: progress)
      }
    }

    var format: String { self == .zip ? "torch-zip" : "torch-legacy" }
  }

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// A state dict with a tie, a scalar, an empty tensor, and types without a class of storages.
  private func sample() throws -> [TensorView] {
    [
      try tensor(.f32, [2, 3], littleEndian([0, 1, 2, 3, 4, 5] as [Float]), named: "a"),
      try tensor(.f32, [], littleEndian([1.5] as [Float]), named: "s"),
      try tensor(.f32, [0, 3], [], named: "e"),
      try tensor(.u16, [2], [0, 0, 0, 0], named: "u"),
      try tensor(.f8e4m3, [2], [0, 0], named: "f8"),
    ]
  }

  // MARK: torch's own bytes

  /// `torch.save` of the sample to m.pt: the sizes, checksums and places of torch 2.13's members.
  @Test func theArchiveIsTorchs() throws {
    let path = folder.path + "/m.pt"
    let count = try Kind.zip.write(sample(), ties: [("b", "a"), ("u2", "u")], to: path)
    #expect(count == 2263)
    let archive = try ZipArchive(parsing: .mapping(path: path))
    let expected: [(String, Int, UInt32, Int)] = [
      ("m/data.pkl", 518, 0x0756_2B26, 0), ("m/.format_version", 1, 0x83DC_EFB7, 598),
      ("m/.storage_alignment", 2, 0xE971_773F, 721), ("m/byteorder", 6, 0x19E3_3D85, 850),
      ("m/data/0", 24, 0x91E7_9017, 918), ("m/data/1", 4, 0x5CD8_256F, 1000),
      ("m/data/2", 0, 0, 1108), ("m/data/3", 4, 0x2144_DF1C, 1152),
      ("m/data/4", 2, 0x41D9_12FF, 1236), ("m/version", 2, 0x5567_9ED1, 1298),
    ]
    #expect(archive.members.count == expected.count + 1)
    for (member, (name, size, checksum, offset)) in zip(archive.members, expected) {
      #expect(member.name == name)
      #expect(member.byteCount == size)
      #expect(member.checksum == checksum)
      #expect(member.headerOffset == offset)
    }
    let last = try #require(archive.members.last)
    #expect(last.name == "m/.data/serialization_id")
    #expect(last.headerOffset == 1362)
    let region = try archive.contents(of: last, isVerified: true)
    let digits = [UInt8](copying: region.bytes)
    #expect(digits.count == 40)
    #expect(digits.allSatisfy { (0x30...0x39).contains($0) })
  }

  /// Enough entries for batches and for the memo's long instructions.
  @Test func thePickleOfManyTensorsIsTorchs() throws {
    let types: [DType] = [.f32, .bf16, .i64]
    let tensors = try (0..<1201).map { index in
      let dtype = types[index % 3]
      let count = index % 3 * index * (dtype.byteWidth ?? 0)
      return try tensor(
        dtype,
        [index % 3, index],
        [UInt8](repeating: 0, count: count),
        named: "h.\(index).weight"
      )
    }
    let path = folder.path + "/many.pt"
    #expect(try Kind.zip.write(tensors, to: path) == 4_613_633)
    let archive = try ZipArchive(parsing: .mapping(path: path))
    let pickle = try #require(archive["many/data.pkl"])
    #expect(pickle.byteCount == 119_852)
    #expect(pickle.checksum == 0xBC99_8953)
  }

  @Test func thePickleOfOneTensorIsTorchs() throws {
    let bytes = [UInt8](repeating: 0, count: 21_000_000)
    let path = folder.path + "/one.pt"
    #expect(
      try Kind.zip.write([tensor(.u8, [300, 70_000], bytes, named: "w")], to: path) == 21_001_485
    )
    let archive = try ZipArchive(parsing: .mapping(path: path))
    let pickle = try #require(archive["one/data.pkl"])
    #expect(pickle.byteCount == 178)
    #expect(pickle.checksum == 0x411B_0193)
  }

  /// A legacy file without tensors: torch's has 177 bytes and the checksum 6C2D796B.
  @Test func theLegacyPreambleIsTorchs() throws {
    let path = folder.path + "/none.bin"
    #expect(try Kind.legacy.write([], to: path) == 177)
    let source = try SharedBytes.mapping(path: path)
    let checksum = crc32(of: source.bytes)
    #expect(checksum == 0x6C2D_796B)
  }

  @Test(arguments: [
    ("m.pt", "m/"), ("a.b.pt", "a.b/"), ("plain", "plain/"), ("größe.pt", "archive/"),
    (".pt", "archive/"), ("...pt", "archive/"),
  ])
  func theFolderWithinIsTheStem(file: String, root: String) throws {
    let path = folder.path + "/" + file
    _ = try Kind.zip.write(sample(), to: path)
    #expect(ZipArchive.firstName(in: try .mapping(path: path)) == root + "data.pkl")
  }

  // MARK: Round trips

  @Test(arguments: Kind.allCases)
  func everyTypeReadsBackTheSame(kind: Kind) throws {
    var random = SeededGenerator(seed: 7)
    var tensors: [TensorView] = []
    for dtype in DType.allCases where ![.f6e2m3, .f6e3m2].contains(dtype) {
      if dtype.block != nil { continue }
      if kind == .legacy, Self.typesWithoutStorageClass.contains(dtype) { continue }
      let bytes = (0..<96).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
      let view = try tensor(dtype, [3, 2], bytes, named: "\(dtype)")
      tensors.append(dtype.byteWidth == nil ? view : try view.transposed)
      tensors.append(try tensor(dtype, [0, 4], [], named: "empty.\(dtype)"))
      guard dtype != .f4 else { continue }
      tensors.append(try tensor(dtype, [], bytes, named: "scalar.\(dtype)"))
    }
    let path = folder.path + "/model.bin"
    _ = try kind.write(tensors, to: path)
    #expect(try folder.contents == ["model.bin"])
    let checkpoint = try Checkpoint.open(path: path)
    #expect(checkpoint.format == kind.format)
    #expect(checkpoint.warnings.isEmpty)
    #expect(checkpoint.tensors.map(\.name) == tensors.map(\.name))
    for (read, tensor) in zip(checkpoint.tensors, tensors) {
      #expect(read.dtype == tensor.dtype)
      #expect(read.shape == tensor.shape)
      #expect(try read.contents() == tensor.contents(), "\(tensor.name)")
      if kind == .zip { #expect((read.fileOffset ?? 1) % 64 == 0) }
    }
  }

  private static let typesWithoutStorageClass: Set<DType> = [
    .c32, .u16, .u32, .u64, .f4, .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0,
  ]

  @Test(arguments: Kind.allCases)
  func tiesShareTheirStorage(kind: Kind) throws {
    let tensors = Array(try sample().prefix(3))
    let path = folder.path + "/tied.bin"
    let count = try kind.write(tensors, ties: [("lm_head", "a"), ("again", "a")], to: path)
    let checkpoint = try Checkpoint.open(path: path)
    #expect(checkpoint.tensors.map(\.name) == ["a", "s", "e", "lm_head", "again"])
    for name in ["lm_head", "again"] {
      let tied = try #require(checkpoint[name])
      #expect(checkpoint.tie(of: tied)?.name == "a")
    }
    #expect(checkpoint.tensors.count { checkpoint.tie(of: $0) != nil } == 2)
    // The elements are there once: what more there is describes the names.
    let untied = try kind.write(tensors, to: path)
    #expect(count - untied < 2 * 24)
  }

  /// Legacy files have their storages in the order of texts: 0, 1, 10, 11, 2.
  @Test(arguments: Kind.allCases)
  func moreThanTenTensors(kind: Kind) throws {
    let tensors = try (0..<12).map { index in
      try tensor(.u8, [index], (0..<index).map { UInt8($0 * 16 + index) }, named: "t\(index)")
    }
    let path = folder.path + "/twelve.bin"
    _ = try kind.write(tensors, to: path)
    let checkpoint = try Checkpoint.open(path: path)
    #expect(checkpoint.warnings.isEmpty)
    #expect(try checkpoint.tensors.map { try $0.contents() } == tensors.map { try $0.contents() })
  }

  @Test func filesAreTheSameEveryTime() throws {
    let path = folder.path + "/m.pt"
    _ = try Kind.zip.write(sample(), to: path)
    let first = try SharedBytes.contents(path: path)
    _ = try Kind.zip.write(sample(), to: path)
    #expect(try SharedBytes.contents(path: path) == first)
  }

  // MARK: Refusals

  @Test(arguments: Kind.allCases)
  func namesAndTiesAreChecked(kind: Kind) throws {
    let path = folder.path + "/m.pt"
    let tensors = Array(try sample().prefix(2))
    #expect(
      Failure { try kind.write(tensors + tensors, to: path) }
        == Failure(CheckpointFault.duplicateName("a"))
    )
    #expect(
      Failure { try kind.write(tensors, ties: [("s", "a")], to: path) }
        == Failure(CheckpointFault.duplicateName("s"))
    )
    #expect(
      Failure { try kind.write(tensors, ties: [("b", "c")], to: path) }
        == Failure(CheckpointFault.noSuchTensor("c"))
    )
    #expect(try folder.contents.isEmpty)
  }

  @Test func typesThatTorchDoesNotHaveAreRefused() throws {
    let path = folder.path + "/m.pt"
    for kind in Kind.allCases {
      let six = try tensor(.f6e2m3, [4], [1, 2, 3], named: "six")
      #expect(
        Failure { try kind.write([six], to: path) }
          == Failure(TorchFault.unwritableType(tensor: "six", .f6e2m3))
      )
      let odd = try tensor(.f4, [2, 3], [1, 2, 3], named: "odd")
      #expect(
        Failure { try kind.write([odd], to: path) }
          == Failure(TorchFault.oddPackedRow(tensor: "odd", .f4))
      )
    }
    #expect(
      Failure { try Kind.legacy.write(sample(), to: path) }
        == Failure(TorchFault.unwritableLegacyType(tensor: "u", .u16))
    )
    #expect(try folder.contents.isEmpty)
  }

  @Test(arguments: Kind.allCases)
  func progressCountsDataBytesAndMayGiveUp(kind: Kind) throws {
    struct Enough: FormatFault { var description: String { "enough" } }
    let tensors = Array(try sample().prefix(3))
    let path = folder.path + "/m.bin"
    var seen: [Int] = []
    _ = try kind.write(tensors, to: path) { seen.append($0) }
    #expect(seen == [24, 28])
    let old = try SharedBytes.contents(path: path)
    let failed = Failure {
      try kind.write([tensors[0]], to: path) { _ throws(FormatError) in
        throw FormatError(Enough())
      }
    }
    #expect(failed == Failure(Enough()))
    #expect(try folder.contents == ["m.bin"])
    #expect(try SharedBytes.contents(path: path) == old)
  }
}
