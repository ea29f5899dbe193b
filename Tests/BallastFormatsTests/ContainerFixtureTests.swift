import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Testing

/// The odd files and folders of fixtures/containers against the manifests beside them.
@Suite struct ContainerFixtureTests {
  static let containers = [
    "company-legacy.pt", "company-zip.pt", "corners.safetensors", "deflated-zip.pt",
    "dtypes-legacy.pt", "dtypes-zip.pt", "dtypes.safetensors", "flat-zip.pt", "list-zip.pt",
    "module-zip.pt", "no-crc-zip.pt", "parameter-zip.pt",
    "protocol-1-legacy.pt", "protocol-1-zip.pt", "protocol-3-zip.pt", "protocol-4-legacy.pt",
    "protocol-4-zip.pt", "protocol-5-zip.pt", "sharded", "sharded-torch", "tensor-zip.pt",
    "trainer-legacy.pt", "trainer-zip.pt", "views-legacy.pt", "views-zip.pt",
    "whole-module-legacy.pt", "whole-module-zip.pt",
  ]

  private struct Entry: Equatable {
    let name: String
    let dtype: String?
    let shape: [Int]?
    let crc32: Int?
    let tiedTo: String?
  }

  private static func expected(_ manifest: JSONValue) throws -> [Entry] {
    try #require(manifest["tensors"]?.array).map { entry in
      Entry(
        name: try #require(entry["name"]?.string),
        dtype: entry["dtype"]?.string,
        shape: entry["shape"]?.array?.compactMap(\.integer),
        crc32: entry["crc32"]?.integer,
        tiedTo: entry["tied_to"]?.string
      )
    }
  }

  private static func found(_ checkpoint: Checkpoint) throws -> [Entry] {
    try checkpoint.tensors.map { tensor in
      let contents = try SharedBytes.copying(tensor.contents())
      return Entry(
        name: tensor.name,
        dtype: tensor.dtype.rawValue,
        shape: tensor.shape.dimensions,
        crc32: Int(crc32(of: contents.bytes)),
        tiedTo: checkpoint.tie(of: tensor)?.name
      )
    }
  }

  private static func byName(_ entries: [Entry]) -> [Entry] {
    entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// Names, types, shapes, ties and every byte, whatever the strides; settings beside them.
  @Test(arguments: containers)
  func holdsWhatPythonHolds(container: String) throws {
    let path = Fixtures.path("containers/" + container)
    let manifest = try JSONValue(contentsOf: path + ".json")
    let checkpoint = try Checkpoint.open(path: path)
    #expect(try Self.byName(Self.found(checkpoint)) == Self.byName(Self.expected(manifest)))
    for (name, value) in try #require(manifest["settings"]?.object).members {
      #expect(
        checkpoint.metadata[name] == value || checkpoint.metadata[name]?.number == value.number,
        "\(name)"
      )
    }
  }
  /// Protocol 0 turns the description of each storage into text, which torch cannot read back.
  @Test func protocolZeroIsRefusedWithItsPlace() throws {
    let error = try #require(throws: FormatError.self) {
      try Checkpoint.open(path: Fixtures.path("containers/protocol-0-zip.pt"))
    }
    #expect(error.offset != nil)
  }
}
