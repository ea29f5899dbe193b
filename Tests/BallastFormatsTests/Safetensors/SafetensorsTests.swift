import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// Files that open, the odd ones that the library accepts among them.
@Suite struct SafetensorsTests {
  private static let good = safetensors(
    #"{"__metadata__":{"format":"pt"},"#
      + #""b":{"dtype":"U8","shape":[2,1],"data_offsets":[2,4]},"#
      + #""a":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}}"#,
    data: 4
  )

  @Test func tensorsStandInTheOrderOfTheirData() throws {
    let checkpoint = try openSafetensors(Self.good)
    #expect(checkpoint.format == "safetensors")
    #expect(checkpoint.tensors.map(\.name) == ["a", "b"])
    #expect(checkpoint.metadata["format"]?.string == "pt")
    #expect(checkpoint.files == [.init(name: "", byteCount: Self.good.count)])
    #expect(checkpoint.warnings.isEmpty)
    let a = try #require(checkpoint["a"])
    #expect(a.dtype == .bf16)
    #expect(a.shape.dimensions == [])
    #expect(try a.contents() == [0, 1])
    let b = try #require(checkpoint["b"])
    #expect(try b.contents() == [2, 3])
    #expect(b.fileOffset == Self.good.count - 2)
  }

  @Test(arguments: ["{}", " \n\t\r{ } \n ", #"{"__metadata__":null}"#, #"{"__metadata__":{}}"#])
  func filesWithoutTensors(header: String) throws {
    let checkpoint = try openSafetensors(safetensors(header))
    #expect(checkpoint.tensors.isEmpty)
    #expect(checkpoint.metadata.count == 0)
  }

  @Test func tensorsWithoutElementsTakeNoPlace() throws {
    let header =
      #"{"z":{"dtype":"F32","shape":[0,3],"data_offsets":[1,1]},"#
      + #""a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
      + #""b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"#
      + #""e":{"dtype":"I64","shape":[0],"data_offsets":[2,2]}}"#
    let checkpoint = try openSafetensors(safetensors(header, data: 2))
    #expect(checkpoint.tensors.map(\.name) == ["a", "z", "b", "e"])
    #expect(try checkpoint["z"]?.contents() == [])
  }

  @Test func oddNamesAreNames() throws {
    let header =
      #"{"":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
      + #""a\u0000b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"#
      + #""\ud83d\ude00":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},"#
      + #""e\u0301":{"dtype":"U8","shape":[1],"data_offsets":[3,4]},"#
      + #""\u00e9":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}"#
    let checkpoint = try openSafetensors(safetensors(header, data: 5))
    #expect(try checkpoint[""]?.contents() == [0])
    #expect(try checkpoint["a\0b"]?.contents() == [1])
    #expect(try checkpoint["😀"]?.contents() == [2])
    #expect(try checkpoint["e\u{301}"]?.contents() == [3])
    #expect(try checkpoint["\u{E9}"]?.contents() == [4])
    let warned = checkpoint.warnings.map { $0.fault as? SafetensorsFault }
    #expect(warned == [.controlCharacters(tensor: "a\0b")])
  }

  @Test func unknownFieldsAreWarnedOf() throws {
    let header = #"{"t":{"dtype":"U8","shape":[1],"x":{"y":[1.5]},"data_offsets":[0,1]}}"#
    let warnings = try openSafetensors(safetensors(header, data: 1)).warnings
    #expect(warnings.map { $0.fault as? SafetensorsFault } == [.unknownField(tensor: "t", "x")])
    #expect(warnings.first?.offset == 8)
  }

  @Test func ofAThousandWarningsAFewAreKept() throws {
    let fields = (0..<1000).map { "\"\($0)\":1" }.joined(separator: ",")
    let entries = (0..<100).map {
      #""\#($0)\u0001":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#
    }
    let header =
      #"{"t":{"dtype":"U8","shape":[0],\#(fields),"data_offsets":[0,0]},"#
      + entries.joined(separator: ",") + "}"
    let warnings = try openSafetensors(safetensors(header)).warnings
    #expect(warnings.count == 2 * Warnings.maximum + 2)
    #expect(warnings[1].fault as? SafetensorsFault == .unknownField(tensor: "t", "1"))
    let more = warnings.suffix(2).map { $0.fault as? CheckpointFault }
    #expect(
      more == [
        .moreWarnings(936, about: "unknown fields"),
        .moreWarnings(36, about: "control characters in names"),
      ]
    )
  }

  @Test func typesNarrowerThanAByteArePacked() throws {
    let header =
      #"{"a":{"dtype":"F4","shape":[2,2],"data_offsets":[0,2]},"#
      + #""b":{"dtype":"F6_E3M2","shape":[4],"data_offsets":[2,5]}}"#
    let checkpoint = try openSafetensors(safetensors(header, data: 5))
    #expect(try checkpoint["a"]?.contents() == [0, 1])
    #expect(try checkpoint["b"]?.contents() == [2, 3, 4])
  }

  /// Of all the places where the data may start, three of four are unaligned.
  @Test(arguments: 0..<8)
  func dataMayStartAnywhere(padding: Int) throws {
    let header = #"{"t":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#
    let padded = header + String(repeating: " ", count: padding)
    let bytes = safetensors(padded) + littleEndian([1.5, -2, .infinity] as [Float])
    let tensor = try #require(try openSafetensors(bytes)["t"])
    #expect(tensor.fileOffset == 8 + padded.utf8.count)
    #expect(try tensor.floats() == [1.5, -2, .infinity])
    #expect(try tensor.output(as: .f16).contents() == [0x00, 0x3E, 0x00, 0xC0, 0x00, 0x7C])
  }

  @Test func filesAreRecognisedByTheirStart() throws {
    #expect(try Safetensors.matches(.copying(safetensors("  {}"))))
    #expect(try Safetensors.matches(.copying(littleEndianBytes(of: UInt64.max) + [0x7B])))
    for bytes in [
      [], [0, 0, 0, 0, 0, 0, 0, 0], safetensors("[]"), Array("PK\u{3}\u{4}{{{{{{".utf8),
    ] {
      let expected = bytes.dropFirst(8).first == 0x7B
      #expect(try Safetensors.matches(.copying(bytes)) == expected)
    }
    #expect(try !Safetensors.matches(.copying(safetensors(String(repeating: " ", count: 65)))))
  }

  @Test func aFileCutShortAnywhereIsRefused() {
    for length in 0..<Self.good.count {
      #expect(failure { try openSafetensors(Array(Self.good.prefix(length))) } != nil)
    }
  }

  @Test func randomDamageIsRefusedOrHarmless() throws {
    var random = SeededGenerator(seed: 3)
    var refused = 0
    for _ in 0..<2000 {
      var bytes = Self.good
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let bit = UInt8(1) << Int.random(in: 0..<8, using: &random)
        bytes[Int.random(in: bytes.indices, using: &random)] ^= bit
      }
      do {
        let checkpoint = try openSafetensors(bytes)
        // What opens can be read, whole.
        for tensor in checkpoint.tensors {
          #expect(try tensor.contents().count == tensor.byteCount)
        }
      } catch {
        #expect(error is FormatError)
        refused += 1
      }
    }
    #expect(refused > 1000)
    #expect(refused < 2000)
  }
}
