import BallastBytes
import BallastCheckpoint
import BallastFormats
import Testing

/// torch's tar files, and what can be wrong in them; honest ones are among the fixtures.
@Suite struct TorchTarTests {
  private static func pickled(_ value: [UInt8]) -> [UInt8] { bytes(0x80, 2, value, ".") }

  private static func storage(
    _ key: Int = 1,
    count: Int = 6,
    type: String = "FloatStorage",
    _ data: [UInt8] = floats(6)
  ) -> [UInt8] {
    pickled(
      TorchPickle.tuple(
        TorchPickle.integer(key),
        TorchPickle.text("cpu"),
        TorchPickle.global("torch", type)
      )
    ) + littleEndian(count) + data
  }

  private static func tensor(
    _ key: Int = 3,
    storage: Int = 1,
    rank: Int = 1,
    sizes: [Int] = [2],
    strides: [Int] = [3],
    offset: Int = 1
  ) -> [UInt8] {
    pickled(
      TorchPickle.tuple(
        TorchPickle.integer(key),
        TorchPickle.integer(storage),
        TorchPickle.global("torch", "FloatTensor")
      )
    ) + littleEndian(rank) + (sizes + strides + [offset]).flatMap { littleEndian($0) }
  }

  private static func count(_ count: Int) -> [UInt8] { pickled(TorchPickle.integer(count)) }

  private static func view(_ fields: Int...) -> [UInt8] {
    TorchPickle.tuple(fields.map(TorchPickle.integer))
  }

  private func file(
    storages: [UInt8] = count(1) + storage() + pickled(TorchPickle.list([])),
    tensors: [UInt8] = count(1) + tensor(),
    pickle: [UInt8] = TorchPickle.dictionary(["w": bytes("K", 3, "Q")])
  ) -> TarBuilder {
    var builder = TarBuilder()
    builder.add("storages", storages)
    builder.add("tensors", tensors)
    builder.add("pickle", Self.pickled(pickle))
    return builder
  }

  private func open(_ builder: TarBuilder) throws -> Checkpoint {
    try TorchTar.open(try builder.source)
  }

  private func fault(_ builder: TarBuilder) throws -> (any FormatFault)? {
    let error = try #require(throws: FormatError.self) { try open(builder) }
    #expect(error.offset != nil || error.fault is TorchFault)
    return error.fault
  }

  @Test func readsATensor() throws {
    let builder = file()
    #expect(TorchTar.matches(try builder.source))
    #expect(!TorchTar.matches(try SharedBytes.copying(floats(200))))
    let checkpoint = try open(builder)
    #expect(try checkpoint["w"]?.floats() == [1, 4])
  }

  @Test func storagesOfAViewAreParts() throws {
    let views = Self.pickled(TorchPickle.list([Self.view(2, 1, 2, 4)]))
    let checkpoint = try open(
      file(
        storages: Self.count(1) + Self.storage() + views,
        tensors: Self.count(1) + Self.tensor(storage: 2, sizes: [2], strides: [2], offset: 1),
        pickle: TorchPickle.dictionary([
          "w": bytes("K", 3, "Q"), "all": bytes("K", 1, "Q"), "part": bytes("K", 2, "Q"),
          "parameter": TorchPickle.call(
            "torch.nn.parameter",
            "Parameter",
            bytes("K", 3, "Q")
          ), "source": bytes(TorchPickle.tuple(TorchPickle.global("a", "B"), bytes("NN")), "Q"),
        ])
      )
    )
    #expect(checkpoint.tensors.map(\.name) == ["w", "all", "part", "parameter"])
    #expect(try checkpoint["w"]?.floats() == [3, 5])
    #expect(try checkpoint["part"]?.floats() == [2, 3, 4, 5])
    #expect(checkpoint.tie(of: try #require(checkpoint["parameter"]))?.name == "w")
  }

  @Test func partsOfPartsStartWithinThem() throws {
    let views = Self.pickled(TorchPickle.list([Self.view(2, 1, 1, 4), Self.view(4, 2, 1, 2)]))
    let checkpoint = try open(
      file(
        storages: Self.count(1) + Self.storage() + views,
        tensors: Self.count(1) + Self.tensor(storage: 4, sizes: [2], strides: [1], offset: 0)
      )
    )
    #expect(try checkpoint["w"]?.floats() == [2, 3])
  }

  private static func keyedStorage(_ key: [UInt8], from first: Int) -> [UInt8] {
    pickled(
      TorchPickle.tuple(key, TorchPickle.text("cpu"), TorchPickle.global("torch", "FloatStorage"))
    ) + littleEndian(2) + (first..<first + 2).flatMap { littleEndian(Float($0).bitPattern) }
  }

  private static func keyedTensor(_ key: [UInt8], of storage: [UInt8]) -> [UInt8] {
    pickled(TorchPickle.tuple(key, storage, TorchPickle.global("torch", "FloatTensor")))
      + littleEndian(1) + [2, 1, 0].flatMap { littleEndian($0) }
  }

  @Test(arguments: [
    (TorchPickle.integer(1), TorchPickle.text("1")),
    (TorchPickle.text("\u{E9}"), TorchPickle.text("e\u{301}")),
  ])
  func keysAreTheirBytesAndTypes(first: [UInt8], second: [UInt8]) throws {
    let storages =
      Self.count(2) + Self.keyedStorage(first, from: 0) + Self.keyedStorage(second, from: 4)
      + Self.pickled(TorchPickle.list([]))
    for (key, expected) in [(first, [0, 1]), (second, [4, 5])] as [([UInt8], [Float])] {
      let tensors = Self.count(1) + Self.keyedTensor(TorchPickle.integer(3), of: key)
      #expect(try open(file(storages: storages, tensors: tensors))["w"]?.floats() == expected)
    }
  }

  @Test func idsAreNumbersInDigits() throws {
    let tensors =
      Self.count(2) + Self.tensor() + Self.keyedTensor(TorchPickle.text("03"), of: bytes("K", 1))
    for id in ["3", "03", " 3", "3 ", "+3"] {
      let pickle = TorchPickle.dictionary(["w": bytes(TorchPickle.text(id), "Q")])
      #expect(try open(file(tensors: tensors, pickle: pickle))["w"]?.floats() == [1, 4])
    }
    func fault(_ id: [UInt8]) throws -> TorchFault? {
      try self.fault(file(pickle: TorchPickle.dictionary(["w": bytes(id, "Q")]))) as? TorchFault
    }
    #expect(try fault(TorchPickle.text("w")) == .badStorageReference)
    #expect(try fault(bytes("N")) == .badStorageReference)
    #expect(try fault(TorchPickle.integer(4)) == .missingStorage(key: "4"))
  }

  @Test func damagedArchivesAreTheTarsOwn() throws {
    var linked = file()
    linked.add("storages", kind: "1")
    #expect(TorchTar.matches(try linked.source))
    #expect(try fault(linked) as? TarFault == .unsupportedMember(kind: 0x31))
    var damaged = file()
    damaged.add("more", checksum: "000000")
    #expect(TorchTar.matches(try damaged.source))
    #expect(try fault(damaged) as? TarFault == .wrongChecksum)
    var folder = TarBuilder()
    folder.add("storages", kind: "5", size: bytes("1000"))
    #expect(TorchTar.matches(try folder.source))
    #expect(try fault(folder) as? TarFault == .folderWithData)
    var other = TarBuilder()
    other.add("a", kind: "2")
    #expect(!TorchTar.matches(try other.source))
  }

  @Test func damagedFilesAreRefused() throws {
    let storages = Self.count(1) + Self.storage()
    let none = Self.pickled(TorchPickle.list([]))
    func views(_ view: [UInt8]) -> [UInt8] { Self.pickled(TorchPickle.list([view])) }
    var lacking = TarBuilder()
    lacking.add("storages", storages + none)
    #expect(try fault(lacking) as? TorchFault == .missingMember("tensors"))
    #expect(
      try fault(file(storages: storages + views(Self.view(2, 1, 4, 3)))) as? TorchFault
        == .badStorageView(key: "2")
    )
    #expect(
      try fault(file(storages: storages + views(Self.view(2, 1, .max, .max)))) as? ByteFault
        == .overflow
    )
    #expect(
      try fault(file(storages: storages + views(Self.view(2, 7, 0, 1)))) as? TorchFault
        == .missingStorage(key: "7")
    )
    #expect(
      try fault(file(storages: storages + views(Self.view(2, 1)))) as? TorchFault
        == .badStorageReference
    )
    #expect(
      try fault(file(storages: Self.count(1 << 40) + none)) as? TorchFault
        == .tooManyTensors(limit: 1 << 18)
    )
    #expect(try fault(file(storages: Self.count(-1) + none)) as? TorchFault == .badStorageKeys)
    #expect(
      try fault(file(storages: Self.count(1) + Self.storage(type: "OddStorage") + none))
        as? TorchFault == .unknownStorageType("OddStorage")
    )
    #expect(
      try fault(file(storages: Self.count(1) + Self.storage(count: .max) + none)) as? ByteFault
        == .overflow
    )
    guard
      case .truncated? = try fault(file(storages: Self.count(1) + Self.storage(count: 1 << 40)))
        as? ByteFault
    else {
      Issue.record("a terabyte was found")
      return
    }
  }

  @Test func tensorsStayWithinTheirStorage() throws {
    func fault(_ tensor: [UInt8]) throws -> (any FormatFault)? {
      try self.fault(file(tensors: Self.count(1) + tensor))
    }
    let outside = TorchFault.badStorageView(key: "1")
    #expect(try fault(Self.tensor(sizes: [3])) as? TorchFault == outside)
    #expect(try fault(Self.tensor(offset: 3)) as? TorchFault == outside)
    #expect(try fault(Self.tensor(storage: 9)) as? TorchFault == .missingStorage(key: "9"))
    #expect(try fault(Self.tensor(sizes: [.max], strides: [.max])) as? ByteFault == .overflow)
    #expect(try fault(Self.tensor(sizes: [-1])) as? ByteFault == .overflow)
    guard case .truncated? = try fault(Self.tensor(rank: 1 << 30)) as? ByteFault else {
      Issue.record("a billion dimensions were found")
      return
    }
  }
}
