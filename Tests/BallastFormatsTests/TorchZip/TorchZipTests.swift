import BallastBytes
import BallastCheckpoint
import BallastFormats
import Testing

@Suite struct TorchZipTests {
  /// A tensor of six elements, once plain and once transposed.
  private static let pickle = TorchPickle.dictionary([
    "w": TorchPickle.tensor(TorchPickle.storage("0", count: 6), sizes: [2, 3], strides: [3, 1]),
    "t": TorchPickle.tensor(
      TorchPickle.storage("0", count: 6),
      offset: 1,
      sizes: [2, 2],
      strides: [1, 3]
    ),
  ])

  private func open(_ builder: ZipBuilder) throws -> Checkpoint {
    try TorchZip.open(try builder.source)
  }

  private func check(_ checkpoint: Checkpoint) throws {
    #expect(checkpoint.format == "torch-zip")
    #expect(checkpoint.tensors.map(\.name) == ["w", "t"])
    #expect(try checkpoint["w"]?.floats() == [0, 1, 2, 3, 4, 5])
    #expect(try checkpoint["t"]?.floats() == [1, 4, 2, 5])
    #expect(checkpoint.tensors[0].storage === checkpoint.tensors[1].storage)
  }

  @Test func opensWhatTorchWrites() throws {
    let builder = torchZip(Self.pickle, storages: ["0": floats(6)])
    let source = try builder.source
    #expect(TorchZip.matches(source))
    #expect(!TorchLegacy.matches(source))
    let checkpoint = try TorchZip.open(source)
    try check(checkpoint)
    #expect(checkpoint.warnings.isEmpty)
    #expect(checkpoint.files.map(\.byteCount) == [source.count])
    // Nothing is copied: the tensor stands in the file.
    #expect(try checkpoint.tensors[0].storage.region.source === source)
    #expect(
      try checkpoint.tensors[0].fileOffset
        == checkpoint.tensors[0].storage.region.range.lowerBound
    )
  }

  @Test(arguments: ["", "a/", "über/", "folder/within/folder/"])
  func opensArchivesUnderAnyRoot(root: String) throws {
    let builder = torchZip(Self.pickle, storages: ["0": floats(6)], root: root)
    #expect(TorchZip.matches(try builder.source))
    try check(open(builder))
  }

  /// torch looks members up ignoring the case of ASCII letters, and finds the last.
  @Test func namesThatTorchDoesNotTellApartAreRefused() throws {
    var builder = torchZip(Self.pickle, storages: ["0": floats(6)])
    builder.members.append(.init(name: "archive/DATA/0", data: floats(6)))
    let error = #expect(throws: FormatError.self) { try open(builder) }
    #expect(error?.fault as? ZipFault == .similarNames("archive/data/0", "archive/DATA/0"))
    builder.members[builder.members.count - 1].name = "archive/data/Ü"
    builder.members.append(.init(name: "archive/data/ü"))
    try check(open(builder))
  }

  @Test func findsTheRootBehindOtherMembers() throws {
    var builder = torchZip(Self.pickle, storages: ["0": floats(6)], root: "a/")
    builder.members.insert(.init(name: "__MACOSX/x"), at: 0)
    #expect(TorchZip.matches(try builder.source))
    try check(open(builder))
  }

  @Test func opensDeflatedMembers() throws {
    let checkpoint = try open(
      torchZip(Self.pickle, storages: ["0": floats(6)], isDeflated: true)
    )
    try check(checkpoint)
    #expect(checkpoint.tensors[0].fileOffset == nil)
  }

  @Test func opensBigEndianFiles() throws {
    let swapped = stride(from: 0, to: 24, by: 4).flatMap { floats(6)[$0..<$0 + 4].reversed() }
    try check(open(torchZip(Self.pickle, storages: ["0": swapped], byteOrder: "big")))
  }

  @Test func aFileWithoutAByteOrderIsLittleEndian() throws {
    try check(open(torchZip(Self.pickle, storages: ["0": floats(6)], byteOrder: nil)))
  }

  @Test func recognisesOnlyItsOwnArchives() throws {
    #expect(!TorchZip.matches(try ZipBuilder([.init(name: "w.npy", data: [1])]).source))
    #expect(!TorchZip.matches(try SharedBytes.copying(bytes("PK", 3, 4))))
    #expect(!TorchZip.matches(try SharedBytes.copying([])))
    // A file that lost its end is still one of torch's, and says what is wrong with it.
    let whole = try torchZip(Self.pickle, storages: ["0": floats(6)]).build()
    let cut = try SharedBytes.copying(Array(whole.prefix(whole.count / 2)))
    #expect(TorchZip.matches(cut))
    let error = try #require(throws: FormatError.self) { try TorchZip.open(cut, file: "a.pt") }
    #expect(error.fault as? ZipFault == .noEndRecord)
    #expect(error.file == "a.pt")
  }

  @Test func versionsAreThoseThatTorchReads() throws {
    let storages = ["0": floats(6)]
    for version in ["1", "10\n"] {
      try check(open(torchZip(Self.pickle, storages: storages, version: version)))
    }
    for version in ["0", "11", "", "three"] {
      #expect(
        try fault(torchZip(Self.pickle, storages: storages, version: version))
          == .unsupportedVersion(version)
      )
    }
    let warned = try open(torchZip(Self.pickle, storages: storages, version: nil))
    try check(warned)
    #expect(warned.warnings.map { $0.fault as? TorchFault } == [.noVersion])
  }

  private func fault(_ builder: ZipBuilder) throws -> TorchFault? {
    try #require(throws: FormatError.self) { try open(builder) }.fault as? TorchFault
  }

  @Test func storagesAreThereAndOfTheirSize() throws {
    #expect(try fault(torchZip(Self.pickle)) == .missingStorage(key: "0"))
    #expect(
      try fault(torchZip(Self.pickle, storages: ["0": floats(5)]))
        == .wrongStorageSize(key: "0", expected: 24, found: 20)
    )
    #expect(
      try fault(torchZip(Self.pickle, storages: ["0": floats(7)]))
        == .wrongStorageSize(key: "0", expected: 24, found: 28)
    )
    // Names are not resolved: this is no way to the version.
    let escaping = TorchPickle.tensor(
      TorchPickle.storage("../version", count: 0),
      sizes: [0],
      strides: [1]
    )
    #expect(try fault(torchZip(escaping)) == .missingStorage(key: "../version"))
  }

  @Test func theContainerIsComplete() throws {
    #expect(
      try fault(torchZip(Self.pickle, storages: ["0": floats(6)], byteOrder: "middle"))
        == .unknownByteOrder("middle")
    )
    #expect(try fault(ZipBuilder([.init(name: "x", data: [1])])) == .noPickle)
  }

  @Test func aDamagedPickleIsNoticed() throws {
    var builder = torchZip(Self.pickle, storages: ["0": floats(6)])
    builder.members[0].checksum = 1
    let error = try #require(throws: FormatError.self) { try open(builder) }
    #expect(error.fault as? ZipFault == .wrongChecksum(member: "archive/data.pkl"))
    // Without a checksum it is decoded as it is.
    builder.members[0].checksum = 0
    try check(open(builder))
  }

  @Test func errorsInAPickleHaveTheirPlaceInTheFile() throws {
    let broken = bytes(TorchPickle.list([]), 0xFF)
    let stored = try #require(throws: FormatError.self) {
      try TorchZip.open(try torchZip(broken).source, file: "a.pt")
    }
    // The header takes 30 bytes, the name 16, the protocol 2, the empty list 3.
    #expect(stored.offset == 51)
    #expect(stored.file == "a.pt")
    let deflated = try #require(throws: FormatError.self) {
      try TorchZip.open(try torchZip(broken, isDeflated: true).source, file: "a.pt")
    }
    #expect(deflated.offset == 5)
    #expect(deflated.file == "a.pt/archive/data.pkl")
  }

  @Test func checksumsOfStoragesAreComparedOnDemand() throws {
    var builder = torchZip(Self.pickle, storages: ["0": floats(6)])
    #expect(try open(builder).checksums.allSatisfy { try $0.holds() })
    builder.members[2].checksum = 1
    let checkpoint = try open(builder)
    try check(checkpoint)
    let broken = try checkpoint.checksums.filter { try !$0.holds() }
    #expect(broken.map(\.subject) == ["member \"archive/data/0\""])
  }
}
