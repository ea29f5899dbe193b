import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// ggml's old file, written down number by number, right and wrong.
@Suite struct GGMLTests {
  private static func header(fileType: Int32 = 0, tokens: [[UInt8]] = [[65], []]) -> [UInt8] {
    littleEndian([0x6767_6D6C, Int32(tokens.count), 3, 4, 1, 1, fileType, Int32(tokens.count)])
      + tokens.flatMap { littleEndian([Int32($0.count)]) + $0 }
  }

  private static func tensor(_ name: String, _ type: Int32, _ sizes: [Int32]) -> [UInt8] {
    littleEndian([Int32(sizes.count), Int32(name.utf8.count), type] + sizes) + name.utf8
  }

  private func fault(_ bytes: [UInt8]) -> Failure? { Failure { try GGML.open(.copying(bytes)) } }

  private static let start = header().count

  @Test func tensorsFollowTheVocabulary() throws {
    let bytes =
      Self.header() + Self.tensor("a", 0, [3, 2]) + littleEndian([1, 2, 3, 4, 5, 6] as [Float])
      + Self.tensor("b", 1, [1]) + [0, 0x3C]
    let source = try SharedBytes.copying(bytes)
    #expect(CheckpointFormat.recognize(source)?.name == "ggml")
    let file = try GGML.open(source)
    #expect(file.tensors.map(\.name) == ["a", "b"])
    #expect(file["a"]?.shape.dimensions == [2, 3])
    #expect(try file["a"]?.floats() == [1, 2, 3, 4, 5, 6])
    #expect(try file["b"]?.floats() == [1])
    #expect(file.metadata["n_embd"] == 4)
    #expect(try GGML.vocabulary(of: source) == [[65], []])
  }

  /// The blocks of version 2 are GGUF's.
  @Test func quantisedBlocks() throws {
    let blocks = try #require(try Checkpoint.open(path: Fixtures.path("gguf/types.gguf"))["q4_0"])
    let sizes = blocks.shape.dimensions.reversed().map { Int32($0) }
    let described = Self.tensor("q", 2, sizes)
    let file = try GGML.open(
      .copying(Self.header(fileType: 2002) + described + blocks.contents())
    )
    #expect(try file["q"]?.floats() == blocks.floats())
    #expect(file.metadata["ftype"] == 2)
    #expect(file.metadata["quantization_version"] == 2)
    let fault = GGMLFault.otherBlocks(tensor: "q", "Q4_0", version: 1)
    let old = Self.header(fileType: 1002) + described
    #expect(self.fault(old) == Failure(fault, at: Self.start + 8))
    let ragged = GGUFFault.rowNotWholeBlocks(tensor: "q", row: 31, block: 32)
    let bytes = Self.header(fileType: 2002) + Self.tensor("q", 2, [31, 1])
    #expect(self.fault(bytes) == Failure(ragged, at: Self.start + 12))
  }

  @Test func sizesThatAreNone() {
    let names = ["n_vocab", "n_ctx", "n_embd", "n_head", "n_layer"]
    for (index, name) in names.enumerated() {
      var bytes = Self.header()
      bytes.replaceSubrange(4 * (index + 1)..<4 * (index + 2), with: littleEndian([-1] as [Int32]))
      #expect(fault(bytes) == Failure(GGMLFault.badSize(name, -1), at: 4 * (index + 1)))
    }
    let negative = Failure(GGMLFault.badSize("ftype", -1), at: 24)
    #expect(fault(Self.header(fileType: -1)) == negative)
    var bytes = Self.header()
    bytes[28] = 7
    #expect(fault(bytes) == Failure(GGMLFault.otherVocabulary(7, expected: 2), at: 28))
    let rank = Self.header() + littleEndian([5, 0, 0] as [Int32])
    #expect(fault(rank) == Failure(GGMLFault.badSize("rank", 5), at: Self.start))
    let name = Self.header() + littleEndian([0, -1, 0] as [Int32])
    #expect(fault(name) == Failure(GGMLFault.badSize("name's length", -1), at: Self.start + 4))
  }

  @Test func tensorsThatAreNone() {
    let start = Self.start
    func fault(_ name: String, _ type: Int32, _ sizes: [Int32]) -> Failure? {
      self.fault(Self.header() + Self.tensor(name, type, sizes))
    }
    let huge = fault("a", 0, [.max, .max, .max])
    #expect(huge == Failure(ByteFault.overflow, at: start + 12))
    #expect(fault("a", 0, [-1]) == Failure(CheckpointFault.negativeSize(-1), at: start + 12))
    #expect(fault("a", 0, [2]) == Failure(ByteFault.truncated(needed: 8), at: start + 17))
    let unknown = GGUFFault.unknownTensorType(tensor: "a", 4)
    #expect(fault("a", 4, [1]) == Failure(unknown, at: start + 8))
    let unsupported = GGUFFault.unsupportedTensorType(tensor: "a", "Q8_1")
    #expect(fault("a", 9, [1]) == Failure(unsupported, at: start + 8))
    let twice = Self.tensor("a", 0, [0]) + Self.tensor("a", 0, [0])
    let duplicate = self.fault(Self.header() + twice)
    #expect(duplicate?.fault == AnyHashable(CheckpointFault.duplicateName("a")))
  }

  @Test func aFileCutAnywhere() throws {
    let data = littleEndian([1, 2] as [Float])
    let whole = Self.header() + Self.tensor("abc", 0, [2]) + data
    for count in 0..<whole.count where count != Self.start {
      let error = fault(Array(whole[..<count]))
      guard case .truncated = error?.fault.base as? ByteFault else {
        Issue.record("\(count)")
        continue
      }
    }
    #expect(fault([1, 2, 3, 4]) == Failure(GGMLFault.notGGML, at: 0))
    // A token that claims four gigabytes.
    let token = Array(Self.header().prefix(32)) + [0xFF, 0xFF, 0xFF, 0xFF]
    #expect(fault(token) == Failure(ByteFault.truncated(needed: Int(UInt32.max)), at: 36))
  }
}
