import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastTestSupport
import FoundationEssentials
import Testing

/// Every limit that has a name, and what it does.
@Suite struct ReadingLimitsTests {
  /// Fixtures that pass under the standard limits, and want more than one of what is limited.
  private static let fixtures: [(limit: String, file: String)] = [
    ("json.values", "tiny-gpt2/model.safetensors"),
    ("json.values", "containers/sharded/model.safetensors.index.json"),
    ("gguf.tensors", "gguf/types.gguf"),
    ("gguf.tensors", "formats/ggml/micro.bin"),
    ("gguf.keys", "gguf/types.gguf"),
    ("gguf.array-elements", "gguf/types.gguf"),
    ("gguf.text-bytes", "gguf/types.gguf"),
    ("zip.members", "containers/tiny-zip.pt"),
    ("zip.members", "numpy/mixed.npz"),
    ("zip.name-bytes", "containers/tiny-zip.pt"),
    ("pickle.opcodes", "containers/trainer-zip.pt"),
    ("pickle.opcodes", "torch/protocol2-tar.pt"),
    ("pickle.values", "containers/trainer-legacy.pt"),
    ("pickle.elements", "containers/trainer-legacy.pt"),
    ("pickle.memos", "containers/trainer-legacy.pt"),
    ("pickle.stack", "containers/trainer-zip.pt"),
    ("pickle.text-bytes", "containers/trainer-zip.pt"),
    ("torch.tensors", "containers/trainer-zip.pt"),
    ("torch.tensors", "torch/protocol2-tar.pt"),
    ("torch.name-bytes", "containers/trainer-legacy.pt"),
    ("torch.steps", "containers/sharded-torch"),
    ("torch.depth", "containers/trainer-zip.pt"),
    ("tensor-bundle.tensors", "formats/openai/model.ckpt"),
    ("tensor-bundle.name-bytes", "formats/openai/model.ckpt"),
    ("llm.c.layers", "formats/llmc/micro.bin"),
  ]

  /// The standard limits, with one set to `value`.
  private func limits(_ name: String, _ value: Int) throws -> ReadingLimits {
    let named = try #require(ReadingLimits.named.first { $0.name == name })
    var limits = ReadingLimits.standard
    limits[keyPath: named.limit] = value
    return limits
  }

  @Test(arguments: fixtures)
  func aLimitIsNamedByWhatItRefuses(name: String, file: String) throws {
    let path = Fixtures.path(file)
    #expect(try Checkpoint.open(path: path).warnings.allSatisfy { $0.fault.limitName == nil })
    do {
      let checkpoint = try Checkpoint.open(path: path, limits: limits(name, 1))
      // What lies too deep is left out with a warning, the rest is read.
      #expect(checkpoint.warnings.map(\.fault.limitName) == [name])
    } catch let error as FormatError {
      #expect(error.fault.limitName == name)
    }
  }

  /// Limits that are as high as can be stand in nobody's way.
  @Test(arguments: fixtures.map(\.file) + ["containers/deflated-zip.pt"])
  func theHighestLimitsAreNone(file: String) throws {
    var limits = ReadingLimits()
    for name in ReadingLimits.names { limits.set(name, to: 1 << 48) }
    #expect(ReadingLimits.names.allSatisfy { limits.value(of: $0) == 1 << 48 })
    #expect(throws: Never.self) {
      try Checkpoint.open(path: Fixtures.path(file), limits: limits)
    }
  }

  @Test func limitsAreSetByTheirNames() throws {
    var limits = ReadingLimits()
    #expect(limits.value(of: "torch.tensors") == 1 << 18)
    let isSet = limits.set("torch.tensors", to: 5)
    #expect(isSet && limits.value(of: "torch.tensors") == 5)
    let isUnknownSet = limits.set("torch.tensor", to: 5)
    #expect(!isUnknownSet && limits.value(of: "torch.tensor") == nil)
    for value in [0, -1, 1 << 48 + 1, .max] {
      let isSet = limits.set("torch.tensors", to: value)
      #expect(!isSet, "\(value)")
    }
    #expect(limits.value(of: "torch.tensors") == 5)
    #expect(ReadingLimits.names == ReadingLimits.named.map(\.name))
  }

  @Test func whatZipArchivesExpandToGrowsWithTheirSize() throws {
    var member = ZipBuilder.Member(name: "archive/data.pkl", isDeflated: true)
    member.data = [UInt8](repeating: 0, count: 65_535)
    member.localSize = 67_500_000
    member.size = 67_500_000
    let source = try ZipBuilder([member]).source
    let name = "zip.expansion"
    let refused = failure { try ZipArchive(parsing: source, limits: limits(name, 1).torch.zip) }
    #expect(refused?.fault.limitName == name)
    #expect(throws: Never.self) { try ZipArchive(parsing: source) }
  }

  @Test func scatteredMemosAndRepetitionsAreCounted() throws {
    let scattered = bytes("]", (0..<9).flatMap { bytes("r", littleEndian(UInt32($0 * 9999))) }, ".")
    let list = bytes(
      "]q",
      0,
      TorchPickle.tensor(TorchPickle.storage("0", count: 1), sizes: [1], strides: [1]),
      "a"
    )
    let repeated = bytes("(", list, "h", 0, "h", 0, "t.")
    for (name, pickle) in [("pickle.scattered-memos", scattered), ("torch.repetitions", repeated)] {
      let source = try torchZip(pickle, storages: ["0": floats(1)]).source
      #expect(throws: Never.self) { try TorchZip.open(source) }
      let refused = failure { try TorchZip.open(source, limits: limits(name, 1).torch) }
      #expect(refused?.fault.limitName == name, "\(String(describing: refused))")
    }
  }

  @Test func expandedTensorsUnfoldToTheirLimit() throws {
    let name = "torch.unfolded-bytes"
    let storage = TorchPickle.storage("0", count: 1)
    let value = TorchPickle.tensor(storage, sizes: [4, 4], strides: [0, 0])
    let source = try torchZip(TorchPickle.dictionary(["x": value]), storages: ["0": floats(1)])
      .source
    func read(_ limits: TorchLimits) throws -> [Float] {
      try #require(try TorchZip.open(source, limits: limits)["x"]).floats()
    }
    #expect(try read(limits(name, 64).torch) == [Float](repeating: 0, count: 16))
    let refused = failure { try read(limits(name, 63).torch) }
    #expect(refused?.fault.limitName == name)
  }

  /// Each is small by itself: windows of one to twenty floats onto a storage of twenty, each twice.
  @Test func windowsOntoOneStorageUnfoldTogetherToTheLimit() throws {
    let name = "torch.unfolded-bytes"
    let storage = TorchPickle.storage("0", count: 20)
    let windows = (0..<40).map { index in
      let window = TorchPickle.tensor(storage, sizes: [index / 2 + 1], strides: [1])
      return (key: TorchPickle.text("x\(index)"), value: window)
    }
    let source = try torchZip(TorchPickle.dictionary(windows), storages: ["0": floats(20)]).source
    let beyond = 4 * (1...20).reduce(0, +) - 8 * 4 * 20
    let read = try TorchZip.open(source, limits: limits(name, beyond).torch)
    #expect(read.tensors.count == 40)
    let refused = failure { try TorchZip.open(source, limits: limits(name, beyond - 1).torch) }
    #expect(refused?.fault.limitName == name)
    #expect(throws: Never.self) { try TorchZip.open(source, limits: limits(name, .max).torch) }
  }

  @Test func aFileThatIsRefusedIsReadUnderAHigherLimit() throws {
    let count = ReadingLimits.standard.jsonValues
    let entries = (0...count / 7).map {
      "\"\($0)\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}"
    }
    let text = "{" + entries.joined(separator: ",") + "}"
    let source = try SharedBytes.copying(littleEndian(UInt64(text.utf8.count)) + Array(text.utf8))
    let refused = failure { try Safetensors.open(source) }
    #expect(refused?.fault.limitName == "json.values")
    let checkpoint = try Safetensors.open(source, limits: limits("json.values", 2 * count))
    #expect(checkpoint.tensors.count == count / 7 + 1)
  }

  @Test func everyLimitIsTriedAndDocumented() throws {
    let others = [
      "zip.expansion", "pickle.scattered-memos", "torch.repetitions", "torch.unfolded-bytes",
    ]
    let tried = Set(Self.fixtures.map(\.limit) + others)
    #expect(Set(ReadingLimits.named.map(\.name)) == tried)
    let documentation = try String(
      contentsOfFile: Fixtures.path("../docs/security.md"),
      encoding: .utf8
    )
    for (name, limit) in ReadingLimits.named {
      let value = grouped(ReadingLimits.standard[keyPath: limit])
      #expect(documentation.contains("| `\(name)` | \(value) |"), "\(name) \(value)")
    }
  }
}

/// The digits of a number in groups of three.
private func grouped(_ number: Int) -> String {
  var digits = String(number)
  for place in stride(from: digits.count - 3, to: 0, by: -3) {
    digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
  }
  return digits
}
