import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import Testing

/// The settings beside the tensors: numbers, texts and truth values.
@Suite struct TorchSettingsTests: TorchWalkSuite {
  private func scalar(_ code: String, _ data: [UInt8]) -> [UInt8] {
    TorchPickle.call(
      "numpy._core.multiarray",
      "scalar",
      bytes(
        TorchPickle.call("numpy", "dtype", TorchPickle.text(code), [0x89], [0x88]),
        TorchPickle.tuple(TorchPickle.integer(3), TorchPickle.text("<")),
        "b"
      ),
      bytes("C", data.count, data)
    )
  }

  /// Widths that no scalar has, one of which overflows when it is multiplied: no number, no trap.
  @Test(arguments: ["f-4611686018427387904", "i0", "i9", "f9223372036854775807"])
  func scalarsOfNoType(code: String) throws {
    let pickle = TorchPickle.dictionary(["odd": scalar(code, [1]), "w": Self.tensor])
    let checkpoint = try open(pickle)
    #expect(checkpoint.tensors.count == 1 && checkpoint.metadata["odd"] == nil)
  }

  @Test func settingsAreGathered() throws {
    let pickle = TorchPickle.dictionary([
      "iter_num": TorchPickle.integer(600_000), "done": [0x88], "name": TorchPickle.text("gpt"),
      "lr": bytes("G", 0x3F, 0xF8, 0, 0, 0, 0, 0, 0), "nothing": bytes("N"),
      "model_args": TorchPickle.dictionary(["n_layer": TorchPickle.integer(12)]),
      "betas": TorchPickle.tuple(TorchPickle.integer(1), TorchPickle.integer(2)),
      "loss32": scalar("f4", littleEndian(Float(1.5).bitPattern)),
      "loss64": scalar("f8", littleEndian(Double(-2.5).bitPattern)),
      "loss16": scalar("f2", littleEndian(Float16(0.5).bitPattern)),
      "step": scalar("i4", littleEndian(Int32(-7))), "wide": scalar("u8", littleEndian(UInt64.max)),
      "flag": scalar("b1", [1]),
      "device": TorchPickle.call("torch", "device", TorchPickle.text("cpu")),
      "infinite": bytes("G", 0x7F, 0xF0, 0, 0, 0, 0, 0, 0),
      "bytes": TorchPickle.call(
        "_codecs",
        "encode",
        TorchPickle.text("a"),
        TorchPickle.text("latin1")
      ),
      "long": bytes("L100000000000000000000L\n"), "w": Self.tensor,
      "losses": TorchPickle.list((0..<100).map(TorchPickle.integer)),
    ])
    let metadata = try open(pickle).metadata
    let expected: JSONObject = [
      "iter_num": 600_000, "done": true, "name": "gpt", "lr": 1.5, "model_args.n_layer": 12,
      "betas.0": 1, "betas.1": 2, "loss32": 1.5, "loss64": -2.5, "loss16": 0.5, "step": -7,
      "wide": 18_446_744_073_709_551_616.0, "flag": true, "device": "cpu", "infinite": "inf",
      "long": "100000000000000000000",
    ]
    #expect(metadata == expected)
  }

  @Test func settingsAreFewAndShort() throws {
    let long = String(repeating: "é", count: 5000)
    let many = TorchPickle.dictionary(
      (0..<900).map { (TorchPickle.text("k\($0)"), TorchPickle.text(long)) }
    )
    var members = (0..<20).map { (TorchPickle.text("m\($0)"), many) }
    members += [(TorchPickle.text("epoch"), bytes("K", 3)), (TorchPickle.text("w"), Self.tensor)]
    let checkpoint = try open(TorchPickle.dictionary(members))
    // Those of the file itself are listed, however many there are besides.
    #expect(checkpoint.metadata.count == 16_385 && checkpoint.metadata["epoch"]?.integer == 3)
    let leftOut = checkpoint.warnings.map { $0.fault as? TorchFault }
    #expect(leftOut == [.unlistedSettings(18_000 - 16_384)])
    #expect(checkpoint.metadata["m0.k0"]?.string?.count == 513)
    #expect(checkpoint.tensors.count == 1)
  }

  @Test func aVocabularyIsNotASetting() throws {
    let words = TorchPickle.dictionary(
      (0..<2000).map { (TorchPickle.text("w\($0)"), TorchPickle.integer($0)) }
        + [(TorchPickle.text("embedding"), Self.tensor)]
    )
    let checkpoint = try open(words)
    #expect(checkpoint.metadata.count == 0)
    #expect(checkpoint.tensors.map(\.name) == ["embedding"])
  }

  @Test func longKeysAndTextsAreNotRepeatedForEachTensor() throws {
    // One key of 64 KiB above many tensors would make gigabytes of names.
    let key = TorchPickle.text(String(repeating: "k", count: 1 << 16))
    let inner = TorchPickle.dictionary(["w": Self.tensor])
    let checkpoint = try open(TorchPickle.dictionary([(key, inner)]))
    #expect(checkpoint.tensors.map(\.name) == ["?0.w"])
  }
}
