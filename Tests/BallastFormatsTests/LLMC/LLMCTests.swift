import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// The files of llm.c, written down number by number.
@Suite struct LLMCTests {
  private static let magic: Int32 = 20_240_326
  /// Two positions, three tokens, two layers, one head, two wide; 24 rows in the embedding.
  private static let sizes: [Int32] = [2, 3, 2, 1, 2, 24]
  /// 24·2 + 2·2 + 2·(4·2 + 12·4 + 3·2 + 2 + 8 + 2) − … counted by hand: see `elements`.
  private static let elements = 48 + 4 + 2 * (2 + 2 + 12 + 6 + 4 + 2 + 2 + 2 + 16 + 8 + 16 + 2) + 4

  private static func header(_ numbers: [Int32]) -> [UInt8] {
    littleEndian(numbers) + [UInt8](repeating: 0, count: 1024 - 4 * numbers.count)
  }

  private static func model(_ version: Int32, _ sizes: [Int32] = sizes, data: [UInt8]) -> [UInt8] {
    header([magic, version] + sizes) + data
  }

  private static func open(_ bytes: [UInt8]) throws -> Checkpoint {
    try LLMC.open(.copying(bytes))
  }

  private func fault(_ bytes: [UInt8]) -> Failure? { Failure { try Self.open(bytes) } }

  @Test func tensorsStandInOrder() throws {
    let values = (0..<Self.elements).map { Float($0) }
    let file = try Self.open(Self.model(3, data: littleEndian(values)))
    #expect(file.format == "llm.c")
    #expect(
      file.tensors.map(\.name) == [
        "wte", "wpe", "ln1w", "ln1b", "qkvw", "qkvb", "attprojw", "attprojb", "ln2w", "ln2b",
        "fcw", "fcb", "fcprojw", "fcprojb", "lnfw", "lnfb",
      ]
    )
    #expect(try file.tensors.flatMap { try $0.floats() } == values)
    #expect(file["qkvw"]?.shape.dimensions == [2, 6, 2])
    #expect(file["fcprojw"]?.shape.dimensions == [2, 2, 8])
    #expect(file["wpe"]?.fileOffset == 1024 + 48 * 4)
    #expect(file.metadata["padded_vocab_size"] == 24)
    #expect(file.metadata["vocab_size"] == 3)
  }

  @Test(arguments: [
    (1, DType.f32, 3), (2, DType.bf16, 3), (3, .f32, 24), (4, .bf16, 24), (5, .bf16, 24),
  ]) func versions(version: Int32, dtype: DType, rows: Int) throws {
    let count = Self.elements - 2 * (24 - rows)
    let data = [UInt8](repeating: 0, count: dtype.byteCount(of: count))
    let file = try Self.open(Self.model(version, data: data))
    #expect(file.tensors.allSatisfy { $0.dtype == dtype })
    #expect(file["wte"]?.shape.dimensions == [rows, 2])
  }

  @Test(arguments: [0, 6, -1, 20_240_326]) func otherVersions(version: Int32) {
    let known = LLMCFault.unsupportedVersion(Int(version), of: "a model")
    #expect(fault(Self.model(version, data: [])) == Failure(known, at: 4))
  }

  @Test(arguments: [
    (2, "max_seq_len"), (3, "vocab_size"), (4, "num_layers"), (5, "num_heads"), (6, "channels"),
    (7, "padded_vocab_size"),
  ]) func sizesThatAreNone(index: Int, name: String) {
    for size: Int32 in [0, -1, .min] {
      var sizes = Self.sizes
      sizes[index - 2] = size
      let expected = Failure(LLMCFault.badSize(name, Int(size)), at: 4 * index)
      #expect(fault(Self.model(3, sizes, data: [])) == expected)
    }
  }

  @Test func aVocabularyLargerThanItsPadding() {
    let sizes: [Int32] = [2, 25, 2, 1, 2, 24]
    let expected = Failure(LLMCFault.badSize("padded_vocab_size", 24), at: 28)
    #expect(fault(Self.model(3, sizes, data: [])) == expected)
  }

  @Test func theSizeOfTheFileIsChecked() {
    let data = [UInt8](repeating: 0, count: 4 * Self.elements)
    let right = 1024 + data.count
    for count in [0, 1, data.count - 1, data.count + 1, data.count + 4] {
      let given = count <= data.count ? Array(data[..<count]) : data + [1, 2, 3, 4]
      let bytes = Self.model(3, data: Array(given.prefix(count)))
      let expected = LLMCFault.wrongSize(expected: right, found: 1024 + count)
      #expect(fault(bytes) == Failure(expected, at: min(right, 1024 + count)))
    }
  }

  @Test(arguments: [2, 4, 5] as [Int32]) func layerNormsInFloat32(version: Int32) {
    let elements = version == 2 ? Self.elements - 42 : Self.elements
    let bytes = Self.model(version, data: [UInt8](repeating: 0, count: 2 * elements + 2 * 20))
    let error = fault(bytes)
    #expect(error?.fault == AnyHashable(LLMCFault.normsInFloat32(version: Int(version))))
  }

  /// Sizes of 31 bits each multiply to far more than 64.
  @Test func sizesThatOverflow() {
    let huge = [Int32](repeating: .max, count: 6)
    #expect(fault(Self.model(3, huge, data: [])) == Failure(ByteFault.overflow, at: 8))
    let bytes = Self.header([20_240_327, 2, .max, .max])
    #expect(fault(bytes) == Failure(ByteFault.overflow, at: 1024))
    let tokens = Self.header([20_240_520, 1, .max])
    let expected = LLMCFault.wrongSize(expected: 1024 + 2 * Int(Int32.max), found: 1024)
    #expect(fault(tokens) == Failure(expected, at: 1024))
  }

  @Test(arguments: [20_240_326, 20_240_327, 20_240_520] as [Int32])
  func headersCutAnywhere(magic: Int32) {
    let whole = Self.header([magic, 1] + Self.sizes)
    for count in 4..<whole.count {
      let expected = Failure(ByteFault.truncated(needed: 1024 - count), at: count)
      #expect(fault(Array(whole[..<count])) == expected)
    }
    for count in 0..<4 { #expect(fault(Array(whole[..<count])) != nil) }
    #expect(fault(Array("not llm.c".utf8)) == Failure(LLMCFault.notLLMC, at: 0))
  }

  @Test func safetensorsOfThatLengthAreNotTakenForModels() throws {
    let length = littleEndianBytes(of: UInt64(20_240_326))
    #expect(!LLMC.matches(try .copying(length + Array("{}".utf8))))
    #expect(LLMC.matches(try .copying(Self.header([20_240_326, 3]))))
    #expect(!LLMC.matches(try .copying([1, 2, 3])))
  }

  @Test func tokens() throws {
    let file = try Self.open(
      Self.header([20_240_520, 1, 3]) + littleEndian([7, 0, 65_535] as [UInt16])
    )
    #expect(file.format == "llm.c-tokens")
    #expect(try file["tokens"]?.integers() == [7, 0, 65_535])
    let wide = try Self.open(
      Self.header([20_240_801, 7, 2]) + littleEndian([1, 128_000] as [UInt32])
    )
    #expect(try wide["tokens"]?.integers() == [1, 128_000])
    let version = LLMCFault.unsupportedVersion(2, of: "tokens")
    #expect(fault(Self.header([20_240_520, 2, 0])) == Failure(version, at: 4))
    let negative = Failure(LLMCFault.badSize("tokens", -1), at: 8)
    #expect(fault(Self.header([20_240_520, 1, -1])) == negative)
  }

  @Test func aStateWithItsModel() throws {
    let model = try LLMCHeader(
      of: .copying(Self.model(3, data: []))
    )
    let batch: [Int32] = [1, 2, 0, 2, 0, 1]
    let floats = (0..<3 * 3 + 1 + Self.elements).map { Float($0) }
    let bytes = Self.header([20_240_327, 2, 1, 3]) + littleEndian(batch) + littleEndian(floats)
    let state = try LLMCState.open(.copying(bytes), model: model)
    #expect(state.format == "llm.c-state")
    #expect(try state["x"]?.integers() == [1, 2, 0])
    #expect(try state["y"]?.integers() == [2, 0, 1])
    #expect(state["logits"]?.shape.dimensions == [1, 3, 3])
    #expect(try state["loss"]?.floats() == [9])
    #expect(try state["gradients.wte"]?.floats().first == 10)
    #expect(try state["gradients.lnfb"]?.floats().last == floats.last)
    #expect(state.warnings.isEmpty)
    // Without the model nothing tells where the logits end.
    let alone = try Self.open(bytes)
    #expect(try alone["logits_loss_gradients"]?.floats() == floats)
    #expect(alone.warnings.map(\.fault.description) == [LLMCFault.unknownSizes.description])
    let short = Array(bytes.dropLast(4))
    let expected = LLMCFault.wrongSize(expected: bytes.count, found: short.count)
    #expect(
      Failure { try LLMCState.open(.copying(short), model: model) } == Failure(expected, at: 1048)
    )
    let ragged = Failure { try Self.open(Array(bytes.dropLast(1))) }
    #expect(ragged?.fault == AnyHashable(LLMCFault.partialElement(bytes: 4 * floats.count - 1)))
  }

  @Test func statesThatAreNone() {
    let version = LLMCFault.unsupportedVersion(3, of: "a debug state")
    #expect(fault(Self.header([20_240_327, 3, 1, 1])) == Failure(version, at: 4))
    #expect(
      fault(Self.header([20_240_327, 2, 0, 1])) == Failure(LLMCFault.badSize("B", 0), at: 8)
    )
    #expect(
      fault(Self.header([20_240_327, 2, 1, -1])) == Failure(LLMCFault.badSize("T", -1), at: 12)
    )
  }

  /// 124M, one position: the sizes are found by the size of the file alone.
  @Test func statesOfPublishedModelsAreTakenApart() throws {
    let header = LLMCHeader(
      version: 3,
      positions: 1024,
      vocabulary: 50_257,
      layers: 12,
      heads: 12,
      width: 768
    )
    #expect(header.paddedVocabulary == 50_304)
    // As facts of the format have it: 497,904,640 bytes.
    #expect(try 1024 + 4 * header.elementCount() == 497_904_640)
    let floats = try 50_257 + 1 + header.elementCount()
    let start = Self.header([20_240_327, 2, 1, 1])
    let source = try SharedBytes.filled(count: 1024 + 8 + 4 * floats) { span in
      for (index, byte) in start.enumerated() {
        span.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
      }
    }
    let state = try LLMC.open(source)
    #expect(state["logits"]?.shape.dimensions == [1, 1, 50_257])
    #expect(state["gradients.wte"]?.shape.dimensions == [50_304, 768])
    #expect(state.warnings.isEmpty)
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/model.bin"
    let header = LLMCHeader(
      version: 3,
      positions: 2,
      vocabulary: 3,
      layers: 1,
      heads: 1,
      width: 1
    )
    #expect(header.paddedVocabulary == 128)
    let values = (0..<(try header.elementCount())).map { Float($0) }
    let part = try tensor(.f32, [values.count], littleEndian(values)).output()
    var progress: [Int] = []
    let count = try LLMCModelFile.write(header, parts: [part], to: path) { progress.append($0) }
    #expect(count == 1024 + 4 * values.count)
    #expect(progress == [4 * values.count])
    let file = try Checkpoint.open(path: path)
    #expect(try file.tensors.flatMap { try $0.floats() } == values)
    #expect(try LLMCHeader(of: .mapping(path: path)) == header)
    let short = try tensor(.f32, [1], littleEndian([0] as [Float])).output()
    let fault = LLMCFault.wrongParts(expected: 4 * values.count, given: 4)
    #expect(
      Failure { try LLMCModelFile.write(header, parts: [short], to: path) } == Failure(fault)
    )
    #expect(try folder.contents == ["model.bin"])
  }
}
