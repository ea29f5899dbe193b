import BallastBytes
import BallastCheckpoint
import BallastFormats
import Testing

/// References to storages that do not agree: torch reads a storage as its first reference says.
@Suite struct TorchStorageTests {
  private static func tensor(_ storage: [UInt8], count: Int = 4) -> [UInt8] {
    TorchPickle.tensor(storage, sizes: [count], strides: [1])
  }

  private func open(_ entries: KeyValuePairs<String, [UInt8]>, count: Int = 4) throws -> Checkpoint
  {
    let pickle = TorchPickle.dictionary(entries)
    return try TorchZip.open(try torchZip(pickle, storages: ["0": floats(count)]).source)
  }

  private func fault(_ open: () throws -> Checkpoint) throws -> TorchFault? {
    let error = try #require(throws: FormatError.self) { try open() }
    #expect(error.offset != nil)
    return error.fault as? TorchFault
  }

  @Test func aStorageHasOneType() throws {
    for (type, count) in [("IntStorage", 4), ("DoubleStorage", 2)] {
      let other = Self.tensor(TorchPickle.storage("0", count: count, type: type), count: count)
      let fault = try fault {
        try open(["a": Self.tensor(TorchPickle.storage("0", count: 4)), "b": other])
      }
      let name = type == "IntStorage" ? "int32" : "float64"
      #expect(fault == .storageOfTwoTypes(key: "0", first: "float32", then: name))
    }
  }

  @Test func aReferenceThatIsRepeatedStaysRefused() throws {
    // The same persistent id twice: thrown away, then used.
    let storage = TorchPickle.storage("0", count: 4, type: "IntStorage")
    let id = bytes(Array(storage.dropLast()), "q", 9, "Q0")
    let other = Self.tensor(bytes("h", 9, "Q"))
    let first = Self.tensor(TorchPickle.storage("0", count: 4))
    let pickle = bytes(first, "0", id, TorchPickle.dictionary(["a": other]))
    #expect(
      try fault {
        try TorchZip.open(try torchZip(pickle, storages: ["0": floats(4)]).source)
      } == .storageOfTwoTypes(key: "0", first: "float32", then: "int32")
    )
  }

  @Test func thereIsNoEndOfConflicts() throws {
    let other = bytes(TorchPickle.storage("0", count: 4, type: "IntStorage"), "0")
    let pickle = bytes(
      TorchPickle.storage("0", count: 4),
      "0",
      (0..<1500).flatMap { _ in other },
      Self.tensor(TorchPickle.storage("0", count: 4, type: "IntStorage"))
    )
    #expect(
      try fault { try TorchZip.open(try torchZip(pickle, storages: ["0": floats(4)]).source) }
        == .storageOfTwoTypes(key: "0", first: "float32", then: "int32")
    )
  }

  @Test func bytesAreUntypedOrNot() throws {
    // torch.save writes both for a tensor of uint8 beside its own storage.
    let checkpoint = try open([
      "a": Self.tensor(TorchPickle.storage("0", count: 16, type: "ByteStorage"), count: 16),
      "b": Self.tensor(TorchPickle.storage("0", count: 16, type: "UntypedStorage"), count: 16),
    ])
    #expect(checkpoint.tensors.count == 2 && checkpoint.warnings.isEmpty)
  }

  @Test func emptyStoragesMayHaveSeveralTypes() throws {
    // Of a tensor without elements torch.save writes views of other types.
    let checkpoint = try open(
      [
        "a": Self.tensor(TorchPickle.storage("0", count: 0), count: 0),
        "b": Self.tensor(TorchPickle.storage("0", count: 0, type: "LongStorage"), count: 0),
      ],
      count: 0
    )
    #expect(checkpoint.tensors.map(\.dtype) == [.f32, .i64])
  }

  @Test func truthValuesAreNoKeys() throws {
    func storage(_ key: [UInt8], _ location: [UInt8] = TorchPickle.text("cpu")) -> [UInt8] {
      bytes(
        TorchPickle.tuple(
          TorchPickle.text("storage"),
          TorchPickle.global("torch", "FloatStorage"),
          key,
          location,
          TorchPickle.integer(4)
        ),
        "Q"
      )
    }
    #expect(try fault { try open(["a": Self.tensor(storage([0x89]))]) } == .badStorageReference)
    #expect(try open(["a": Self.tensor(storage(bytes("K", 0)))]).tensors.count == 1)
    // A location without data gives none, and it is the first that counts.
    let meta = Self.tensor(storage(TorchPickle.text("0"), TorchPickle.text("meta")))
    for location in [TorchPickle.text("meta"), bytes("C", 4, "meta"), bytes("U", 4, "meta")] {
      let none = try open(["a": Self.tensor(storage(TorchPickle.text("0"), location))])
      #expect(none.tensors.isEmpty)
      #expect(none.warnings.map { $0.fault as? TorchFault } == [.unreadable(tensor: "a", .meta)])
    }
    #expect(
      try fault {
        try open(["a": meta, "b": Self.tensor(TorchPickle.storage("0", count: 4))])
      } == .storageOfTwoTypes(key: "0", first: "float32 without data", then: "float32")
    )
  }

  @Test func bytesArePutInOrderForTheTypeOfTheirStorage() throws {
    func tensor(_ type: String, _ kind: String, count: Int) -> [UInt8] {
      TorchPickle.call(
        "torch._utils",
        "_rebuild_tensor_v3",
        TorchPickle.storage("0", count: count, type: type),
        TorchPickle.integer(0),
        TorchPickle.tuple(TorchPickle.integer(4)),
        TorchPickle.tuple(TorchPickle.integer(1)),
        [0x89],
        bytes("N"),
        TorchPickle.global("torch", kind)
      )
    }
    func open(_ tensor: [UInt8]) throws -> Checkpoint {
      let pickle = TorchPickle.dictionary(["a": tensor])
      let zip = torchZip(pickle, storages: ["0": floats(4)], byteOrder: "big")
      return try TorchZip.open(try zip.source)
    }
    for (storage, type, count) in [("UntypedStorage", "uint16", 16), ("FloatStorage", "int32", 4)] {
      let checkpoint = try open(tensor(storage, type, count: count))
      #expect(checkpoint.tensors.isEmpty)
      let stored = count == 16 ? "uint8" : "float32"
      #expect(
        checkpoint.warnings.map { $0.fault as? TorchFault }
          == [.unreadable(tensor: "a", .bigEndian(storage: stored))]
      )
    }
    #expect(try open(tensor("UntypedStorage", "int8", count: 16)).tensors.count == 1)
    #expect(try open(tensor("FloatStorage", "float", count: 4)).tensors.count == 1)
  }

  // MARK: Legacy files

  private static func view(_ key: String, _ offset: Int, _ size: Int) -> [UInt8] {
    TorchPickle.tuple(
      TorchPickle.text(key),
      TorchPickle.integer(offset),
      TorchPickle.integer(size)
    )
  }

  private func legacy(
    _ entries: KeyValuePairs<String, [UInt8]>,
    keys: [[UInt8]] = [TorchPickle.text("0")]
  ) throws -> Checkpoint {
    let counts = (0..<keys.count).map { index in
      (count: 4, data: Array(floats(8)[16 * index..<16 * (index + 1)]))
    }
    return try TorchLegacy.open(
      try SharedBytes.copying(
        torchLegacy(TorchPickle.dictionary(entries), pickledKeys: keys, storages: counts)
      )
    )
  }

  @Test func keysOfViewsStandForOneThing() throws {
    func part(_ view: [UInt8]) -> [UInt8] {
      Self.tensor(TorchPickle.storage("0", count: 4, view: view), count: 2)
    }
    let twice = try legacy(["a": part(Self.view("5", 2, 2)), "b": part(Self.view("5", 2, 2))])
    #expect(try twice["b"]?.floats() == [2, 3])
    #expect(
      try fault { try legacy(["a": part(Self.view("5", 2, 2)), "b": part(Self.view("5", 0, 2))]) }
        == .storageViewTwice(key: "5")
    )
    #expect(
      try fault { try legacy(["a": part(Self.view("0", 2, 2))]) } == .storageViewTwice(key: "0")
    )
    let other = Self.tensor(TorchPickle.storage("1", count: 4, view: bytes("N")))
    #expect(
      try fault {
        try legacy(
          ["a": other, "b": part(Self.view("1", 0, 2))],
          keys: [TorchPickle.text("0"), TorchPickle.text("1")]
        )
      } == .storageViewTwice(key: "1")
    )
  }

  @Test func numbersAndTextsAreOtherKeys() throws {
    let fields = [
      TorchPickle.text("storage"), TorchPickle.global("torch", "FloatStorage"),
      TorchPickle.integer(0), TorchPickle.text("cpu"), TorchPickle.integer(4), bytes("N"),
    ]
    let checkpoint = try legacy(
      [
        "a": Self.tensor(TorchPickle.storage("0", count: 4, view: bytes("N"))),
        "b": Self.tensor(bytes(TorchPickle.tuple(fields), "Q")),
      ],
      keys: [TorchPickle.text("0"), TorchPickle.integer(0)]
    )
    #expect(try checkpoint["a"]?.floats() == [0, 1, 2, 3])
    #expect(try checkpoint["b"]?.floats() == [4, 5, 6, 7])
  }

  @Test func theFirstReferenceCountsWhereItIsNotShown() throws {
    // What the pickle throws away has made the storage all the same.
    let pickle = bytes(
      TorchPickle.storage("0", count: 4, type: "IntStorage"),
      "0",
      TorchPickle.dictionary(["a": Self.tensor(TorchPickle.storage("0", count: 4))])
    )
    #expect(
      try fault {
        try TorchZip.open(try torchZip(pickle, storages: ["0": floats(4)]).source)
      } == .storageOfTwoTypes(key: "0", first: "int32", then: "float32")
    )
  }
}
