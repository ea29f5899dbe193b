import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastTestSupport
import Testing

/// Tensor bundles: one that TensorFlow wrote, ours against it, and every way to be wrong.
@Suite struct TensorBundleTests {
  private let folder: TemporaryFolder
  private let prefix: String

  init() throws {
    folder = try TemporaryFolder()
    prefix = folder.path + "/model.ckpt"
  }

  private static let data = "model.ckpt.data-00000-of-00001"

  private func fault(_ builder: BundleBuilder, data: Int? = 64) throws -> Failure? {
    if let data { _ = try folder.write([UInt8](repeating: 1, count: data), to: Self.data) }
    let path = try folder.write(builder.bytes, to: "model.ckpt.index")
    return Failure { try Checkpoint.open(path: path) }
  }

  private func expect(
    _ fault: some FormatFault,
    at offset: Int?,
    data: Int? = 64,
    _ location: SourceLocation = #_sourceLocation,
    _ build: (inout BundleBuilder) -> Void
  ) throws {
    var builder = BundleBuilder()
    build(&builder)
    let failure = try self.fault(builder, data: data)
    #expect(failure == Failure(fault, at: offset), sourceLocation: location)
  }

  @Test(arguments: ["", "/model.ckpt.index", "/model.ckpt"])
  func theReleaseThatTensorFlowWrote(path: String) throws {
    let bundle = try Checkpoint.open(path: Fixtures.path("formats/openai") + path)
    #expect(bundle.format == "tensor-bundle")
    #expect(bundle.files.map(\.name) == ["model.ckpt.index", Self.data])
    #expect(bundle.tensors.count == 28)
    #expect(bundle["model/h1/mlp/c_fc/w"]?.shape.dimensions == [1, 16, 64])
    let micro = try Checkpoint.open(path: Fixtures.path("formats/micro"))
    let expected = try #require(micro["transformer.wte.weight"])
    #expect(try bundle["model/wte"]?.floats() == expected.floats())
    #expect(bundle.checksums.map(\.tensor) == bundle.tensors.map(\.name))
    #expect(try bundle.checksums.allSatisfy { try $0.holds() })
  }

  @Test func writesWhatTensorFlowWrites() throws {
    let source = Fixtures.path("formats/openai/model.ckpt")
    let bundle = try Checkpoint.open(path: source)
    try TensorBundleWriter.write(bundle.tensors.reversed().map { $0.output() }, to: prefix)
    for suffix in [".index", ".data-00000-of-00001"] {
      let expected = try SharedBytes.contents(path: source + suffix)
      #expect(try SharedBytes.contents(path: prefix + suffix) == expected, "\(suffix)")
    }
  }

  /// Twenty thousand tensors take several blocks, and blocks many restarts.
  @Test func manyTensorsComeBack() throws {
    let one = try tensor(.f16, [1, 0], [])
    let names = (0..<20_000).map { "many/variables/number\($0)" }
    let outputs = names.map { one.output(name: $0) }
    try TensorBundleWriter.write(outputs, to: prefix)
    let bundle = try Checkpoint.open(path: prefix)
    #expect(Set(bundle.tensors.map(\.name)) == Set(names))
    #expect(bundle["many/variables/number7"]?.shape.dimensions == [1, 0])
  }

  @Test func typesAndScalars() throws {
    var tensors: [TensorOutput] = []
    for dtype in DType.allCases where dtype.byteWidth != nil && dtype.block == nil {
      guard ![.f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz, .c32].contains(dtype) else { continue }
      let bytes = [UInt8](repeating: 1, count: dtype.byteCount(of: 1))
      tensors.append(try tensor(dtype, [], bytes, named: dtype.rawValue).output())
    }
    try TensorBundleWriter.write(tensors, to: prefix)
    let bundle = try Checkpoint.open(path: folder.path)
    #expect(bundle.tensors.count == 17)
    for tensor in bundle.tensors {
      #expect(tensor.dtype.rawValue == tensor.name)
      #expect(tensor.shape.dimensions.isEmpty)
    }
    let unknown = try tensor(.f8e8m0, [1], [1]).output()
    let fault = TensorBundleFault.unsupportedType(tensor: "t", "F8_E8M0")
    #expect(Failure { try TensorBundleWriter.write([unknown], to: prefix) } == Failure(fault))
    for name in ["", "\0a", String(repeating: "n", count: 4097)] {
      let output = try tensor(.u8, [1], [1]).output(name: name)
      let fault = TensorBundleFault.reservedName(tensor: name)
      #expect(Failure { try TensorBundleWriter.write([output], to: prefix) } == Failure(fault))
    }
  }

  @Test func bigEndianShardsAndWhatIsLeftOut() throws {
    var builder = BundleBuilder(header: [0x08, 2, 0x10, 1])
    builder.add("a", bundleEntry([1], shard: 1, count: 4))
    builder.add("b", bundleEntry(type: 7, [1], count: 4))
    builder.add("c", bundleEntry(type: 99, [1], count: 4))
    builder.add("d", bundleEntry([1], count: 4) + [0x3A, 0])
    let path = try folder.write(builder.bytes, to: "x.index")
    _ = try folder.write([0x3F, 0x80, 0, 0], to: "x.data-00001-of-00002")
    let bundle = try Checkpoint.open(path: path)
    #expect(try bundle["a"]?.floats() == [1])
    let reasons = ["has the type DT_STRING", "has the type number 99", "is cut into slices"]
    let expected = zip(["b", "c", "d"], reasons).map {
      TensorBundleFault.unread(tensor: $0, $1).description
    }
    #expect(bundle.warnings.map(\.fault.description) == expected)
  }

  @Test func blocks() throws {
    try expect(TableFault.wrongChecksum, at: 0) { $0.damage = 1 }
    try expect(TableFault.compressed(1), at: 17) { $0.compression = 1 }
    try expect(TableFault.compressed(2), at: 17) { $0.compression = 2 }
    try expect(TableFault.badRestarts, at: 13) { $0.restartCount = .max }
    for handle in [varint(.max >> 1) + varint(8), varint(0) + varint(.max >> 1), [200, 1, 4]] {
      var builder = BundleBuilder()
      builder.handle = handle
      guard case .badHandle = try fault(builder)?.fault.base as? TableFault else {
        Issue.record("\(handle)")
        continue
      }
    }
    // The index names the first block again, or one within it.
    try expect(TableFault.blocksNotAscending, at: 47) { $0.repetitions = 1_000 }
    try expect(ProtobufFault.badVarint, at: 55) {
      $0.footer = [UInt8](repeating: 0xFF, count: 20)
    }
  }

  @Test func keys() throws {
    try expect(TableFault.sharedPastKey, at: 9) { $0.entries.append($0.entry("a", shared: 1, [])) }
    try expect(TableFault.sharedPastKey, at: 9) {
      $0.entries.append($0.entry("a", shared: .max >> 1, []))
    }
    try expect(ByteFault.overflow, at: 9) { $0.entries.append($0.entry("a", shared: .max, [])) }
    try expect(TableFault.keyTooLong, at: 9) { $0.add(String(repeating: "k", count: 4097), []) }
    try expect(TableFault.keysNotAscending, at: 12) { $0.add("", []) }
    try expect(ByteFault.invalidUTF8, at: 13) { $0.entries.append([0, 1, 0, 0xFF]) }
    // Numbers of 70 bits, and one that promises more than there is.
    let endless = [UInt8](repeating: 0x80, count: 10)
    try expect(ProtobufFault.badVarint, at: 9) { $0.entries.append(endless + [0]) }
    try expect(ByteFault.truncated(needed: 1 << 30), at: 17) {
      $0.entries.append([0] + varint(1) + varint(1 << 30) + [65])
    }
  }

  @Test func headers() throws {
    func expect(_ fault: TensorBundleFault, at offset: Int, _ header: [UInt8]) throws {
      #expect(try self.fault(BundleBuilder(header: header)) == Failure(fault, at: offset))
    }
    try expect(.badShardCount(0), at: 3, [])
    try expect(.badShardCount(10_001), at: 3, [0x08] + varint(10_001))
    try expect(.laterVersion(2), at: 7, [0x08, 1, 0x1A, 2, 0x10, 2])
    #expect(
      try fault(BundleBuilder(header: [0x0A, 0]))
        == Failure(ProtobufFault.wrongType(field: 1), at: 3)
    )
    #expect(try fault(BundleBuilder(header: [0x0B])) == Failure(ProtobufFault.badField, at: 3))
    #expect(try fault(BundleBuilder(header: [0x00])) == Failure(ProtobufFault.badField, at: 3))
    var other = BundleBuilder(header: nil)
    other.add("a", [])
    #expect(try fault(other) == Failure(TensorBundleFault.noHeader, at: 4))
    #expect(try fault(BundleBuilder(header: nil)) == Failure(TensorBundleFault.noHeader, at: 0))
  }

  @Test func entries() throws {
    try expect(TensorBundleFault.wrongSize(tensor: "a", expected: 8, found: 4), at: 13) {
      $0.add("a", bundleEntry([2], count: 4))
    }
    try expect(TensorBundleFault.pastEnd(tensor: "a"), at: 64) {
      $0.add("a", bundleEntry([17], count: 68))
    }
    try expect(TensorBundleFault.pastEnd(tensor: "a"), at: 64) {
      $0.add("a", bundleEntry([1], offset: .max >> 1, count: 4))
    }
    try expect(TensorBundleFault.badShard(tensor: "a", 1, of: 1), at: 13) {
      $0.add("a", bundleEntry([1], shard: 1, count: 4))
    }
    try expect(ByteFault.overflow, at: 13) {
      $0.add("a", bundleEntry([1 << 40, 1 << 40], count: 4))
    }
    try expect(ByteFault.overflow, at: 19) { $0.add("a", bundleEntry([.max], count: 4)) }
    try expect(TensorBundleFault.badEntry(tensor: "a"), at: 14) {
      $0.add("a", bundleEntry([UInt64](repeating: 1, count: 255), count: 4))
    }
  }

  @Test func tensorsThatShareBytes() throws {
    try expect(TensorBundleFault.overlap(tensor: "b"), at: 36) {
      $0.add("a", bundleEntry([2], count: 8))
      $0.add("b", bundleEntry([1], offset: 7, count: 4))
    }
    try expect(TensorBundleFault.overlap(tensor: "a"), at: 13) {
      $0.add("a", bundleEntry([1], offset: 7, count: 4))
      $0.add("b", bundleEntry([2], count: 8))
    }
    // Without elements they share none, nor do they in other files.
    var builder = BundleBuilder(header: [0x08, 2, 0x1A, 2, 0x08, 1])
    builder.add("a", bundleEntry([2], count: 8))
    builder.add("b", bundleEntry([0], offset: 7, count: 0))
    builder.add("c", bundleEntry([2], shard: 1, count: 8))
    let path = try folder.write(builder.bytes, to: "x.index")
    for shard in 0..<2 {
      _ = try folder.write([UInt8](repeating: 1, count: 8), to: "x.data-0000\(shard)-of-00002")
    }
    #expect(try Checkpoint.open(path: path).tensors.count == 3)
  }

  /// Keys that share all but a byte with the one before take that byte in the file.
  @Test func namesAreCountedWrittenOut() throws {
    let long = String(repeating: "k", count: 4000)
    var builder = BundleBuilder()
    builder.add(long, bundleEntry([0], count: 0))
    var key = 4000
    for _ in 0..<10 {
      builder.entries.append(builder.entry("x", shared: UInt64(key), bundleEntry([0], count: 0)))
      key += 1
    }
    var limits = ReadingLimits()
    let total = (4000...4010).reduce(0, +)
    _ = try folder.write([], to: Self.data)
    let path = try folder.write(builder.bytes, to: "model.ckpt.index")
    limits.set("tensor-bundle.name-bytes", to: total)
    #expect(try Checkpoint.open(path: path, limits: limits).tensors.count == 11)
    limits.set("tensor-bundle.name-bytes", to: total - 1)
    let refused = failure { try Checkpoint.open(path: path, limits: limits) }
    #expect(refused?.fault as? TensorBundleFault == .namesTooLong(limit: total - 1))
  }

  @Test func filesThatAreMissing() throws {
    var builder = BundleBuilder()
    builder.add("a", bundleEntry([1], count: 4))
    let missing = Failure(TensorBundleFault.missingShard(Self.data), at: 13)
    #expect(try fault(builder, data: nil) == missing)
    let renamed = try folder.write(builder.bytes, to: "renamed")
    #expect(
      Failure { try Checkpoint.open(path: renamed) } == Failure(TensorBundleFault.notNamedIndex)
    )
  }

  @Test func anIndexCutAnywhereOrWithAnyByteChanged() throws {
    let whole = try SharedBytes.contents(path: Fixtures.path("formats/openai/model.ckpt.index"))
    for count in 0..<whole.count {
      let cut = try SharedBytes.copying(Array(whole[..<count]))
      #expect(!TensorBundle.matches(cut))
      let error = failure { try TensorBundle.open(cut, path: "x.index") }
      #expect(error?.fault is TableFault, "\(count)")
    }
    // The footer has zeros that nothing reads.
    for place in 0..<whole.count - 48 {
      var changed = whole
      changed[place] ^= 0x10
      let source = try SharedBytes.copying(changed)
      let error = failure { try TensorBundle.open(source, path: "x.index") }
      #expect(error != nil, "\(place)")
    }
  }

  @Test func theNewestCheckpointOfAFolderIsOpened() throws {
    for name in ["model-1", "model-2"] {
      let output = try tensor(.u8, [1], [1], named: name).output()
      try TensorBundleWriter.write([output], to: folder.path + "/" + name)
    }
    let none = Failure(CheckpointFormatFault.noCheckpointInFolder)
    #expect(Failure { try Checkpoint.open(path: folder.path) } == none)
    for line in [
      "model_checkpoint_path: \"model-2\"\n", "model_checkpoint_path: \"/a/b/model-2\"\nall: 1\n",
    ] {
      _ = try folder.write(line.utf8, to: "checkpoint")
      #expect(try Checkpoint.open(path: folder.path).tensors.map(\.name) == ["model-2"])
    }
    for line in ["model_checkpoint_path: \"", "model_checkpoint_path: \"\"", "\u{0}", "model-2"] {
      _ = try folder.write(line.utf8, to: "checkpoint")
      #expect(Failure { try Checkpoint.open(path: folder.path) } == none)
    }
  }
}
