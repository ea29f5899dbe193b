import BallastCheckpoint
import BallastFormats
import BallastTestSupport
import Foundation
import FoundationXML
import Testing

/// What `ballast report` writes.
@Suite struct ReportTests {
  private let folder: TemporaryFolder
  private let model = Fixtures.path("tiny-gpt2")

  init() throws {
    folder = try TemporaryFolder()
  }

  private func file(
    _ name: String,
    _ tensors: [TensorView],
    metadata: [(key: String, value: String)] = []
  ) throws -> String {
    let path = folder.path + "/" + name
    try SafetensorsWriter.write(tensors.map { $0.output() }, metadata: metadata, to: path)
    return path
  }

  @Test func nothingIsReplacedUnasked() throws {
    let file = try file("a.safetensors", [try floats("x", [1, 2])])
    let link = folder.path + "/link.html"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "nowhere.html")
    let refused = try Ballast.run("report", file, "-o", link)
    #expect(refused.status == 2 && refused.errors.contains("--force"), "\(refused.errors)")
    #expect(try Ballast.run("report", file, "-o", link, "--force").status == 0)
  }

  private func floats(
    _ name: String,
    _ values: [Float],
    _ sizes: [Int]? = nil
  ) throws -> TensorView {
    try tensor(.f32, sizes ?? [values.count], littleEndian(values), named: name)
  }

  /// The page that the arguments make.
  private func page(_ arguments: String...) throws -> String {
    let path = folder.path + "/page-\(UInt32.random(in: 0 ... .max)).html"
    let result = try Ballast.run(["report"] + arguments + ["-o", path])
    #expect(result.status == 0 && result.output.isEmpty, "\(result.errors)")
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  /// The rows of the table that can be searched: their cells' texts, unfolded parts aside.
  private func rows(_ page: String) throws -> [[String]] {
    let reader = try PageReader(page)
    return reader.rows
  }

  @Test(arguments: [
    "tiny-gpt2", "containers/sharded", "containers/views-zip.pt", "containers/trainer-zip.pt",
    "containers/corners.safetensors", "containers/dtypes.safetensors", "gguf/types.gguf",
    "formats/openai", "formats/ggml", "numpy/complex.npy", "numpy/mixed.npz",
    "torch/computed-quantized-zip.pt", "variants",
  ])
  func everyFixtureMakesAWellFormedPage(name: String) throws {
    var paths = [Fixtures.path(name)]
    if !FileManager.default.fileExists(atPath: paths[0]) { return }
    if name == "variants" {
      paths = try FileManager.default.contentsOfDirectory(atPath: paths[0]).sorted()
        .map { Fixtures.path("variants/\($0)") }
    }
    for path in paths {
      let output = folder.path + "/page.html"
      let result = try Ballast.run("report", path, "-o", output, "--force")
      guard result.status == 0 else {
        #expect(result.status == 2, "\(path): \(result.errors)")
        continue
      }
      let page = try String(contentsOfFile: output, encoding: .utf8)
      let reader = try PageReader(page)
      #expect(Set(reader.identifiers).count == reader.identifiers.count, "\(path)")
      #expect(reader.links.allSatisfy { reader.identifiers.contains($0) }, "\(path)")
      for word in ["http:", "https:", "src=", "style=", "url("] {
        #expect(!page.contains(word), "\(path): \(word)")
      }
    }
  }

  @Test func theSameInputGivesTheSameBytes() throws {
    let first = try page(model)
    #expect(try page(model) == first)
    #expect(try page(model, "--threads", "1") == first)
    #expect(try page(model, "--threads", "3") == first)
    #expect(try page(model, model) == page(model, model, "--threads", "1"))
  }

  @Test func namesCannotBecomeMarkup() throws {
    let names = [
      "</script><img src=x onerror=alert(1)>", "\"><svg onload='alert(2)'>", "a\u{202E}b\u{7}\n\0c",
      "&lt;b&gt;", "]]><!--", "\u{5E9}\u{5DC}.weight", "{{x}}`${y}`",
    ]
    let tensors = try names.map { try floats($0, [1, 2, .nan]) }
    let path = try file(
      "hostile.safetensors",
      tensors,
      metadata: [("<script>", "</style><script>alert(3)</script>\u{2066}")]
    )
    let other = try file("other<b>.safetensors", names.map { try floats($0, [1, 3, .infinity]) })
    for page in [try page(path), try page(path, other), try page(other, path)] {
      let reader = try PageReader(page)
      // One style sheet, one script, and nothing that loads or runs.
      #expect(reader.elements["script"] == 1 && reader.elements["style"] == 1)
      #expect(reader.elements["img"] == nil && reader.elements["b"] == nil)
      #expect(!reader.attributes.contains { $0.hasPrefix("on") || $0 == "style" || $0 == "src" })
      #expect(reader.rows.count == names.count)
      for name in names {
        let shown = try #require(HostileName(name).shown)
        #expect(reader.rows.contains { row in row.contains { $0.hasPrefix(shown) } }, "\(shown)")
      }
      #expect(
        !page.unicodeScalars.contains {
          $0 == "\u{202E}" || $0 == "\u{2066}" || $0.value < 0x20 && $0 != "\n"
        }
      )
    }
  }

  @Test func rowsTellWhatTensorsAre() throws {
    let path = try file(
      "a.safetensors",
      [try floats("h.0.x", [1, 2, 3, 6], [2, 2]), try floats("h.1.x", [-0.5, 0.5])]
    )
    let rows = try rows(page(path))
    #expect(rows.map { $0[1] } == ["h.0.x", "h.1.x"])
    // Number, name, type, shape, size, distribution, mean, deviation, least and largest.
    #expect(
      rows[0] == ["1", "h.0.x", "F32", "[2, 2]", "16 B", "", "3.000", "1.871", "1.000", "6.000"]
    )
    #expect(
      rows[1] == ["2", "h.1.x", "F32", "[2]", "8 B", "", "0", "0.5000", "-0.5000", "0.5000"]
    )
  }

  @Test func findingsLinkToTheirTensors() throws {
    let path = try file(
      "a.safetensors",
      [try floats("a", [1, 2]), try floats("bad", [.nan, 1]), try floats("flat", [3, 3])]
    )
    let page = try page(path)
    #expect(page.contains("values.finite") && page.contains("values.constant"))
    #expect(page.contains("<a href=\"#t2\"><bdi>bad</bdi></a>"))
    #expect(page.contains("<bdi>bad</bdi><span class=\"flag error\">error</span>"))
    #expect(page.contains("<a href=\"#t3\"><bdi>flat</bdi></a>"))
  }

  @Test func tiesAndShardsAreShown() throws {
    let tied = try page(Fixtures.path("containers/views-zip.pt"))
    #expect(tied.contains("<dt>Ties</dt>") && tied.contains("<span class=\"flag tie\">tied</span>"))
    let sharded = try page(Fixtures.path("containers/sharded"))
    #expect(sharded.contains("<h3>Files</h3>") && sharded.contains("00003.<wbr />safetensors"))
    let trained = try page(Fixtures.path("containers/trainer-zip.pt"))
    #expect(trained.contains("<dt>Training run</dt>"))
    #expect(try page(model).contains("GPT-2, 4 layers, 4 heads, 64 wide, 768 tokens"))
  }

  @Test func whatIsLeftOutIsCounted() throws {
    let tensors = try (0..<300).map { index in
      try floats("x.\(index).w", (0..<2 + index % 50).map { Float($0 + index % 9) })
    }
    let path = try file("many.safetensors", tensors + [floats("odd", [.infinity])])
    let page = try page(path, "--rows", "40")
    let rows = try rows(page)
    #expect(rows.count == 40)
    // Those with findings come first, and stay in the order of the file.
    #expect(rows.map { $0[1].hasPrefix("odd") }.count { $0 } == 1)
    #expect(rows.compactMap { Int($0[0]) }.sorted() == rows.compactMap { Int($0[0]) })
    #expect(page.contains("40 of 301 tensors"))
    #expect(try self.rows(self.page(path, "--match", "x.1?.w")).count == 10)
    #expect(try self.page(path, "--match", "nothing").contains("There are none"))
  }

  @Test func differencesAreTold() throws {
    let values: [Float] = [1, 2, 3, 4, 5, 6]
    let a = try file(
      "a.safetensors",
      [
        floats("h.0.m", values, [2, 3]), floats("h.1.x", [3, 4]), floats("old", [7, 8]),
        floats("gone", [9]), floats("same", [1]), floats("shape", [1, 2, 3, 4]),
      ]
    )
    let b = try file(
      "b.safetensors",
      [
        floats("h.0.m", [1, 4, 2, 5, 3, 6], [3, 2]), floats("h.1.x", [3, 4.5]),
        floats("new", [7, 8]), floats("extra", [10]), floats("same", [1]),
        floats("shape", [1, 2, 3, 4], [2, 2]),
      ],
      metadata: [("note", "x")]
    )
    let page = try page(a, b)
    let rows = try rows(page)
    #expect(
      rows.map { $0[1] }
        == ["Changed", "Reshaped", "Transposed", "Renamed", "Added", "Removed"]
    )
    // ‖Δ‖ / ‖a‖ is 0.5 / 5, and one of two values changed.
    #expect(
      rows[0] == ["h.1.x", "Changed", "F32", "[2]", "0.100", "0.500", "0.111", "0.998460", "50%"]
    )
    #expect(rows[2][3] == "[2, 3] → [3, 2]" && rows[3][0] == "old → new")
    #expect(page.contains("6 of 7 tensors differ") && page.contains("Change by layer"))
    #expect(page.contains("<title>layer 1: 0.1</title>"))
    #expect(page.contains("<bdi>note</bdi></td><td>–</td><td>x</td>"))
    #expect(try self.page(a, a).contains("every one is the same"))
    #expect(try self.rows(self.page(a, b, "--rows", "2")).count == 2)
  }

  @Test func canonicalComparesLayouts() throws {
    let converted = folder.path + "/out.gguf"
    #expect(try Ballast.run("convert", model, converted).status == 0)
    #expect(try page(model, converted, "--canonical").contains("every one is the same"))
    #expect(try page(model, converted).contains("tensors differ"))
    let half = folder.path + "/half.safetensors"
    #expect(try Ballast.run("convert", model, half, "--dtype", "f16").status == 0)
    let rows = try rows(page(model, half))
    #expect(rows.count == 52 && rows.allSatisfy { $0[1] == "Recast" && $0[2] == "F32 → F16" })
  }

  @Test func filesAreNotReplacedUnasked() throws {
    let path = try file("a.safetensors", [floats("x", [1])])
    let output = folder.path + "/page.html"
    #expect(try Ballast.run("report", path, "-o", output).status == 0)
    let refused = try Ballast.run("report", path, "-o", output)
    #expect(refused.status == 2)
    #expect(refused.errors.hasPrefix("ballast: error: \(output): exists already\n"))
    #expect(refused.errors.contains("--force"))
    #expect(try Ballast.run("report", path, "-o", output, "--force").status == 0)
    // What it is about is not replaced at all, whatever it is called.
    let link = folder.path + "/link.html"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    let before = try Data(contentsOf: URL(filePath: path))
    for name in [path, link] {
      #expect(try Ballast.run("report", path, "-o", name, "--force").status == 64)
      #expect(try Ballast.run("report", output, path, "-o", name, "--force").status != 0)
    }
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
    #expect(try Ballast.run("report", path, "-o", folder.path + "/none/page.html").status == 2)
    #expect(try Ballast.run("report", folder.path + "/none", "-o", output + "2").status == 2)
    #expect(!FileManager.default.fileExists(atPath: output + "2"))
  }

  @Test func usage() throws {
    #expect(try Ballast.run("report", model).status == 64)
    #expect(try Ballast.run("report", model, "-o", "x.html", "--rows", "0").status == 64)
    #expect(try Ballast.run("report", model, "-o", "x.html", "--canonical").status == 64)
  }
}

/// A name with what a page shows of it.
private struct HostileName {
  let shown: String?

  init(_ name: String) {
    let escapes: [Unicode.Scalar: String] = [
      "\u{202E}": "\\u{202E}", "\u{7}": "\\u{07}", "\n": "\\n", "\0": "\\0",
    ]
    shown = name.unicodeScalars.map { escapes[$0] ?? String($0) }.joined()
  }
}

/// What stands in a page, which must be well-formed.
private final class PageReader: NSObject, XMLParserDelegate {
  private(set) var elements: [String: Int] = [:]
  private(set) var attributes: Set<String> = []
  private(set) var identifiers: [String] = []
  private(set) var links: [String] = []
  private(set) var rows: [[String]] = []
  private var isInGrid = false
  private var panelDepth = 0
  private var depth = 0

  init(_ page: String) throws {
    super.init()
    // Neither has markup, and only HTML lets them have signs that XML does not.
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = self
    let isWhole = parser.parse()
    try #require(isWhole, "line \(parser.lineNumber): \(String(describing: parser.parserError))")
  }

  func parser(
    _ parser: XMLParser,
    didStartElement name: String,
    namespaceURI: String?,
    qualifiedName: String?,
    attributes values: [String: String]
  ) {
    depth += 1
    elements[name, default: 0] += 1
    attributes.formUnion(values.keys)
    if let identifier = values["id"] { identifiers.append(identifier) }
    if let link = values["href"], link.hasPrefix("#") { links.append(String(link.dropFirst())) }
    if name == "table" { isInGrid = values["class"]?.hasPrefix("grid") ?? isInGrid }
    if values["class"] == "panel" { panelDepth = depth }
    guard isInGrid, panelDepth == 0 else { return }
    if name == "tr", values["id"] != nil { rows.append([]) }
    if name == "td", !rows.isEmpty { rows[rows.count - 1].append("") }
  }

  func parser(
    _ parser: XMLParser,
    didEndElement name: String,
    namespaceURI: String?,
    qualifiedName: String?
  ) {
    if depth == panelDepth { panelDepth = 0 }
    depth -= 1
    if name == "table", panelDepth == 0 { isInGrid = false }
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    guard isInGrid, panelDepth == 0, let row = rows.indices.last, let cell = rows[row].indices.last
    else { return }
    rows[row][cell] += text.replacingOccurrences(of: "\n", with: "")
  }
}
