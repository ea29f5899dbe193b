import BallastBytes
import BallastCheckpoint
import BallastFormats
import Testing

@Suite struct TorchLegacyTests {
  private static let none = bytes("N")

  private static func tensor(
    _ key: String = "94",
    count: Int = 6,
    view: [UInt8] = none,
    sizes: [Int] = [2, 3],
    strides: [Int] = [3, 1]
  ) -> [UInt8] {
    TorchPickle.tensor(
      TorchPickle.storage(key, count: count, view: view),
      sizes: sizes,
      strides: strides
    )
  }

  private func open(_ file: [UInt8]) throws -> Checkpoint {
    try TorchLegacy.open(try SharedBytes.copying(file))
  }

  private func fault(_ file: [UInt8]) throws -> TorchFault? {
    try #require(throws: FormatError.self) { try open(file) }.fault as? TorchFault
  }

  private func byteFault(_ file: [UInt8]) throws -> ByteFault? {
    try #require(throws: FormatError.self) { try open(file) }.fault as? ByteFault
  }

  @Test func opensStackedPickles() throws {
    let pickle = TorchPickle.dictionary([
      "b": Self.tensor("95", count: 2, sizes: [2], strides: [1]), "w": Self.tensor(),
    ])
    let file = torchLegacy(pickle, keys: ["94", "95"], storages: [(6, floats(6)), (2, floats(2))])
    let source = try SharedBytes.copying(file)
    #expect(TorchLegacy.matches(source))
    #expect(!TorchZip.matches(source))
    let checkpoint = try TorchLegacy.open(source, file: "w.bin")
    #expect(checkpoint.format == "torch-legacy")
    #expect(checkpoint.files == [.init(name: "w.bin", byteCount: file.count)])
    #expect(checkpoint.tensors.map(\.name) == ["b", "w"])
    #expect(try checkpoint["w"]?.floats() == [0, 1, 2, 3, 4, 5])
    #expect(try checkpoint["b"]?.floats() == [0, 1])
    #expect(checkpoint["b"]?.fileOffset == file.count - 8)
    #expect(checkpoint["b"]?.storage.file == "w.bin")
    #expect(checkpoint.warnings.isEmpty)
  }

  @Test(arguments: [
    bytes("L119547037146038801333356L\n"),
    bytes(0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19),
    bytes(0x8B, 10, 0, 0, 0, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19),
  ])
  func recognisesTheMagicNumberInEveryProtocol(magic: [UInt8]) throws {
    let source = try SharedBytes.copying(torchLegacy(Self.none, magic: magic))
    #expect(TorchLegacy.matches(source))
    #expect(throws: Never.self) { try TorchLegacy.open(source) }
  }

  @Test func otherPicklesAreNotRecognised() throws {
    for pickle in [bytes("N."), bytes("K", 1, "."), bytes("L119547037146038801333357L\n."), []] {
      #expect(!TorchLegacy.matches(try SharedBytes.copying(pickle)))
    }
    #expect(try fault(torchLegacy(Self.none, magic: bytes("N"))) == .badMagicNumber)
    #expect(try fault(torchLegacy(Self.none, protocolVersion: 1000)) == .unsupportedProtocol)
  }

  @Test func readsWhatPython2Wrote() throws {
    // Bytes for text, and an OrderedDict made from a list of pairs.
    let tensor = bytes(
      "ctorch._utils\n_rebuild_tensor\n((U",
      7,
      "storagectorch\nFloatStorage\nU",
      2,
      "94U",
      3,
      "cpuK",
      6,
      "NtQK",
      0,
      "(K",
      2,
      "K",
      3,
      "t(K",
      3,
      "K",
      1,
      "ttR"
    )
    let pickle = bytes("ccollections\nOrderedDict\n(](](U", 6, "weight", tensor, "eetR")
    let checkpoint = try open(torchLegacy(pickle, keys: ["94"], storages: [(6, floats(6))]))
    #expect(try checkpoint["weight"]?.floats() == [0, 1, 2, 3, 4, 5])
  }

  @Test func viewsOfStoragesStartWithinThem() throws {
    func view(_ offset: Int, _ size: Int) -> [UInt8] {
      TorchPickle.tuple(
        TorchPickle.text("v"),
        TorchPickle.integer(offset),
        TorchPickle.integer(size)
      )
    }
    let pickle = TorchPickle.dictionary([
      "whole": Self.tensor(),
      "view": Self.tensor(view: view(2, 4), sizes: [2, 2], strides: [1, 2]),
    ])
    let checkpoint = try open(torchLegacy(pickle, keys: ["94"], storages: [(6, floats(6))]))
    #expect(try checkpoint["view"]?.floats() == [2, 4, 3, 5])
    #expect(checkpoint.tensors[0].storage === checkpoint.tensors[1].storage)
    func file(_ offset: Int, _ size: Int) -> [UInt8] {
      torchLegacy(Self.tensor(view: view(offset, size)), keys: ["94"], storages: [(6, floats(6))])
    }
    for (offset, size) in [(3, 4), (-1, 2), (0, -1)] {
      #expect(try fault(file(offset, size)) == .badStorageView(key: "94"))
    }
    #expect(try byteFault(file(.max, 1)) == .overflow)
    // A view bounds its tensors, although the storage goes on.
    #expect(try fault(file(0, 5)) == .badStorageView(key: "94"))
  }

  @Test func storagesAndKeysBelongTogether() throws {
    let tensor = Self.tensor()
    #expect(try fault(torchLegacy(tensor)) == .missingStorage(key: "94"))
    #expect(
      try fault(
        torchLegacy(tensor, keys: ["93", "94"], storages: [(6, floats(6)), (6, floats(6))])
      )
        == .unreferencedStorage(key: "93")
    )
    #expect(
      try fault(torchLegacy(tensor, keys: ["94"], storages: [(5, floats(5))]))
        == .wrongStorageSize(key: "94", expected: 24, found: 20)
    )
    for (count, expected) in [
      (-1, .overflow), (7, .truncated(needed: 4)), (Int.max, .overflow),
    ] as [(Int, ByteFault)] {
      let file = torchLegacy(tensor, keys: ["94"], storages: [(count, floats(6))])
      #expect(try byteFault(file) == expected)
    }
    // The fifth pickle is no list.
    let file = torchLegacy(tensor)
    #expect(try fault(file.dropLast(4) + bytes("N.")) == .badStorageKeys)
    #expect(try fault(file.dropLast(4) + bytes("]Na.")) == .badStorageKeys)
    // Nor is a set, which Python gives out in an order of its own.
    let key = TorchPickle.text("94")
    #expect(try fault(file.dropLast(4) + bytes(0x8F, "(", key, 0x90, ".")) == .badStorageKeys)
    #expect(try fault(file.dropLast(4) + bytes("(", key, 0x91, ".")) == .badStorageKeys)
  }

  @Test func trailingBytesAreReported() throws {
    let file = torchLegacy(Self.tensor(), keys: ["94"], storages: [(6, floats(6))])
    let checkpoint = try open(file + [0, 0])
    #expect(checkpoint.warnings.map { $0.fault as? TorchFault } == [.trailingBytes(2)])
    #expect(checkpoint.warnings.first?.offset == file.count)
  }

  @Test func numbersAreLittleEndianWhateverTheMachineWas() throws {
    var file = torchLegacy(Self.tensor(), keys: ["94"], storages: [(6, floats(6))])
    let place = try #require(file.firstIndex(of: 0x88))  // True, in sys_info
    file[place] = 0x89
    #expect(try open(file)["tensor"]?.floats() == [0, 1, 2, 3, 4, 5])
  }
}
