import Testing

/// Pickles that are read by what another pickle calls: torch's loader, and whatever finds them in bytes.
@Suite struct PickleLoaderTests: PickleSuite {
  @Test func everyOpcodeThatCallsTheLoaderIsLookedAt() throws {
    let loader = Self.name("torch.storage", "_load_from_bytes")
    let computed = Self.call(Self.name("builtins", "bytes"))
    let calls: [[UInt8]] = [
      [0x28] + computed + Array("itorch.storage\n_load_from_bytes\n".utf8),
      [0x28] + loader + computed + [0x6F],
      loader + computed + [0x85, 0x52],
      loader + computed + [0x85, 0x81],
      loader + computed + [0x85, 0x7D, 0x92],
      [0x5D] + loader + [0x61],
      Self.name("harmless", "f") + loader + [0x85, 0x52],
      loader,
    ]
    for call in calls { #expect(try rules(call).contains("computed-file"), "\(call)") }
  }

  @Test func whatTheLoaderReadsIsScanned() throws {
    let payload = Array("cos\nsystem\n(S'id'\ntR.".utf8)
    let encoded = Self.call(
      Self.name("_codecs", "encode"),
      Self.text(String(decoding: payload, as: UTF8.self)),
      Self.text("latin1")
    )
    for argument in [Self.bytes(payload), encoded] {
      let call = Self.call(Self.name("torch.storage", "_load_from_bytes"), argument)
      #expect(try rules(call) == ["standard-library"])
    }
  }

  @Test(arguments: ["N0", "I1\n0", "Va\n0", "X\u{1}\0\0\0a0", "N."])
  func aPickleOfAnyStartWithinBytesIsScanned(start: String) throws {
    let payload = Array((start + "cos\nsystem\n(S'id'\ntR.").utf8)
    #expect(
      try rules([0x7D] + Self.text("a") + Self.bytes(payload) + Self.setItem) == [
        "standard-library"
      ]
    )
  }

  @Test func textsWithinPicklesAreNoPickles() throws {
    let texts = ["layers.0.weight", "import os\nos.system('id')\n", "(a)\n(b)\n", "N.", "]"]
    #expect(try rules(texts.flatMap { Self.text($0) + [0x30] } + Self.none) == [])
  }

  /// A number of an extension is in many random bytes: by itself no bytes are a pickle for that, nor is what follows
  /// where Python has failed.
  @Test func numbersOfExtensionsInBytes() throws {
    let codes: [[UInt8]] = [[0x82, 1], [0x83, 1, 2], [0x84, 1, 2, 3, 4]]
    let calls: [[UInt8]] = [
      [0x2E, 0, 0, 0], Array("(S'id'\ntR.".utf8), [0x29, 0x81, 0x2E, 0, 0, 0],
    ]
    for code in codes {
      for call in calls {
        for bytes in [Self.bytes(code + call), Self.bytes([0x4E, 0x30] + code + call)] {
          #expect(try rules([0x7D] + Self.text("a") + bytes + Self.setItem) == [], "\(code + call)")
        }
        let certain = Self.bytes([0x80, 4] + code + call)
        #expect(
          try rules([0x7D] + Self.text("a") + certain + Self.setItem).contains("extension-code")
        )
        #expect(try rules(code + call).contains("extension-code"))
      }
    }
  }

  /// Many values that are compressed, or pickled, are still no sign of anything.
  @Test func manyPicklesInAPickle() throws {
    let inner = Self.bytes([0x80, 4, 0x4B, 1, 0x2E]) + [0x30]
    func nested(_ count: Int) throws -> Set<String> {
      try rules((0..<count).flatMap { _ in inner } + Self.none)
    }
    #expect(try nested(10_000) == [])
    #expect(try nested(40_000) == ["too-many-nested"])
  }
}
