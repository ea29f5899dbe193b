import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastInspection
import BallastJSON
import BallastTestSupport
import Testing

/// What a check finds in a checkpoint that could be opened, and how it names what it found.
@Suite struct IntegrityCheckTests {
  private func floats(_ name: String, _ values: [Float]) throws -> TensorView {
    try tensor(.f32, [values.count], littleEndian(values), named: name)
  }

  private func findings(
    _ tensors: [TensorView],
    warnings: [FormatError] = []
  ) throws -> [IntegrityFinding] {
    try IntegrityCheck.findings(
      in: Checkpoint(format: "test", files: [], warnings: warnings, tensors: tensors)
    )
  }

  @Test func finiteValuesAreFine() throws {
    let tensors = [
      try floats("a", [0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude]),
      try floats("b", []), try tensor(.i64, [1], [UInt8](repeating: 0xFF, count: 8), named: "c"),
      try tensor(.c64, [1], [UInt8](repeating: 0x7E, count: 8), named: "d"),
      try tensor(.f4, [2], [0xFF], named: "e"),
    ]
    #expect(try findings(tensors).isEmpty)
  }

  @Test func valuesThatAreNotFiniteAreErrors() throws {
    let found = try findings([
      try floats("good", [1]),
      try floats("both\n", [.nan, .infinity, 1, -.infinity]),
      try floats("nan", [.nan]),
    ])
    #expect(found.map(\.tensor) == ["both\n", "nan"])
    let both = try #require(found.first)
    #expect(both.severity == .error)
    #expect(both.rule == "values.finite")
    #expect(
      both.message == #"tensor "both\n" has values that are not finite: 1 NaN, 2 infinite"#
    )
    #expect(both.offset == 100)
    #expect(found.last?.message.hasSuffix(": 1 NaN") == true)
  }

  @Test(arguments: [DType.f16, .bf16, .f64, .f8e5m2, .f8e4m3])
  func everyFloatingPointTypeIsChecked(dtype: DType) throws {
    let bytes = [UInt8](repeating: 0x7F, count: 16)
    let found = try findings([try tensor(dtype, [2], bytes)])
    // Of bytes 7F, the wide exponents make a large number; all others make NaN.
    #expect(found.count == ([.f64, .bf16].contains(dtype) ? 0 : 1))
    let allOnes = try findings([try tensor(dtype, [2], [UInt8](repeating: 0xFF, count: 16))])
    #expect(allOnes.map(\.rule) == ["values.finite"])
  }

  @Test func thePartsOfComplexNumbersAreChecked() throws {
    let values = littleEndian([1, Float.nan, .infinity, 2])
    let found = try findings([try tensor(.c64, [2], values, named: "z")])
    #expect(found.map(\.rule) == ["values.finite"])
    #expect(found.first?.message.hasSuffix(": 1 NaN, 1 infinite") == true)
  }

  @Test func tiedTensorsAreReportedOnce() throws {
    let tensor = try floats("a", [.nan])
    #expect(try findings([tensor, tensor.renamed("b")]).map(\.tensor) == ["a"])
  }

  @Test func warningsOfTheReaderComeFirst() throws {
    let warning = FormatError(
      SafetensorsFault.unknownField(tensor: "a", "x"),
      at: 8,
      in: "model.safetensors"
    )
    let found = try findings([try floats("a", [.nan])], warnings: [warning])
    #expect(found.map(\.severity) == [.warning, .error])
    #expect(found.first?.rule == "safetensors.unknown-field")
    #expect(found.first?.file == "model.safetensors")
    #expect(found.first?.offset == 8)
  }

  @Test func remarksAreNoFindings() throws {
    let remarks = [
      FormatError(TorchFault.sparse(tensor: "a", layout: "sparse_coo", values: 3)),
      FormatError(LLMCFault.unknownSizes),
      FormatError(CheckpointFault.moreWarnings(2, about: "tensors", isRemark: true)),
    ]
    #expect(try findings([try floats("a", [1])], warnings: remarks).isEmpty)
  }

  /// What Ballast only says of how it reads stays a remark where there are many.
  @Test func manyWarningsOfOneKindKeepTheirWeight() {
    for (fault, isRemark) in [
      (TorchFault.quantized(tensor: "a", type: "qint8") as any FormatFault, true),
      (SafetensorsFault.controlCharacters(tensor: "a"), false),
    ] {
      var warnings = Warnings()
      for _ in 0...Warnings.maximum { warnings.append("things", FormatError(fault)) }
      #expect(warnings.all.count == Warnings.maximum + 1)
      #expect(warnings.all.allSatisfy { $0.fault.isRemark == isRemark })
    }
  }

  @Test func theOtherTensorsAreReadWhereOneCannotBe() throws {
    let bad = try tensor(.f32, [1 << 40], [0, 0, 0, 0], named: "bad", strides: [0])
    let found = try findings([bad, try floats("nan", [.nan]), bad.renamed("tied")])
    #expect(found.map(\.tensor) == ["bad", "nan"])
    #expect(throws: FormatError.self) { try StatisticsPass.summaries(of: [bad]) }
  }

  @Test func tensorsThatCannotBeReadAreWarnings() throws {
    let expanded = try tensor(.f16, [1 << 40], [0, 0], strides: [0])
    let many = (0..<40).map { expanded.renamed("\($0)") }
    let found = try findings(many + [try tensor(.f8e8m0, [1], [255], named: "scale")])
    #expect(found.map(\.severity) == [.warning, .error])
    #expect(found.map(\.rule) == ["checkpoint.expanded-too-far", "values.finite"])
  }

  /// Sizes that no file holds add up without a trap.
  @Test func hugeClaimsDoNotOverflow() throws {
    let tensors = try (0..<40).map {
      try tensor(.f64, [1 << 55], [UInt8](repeating: 0, count: 8), named: "\($0)", strides: [0])
    }
    #expect(try findings(tensors).count == 40)
    let checkpoint = try Checkpoint(format: "test", files: [], tensors: tensors)
    _ = IntegrityCheck.byteCount(of: checkpoint)
  }

  @Test func progressCountsWhatIsRead() throws {
    var seen: [Int] = []
    let tensors = [
      try floats("a", [1, 2]), try tensor(.u8, [3], [1, 2, 3], named: "b"),
      try tensor(.f16, [1], [0, 0], named: "c"),
    ]
    let checkpoint = try Checkpoint(format: "test", files: [], tensors: tensors)
    _ = try IntegrityCheck.findings(in: checkpoint) { seen.append($0) }
    #expect(seen.last == 10 && IntegrityCheck.byteCount(of: checkpoint) == 10)
    let bundle = try Checkpoint.open(path: Fixtures.path("formats/openai"))
    seen = []
    _ = try IntegrityCheck.findings(in: bundle) { seen.append($0) }
    #expect(!bundle.checksums.isEmpty && seen.sorted() == seen)
    #expect(seen.last == IntegrityCheck.byteCount(of: bundle))
  }

  @Test func aRuleThatIsBrokenVeryOftenIsCounted() {
    let many = (0..<1500).map { IntegrityFinding(.warning, rule: "a", "\($0)") }
    let one = IntegrityFinding(.error, rule: "b", "b")
    let (listed, leftOut) = IntegrityFinding.listed(IntegrityFinding.ordered(many + [one]))
    #expect(listed.count == 1001 && leftOut == 500)
    #expect(listed.first == one && listed.last?.message == "999")
  }

  @Test func workThatIsGivenUpIsNoFinding() throws {
    let checkpoint = try Checkpoint(format: "t", files: [], tensors: [try floats("a", [1])])
    let error = #expect(throws: FormatError.self) {
      try IntegrityCheck.findings(in: checkpoint) { _ throws(FormatError) in
        throw FormatError(ByteFault.unreadable)
      }
    }
    #expect(error?.fault as? ByteFault == .unreadable)
  }

  @Test(
    arguments: [
      (SafetensorsFault.hole(before: "a"), "safetensors.hole"),
      (SafetensorsFault.headerTooLarge(1, limit: 0), "safetensors.header-too-large"),
      (SafetensorsFault.unknownDType(tensor: "a", "b"), "safetensors.unknown-dtype"),
      (ShardIndexFault.missingShard("a"), "shard-index.missing-shard"),
      (ByteFault.truncated(needed: 1), "byte.truncated"),
      (JSONFault.duplicateKey("a"), "json.duplicate-key"),
      // Cases without values, whose names no mirror shows.
      (JSONFault.unexpectedEnd, "json.unexpected-end"), (ZipFault.noEndRecord, "zip.no-end-record"),
      (SafetensorsFault.headerNotObject, "safetensors.header-not-object"),
      (CheckpointFault.moreWarnings(1, about: "a"), "checkpoint.more-warnings"),
      (InputOutputFault(.read, code: 5), "input-output"),
      (CheckpointFault.duplicateName("a"), "checkpoint.duplicate-name"),
    ] as [(any FormatFault, String)]
  )
  func rulesAreNamedAfterTheirFaults(fault: any FormatFault, rule: String) {
    #expect(IntegrityFinding(.error, FormatError(fault)).rule == rule)
  }

  @Test func checksumsOfTheFileAreCompared() throws {
    let folder = try TemporaryFolder()
    let output = try tensor(.u8, [3], [1, 2, 3]).output()
    try TensorBundleWriter.write([output], to: folder.path + "/model")
    #expect(try IntegrityCheck.findings(in: .open(path: folder.path)).isEmpty)
    _ = try folder.write([1, 2, 7], to: "model.data-00000-of-00001")
    let findings = try IntegrityCheck.findings(in: .open(path: folder.path))
    #expect(findings.map(\.rule) == ["values.checksum"])
    #expect(findings.first?.file == "model.data-00000-of-00001")
    #expect(findings.first?.tensor == "t")
  }

  /// A bit of the data of each stored member, in the formats that are zip archives.
  @Test(arguments: ["containers/tiny-zip.pt", "numpy/stored.npz", "containers/corners.safetensors"])
  func aFlippedBitIsFoundWhereThereAreChecksums(file: String) throws {
    let folder = try TemporaryFolder()
    var bytes = try SharedBytes.contents(path: Fixtures.path(file))
    let checkpoint = try Checkpoint.open(path: Fixtures.path(file))
    let tensor = try #require(checkpoint.tensors.first { $0.byteCount > 0 })
    // The lowest bit of a mantissa: the value stays finite.
    bytes[try #require(tensor.fileOffset)] ^= 1
    let copy = try folder.write(bytes, to: "copy")
    let rules = try IntegrityCheck.findings(in: .open(path: copy)).map(\.rule)
    #expect(rules.contains("values.checksum") == !file.hasSuffix("safetensors"))
  }
}
