import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// Files that torch wrote, held against what torch reads from them.
@Suite struct TorchFixtureTests {
  /// What a file of fixtures/torch holds.
  struct Case: CustomTestStringConvertible, Sendable {
    let file: String
    let facts: JSONValue

    var testDescription: String { file }

    static let all: [Case] = {
      let path = Fixtures.path("torch/cases.json")
      guard let text = try? SharedBytes.mapping(path: path),
        let cases = try? JSONValue(parsing: text.bytes)["cases"]?.array
      else { return [] }
      return cases.map { Case(file: $0["file"]?.string ?? "", facts: $0) }
    }()
  }

  @Test func thereAreCases() {
    #expect(Case.all.count > 70)
  }

  @Test(arguments: Case.all)
  func readsWhatTorchWrote(_ example: Case) throws {
    let checkpoint = try Checkpoint.open(path: Fixtures.path("torch/" + example.file))
    let format =
      example.file.hasSuffix("-legacy.pt")
      ? "torch-legacy" : example.file.hasSuffix("-tar.pt") ? "torch-tar" : "torch-zip"
    #expect(checkpoint.format == format)
    let expected = try #require(example.facts["tensors"]?.object)
    #expect(checkpoint.tensors.map(\.name) == expected.members.map(\.key))
    for tensor in checkpoint.tensors {
      let facts = expected[tensor.name]
      #expect(tensor.dtype.rawValue == facts?["dtype"]?.string)
      #expect(tensor.shape.dimensions == facts?["shape"]?.array?.compactMap(\.integer))
      let contents = try SharedBytes.copying(tensor.contents())
      #expect(Int(crc32(of: contents.bytes)) == facts?["crc32"]?.integer, "\(tensor.name)")
    }
    for (name, value) in example.facts["settings"]?.object?.members.map({ $0 }) ?? [] {
      #expect(
        checkpoint.metadata[name] == value || checkpoint.metadata[name]?.number == value.number
      )
    }
    for (name, other) in example.facts["ties"]?.object?.members.map({ $0 }) ?? [] {
      let tensor = try #require(checkpoint[name])
      #expect(checkpoint.tie(of: tensor)?.name == other.string)
    }
    let unread = checkpoint.warnings.compactMap { warning -> String? in
      guard case .unreadable(let tensor, _)? = warning.fault as? TorchFault else { return nil }
      return tensor
    }
    #expect(unread == example.facts["unread"]?.array?.compactMap(\.string) ?? [])
    if checkpoint.format == "torch-zip" {
      #expect(try checkpoint.checksums.allSatisfy { try $0.holds() })
    }
  }

  @Test(arguments: Case.all)
  func damagedFilesAreRefusedOrRead(_ example: Case) throws {
    var generator = SplitMix64(seed: 17)
    let source = try SharedBytes.mapping(path: Fixtures.path("torch/" + example.file))
    let file = ByteRegion(source).array
    // A tar archive ends in zeros that nobody needs.
    let needed = (file.lastIndex { $0 != 0 } ?? 0) + 1
    for place in 0..<200 {
      #expect(try !Self.opens(Array(file.prefix(needed * place / 200))))
    }
    for _ in 0..<500 {
      var damaged = file
      let place = Int.random(in: 0..<file.count, using: &generator)
      damaged[place] ^= UInt8.random(in: 1...255, using: &generator)
      _ = try Self.opens(damaged)
    }
  }

  /// Whether a file opens and its tensors can be read; anything but an error or that is a trap.
  private static func opens(_ file: [UInt8]) throws -> Bool {
    let source = try SharedBytes.copying(file)
    do throws(FormatError) {
      let checkpoint =
        TorchZip.matches(source)
        ? try TorchZip.open(source)
        : TarArchive.matches(source) ? try TorchTar.open(source) : try TorchLegacy.open(source)
      for tensor in checkpoint.tensors where tensor.byteCount < 1 << 20 {
        try tensor.forEachPiece { (_, _) throws(FormatError) in }
      }
      return true
    } catch {
      return false
    }
  }

  /// The same weights in three containers, under the names of each.
  @Test func theTinyModelIsTheSameInEveryContainer() throws {
    let reference = try Checkpoint.open(path: Fixtures.path("tiny-gpt2/model.safetensors"))
    for file in ["containers/tiny-zip.pt", "containers/tiny-legacy.bin"] {
      let checkpoint = try Checkpoint.open(path: Fixtures.path(file))
      var compared = 0
      for tensor in reference.tensors {
        let short = tensor.name.replacing(/^transformer\./, with: "")
        let other = try #require(checkpoint[tensor.name] ?? checkpoint[short])
        #expect(other.shape == tensor.shape)
        #expect(try other.contents() == tensor.contents(), "\(tensor.name) of \(file)")
        compared += 1
      }
      #expect(compared == 52)
    }
    let zip = try Checkpoint.open(path: Fixtures.path("containers/tiny-zip.pt"))
    let head = try #require(zip["lm_head.weight"])
    #expect(zip.tie(of: head)?.name == "transformer.wte.weight")
    let legacy = try Checkpoint.open(path: Fixtures.path("containers/tiny-legacy.bin"))
    #expect(legacy["h.0.attn.bias"]?.shape.dimensions == [1, 1, 128, 128])
    #expect(legacy["h.0.attn.masked_bias"]?.shape.dimensions == [])
  }
}
