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
      try tensor(.c64, [1], [UInt8](repeating: 0xFF, count: 8), named: "d"),
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
  }

  @Test func progressCountsEveryTensor() throws {
    var seen: [Int] = []
    let tensors = [try floats("a", [1, 2]), try tensor(.u8, [3], [1, 2, 3], named: "b")]
    let checkpoint = try Checkpoint(format: "test", files: [], tensors: tensors)
    _ = try IntegrityCheck.findings(in: checkpoint) { seen.append($0) }
    #expect(seen == [8, 11])
  }

  @Test(
    arguments: [
      (SafetensorsFault.hole(before: "a"), "safetensors.hole"),
      (SafetensorsFault.headerTooLarge(1, limit: 0), "safetensors.header-too-large"),
      (SafetensorsFault.unknownDType(tensor: "a", "b"), "safetensors.unknown-dtype"),
      (ShardIndexFault.missingShard("a"), "shard-index.missing-shard"),
      (ByteFault.truncated(needed: 1), "byte.truncated"),
      (JSONFault.duplicateKey("a"), "json.duplicate-key"),
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
