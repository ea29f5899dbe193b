import BallastCheckpoint
import BallastFormats
import BallastJSON
import BallastTestSupport
import Foundation
import Testing

/// `ballast show`, run as a program.
@Suite struct ShowTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A file with one tensor `x`.
  private func file(_ view: TensorView) throws -> String {
    let path = folder.path + "/x.safetensors"
    _ = try SafetensorsWriter.write([view.output(name: "x")], metadata: [], to: path)
    return path
  }

  private func numbers(_ count: Int, _ sizes: [Int]) throws -> TensorView {
    try tensor(.f32, sizes, littleEndian((0..<count).map { Float($0) / 4 }))
  }

  /// 40 kB of header can claim any number of dimensions.
  @Test func hugeRanksAreRefused() throws {
    let sizes = Array(repeating: "1", count: 65).joined(separator: ",")
    let header = #"{"a":{"dtype":"U8","shape":[\#(sizes)],"data_offsets":[0,1]}}"#
    let path = try folder.write(
      littleEndian([UInt64(header.utf8.count)]) + Array(header.utf8) + [7],
      to: "rank.safetensors"
    )
    for format in ["text", "json"] {
      let result = try Ballast.run("show", path, "a", "--format", format)
      #expect(result.status == 2)
      #expect(result.errors.contains(#"tensor "a" has 65 dimensions, more than 64"#))
    }
  }

  @Test func textIsAlignedInBrackets() throws {
    let path = try file(numbers(12, [2, 2, 3]))
    let result = try Ballast.run("show", path, "x")
    #expect(
      result.text == """
        [[[   0 0.25  0.5]
          [0.75    1 1.25]]

         [[ 1.5 1.75    2]
          [2.25  2.5 2.75]]]

        """
    )
    #expect(result.errors == "F32 [2, 2, 3]\n")
    #expect(try Ballast.run("show", path, "x", "--slice", "1,0,::2").text == "[1.5   2]\n")
    #expect(try Ballast.run("show", path, "x", "--slice", "1,1,2").text == "2.75\n")
  }

  @Test func largeOnesAreShownByTheirEdges() throws {
    let path = try file(numbers(2000, [50, 40]))
    let lines = try Ballast.run("show", path, "x").text.split(separator: "\n")
    #expect(lines.count == 7 && lines[3] == " …")
    #expect(lines[0].hasSuffix("0.5 …   9.25    9.5   9.75]"))
    let all = try Ballast.run("show", path, "x", "--all").text
    #expect(all.split(separator: "\n").count == 50 && !all.contains("…"))
    let many = try file(numbers(4096, Array(repeating: 2, count: 12)))
    let refused = try Ballast.run("show", many, "x")
    #expect(refused.status == 2 && refused.errors.contains("the slice does not fit"))
  }

  @Test(arguments: [[3, 4], [0, 2], [2, 0], [1, 1, 1], [5], []])
  func jsonIsWholeAndNested(sizes: [Int]) throws {
    let count = sizes.reduce(1, *)
    let text = try Ballast.run("show", try file(numbers(count, sizes)), "x", "--format", "json")
      .text
    func nested(_ sizes: ArraySlice<Int>, _ next: inout Int) -> JSONValue {
      guard let size = sizes.first else {
        defer { next += 1 }
        return .number(Double(next) / 4)
      }
      return .array((0..<size).map { _ in nested(sizes.dropFirst(), &next) })
    }
    var next = 0
    let expected = nested(sizes[...], &next)
    #expect(try JSONValue(parsing: text).text() == expected.text())
  }

  /// The lines, in one go.
  private func lines(_ words: ArraySlice<String>, _ sizes: ArraySlice<Int>, indent: Int) -> String {
    guard let size = sizes.first else { return words.joined() }
    let length = words.count / size
    let parts = (0..<size).map { place in
      let part = words.dropFirst(place * length).prefix(length)
      return lines(part, sizes.dropFirst(), indent: indent + 1)
    }
    let breaks = String(repeating: "\n", count: sizes.count - 1)
    let margin = String(repeating: " ", count: indent + 1)
    return "[" + parts.joined(separator: sizes.count == 1 ? " " : breaks + margin) + "]"
  }

  /// What is read and written in pieces is what it would be in one.
  @Test(arguments: [[40_000], [3, 20_000], [20_000, 3], [20, 1000, 2]])
  func allOfALargeOne(sizes: [Int]) throws {
    let values = (0..<sizes.reduce(1, *)).map { Int32($0) - 9_999 }
    let path = try file(tensor(.i32, sizes, littleEndian(values)))
    let words = values.map { "\($0)" }
    let width = words.map(\.count).max() ?? 0
    let aligned = words.map { String(repeating: " ", count: width - $0.count) + $0 }
    let expected = lines(aligned[...], sizes[...], indent: 0) + "\n"
    // Too long to be told apart in a report of a failure.
    #expect((try Ballast.run("show", path, "x", "--all").text == expected) as Bool)
  }

  /// A tensor that is in the file and cannot be read is said to be there.
  @Test func aTensorThatCannotBeRead() throws {
    let result = try Ballast.run("show", Fixtures.path("torch/unread-four-bits-zip.pt"), "x")
    #expect(result.status == 2)
    #expect(result.errors.contains("elements of type quint4x2, which are not read"))
    #expect(result.errors.contains("there is no tensor \"x\""))
  }

  /// Ctrl-C ends what takes long, before a value is written and after.
  @Test func interruptedOutputEnds() throws {
    let count = 1 << 24
    let bytes = 4 * count
    let header = #"{"x":{"dtype":"F32","shape":[4096,4096],"data_offsets":[0,\#(bytes)]}}"#
    let path = try folder.write(
      littleEndian([UInt64(header.utf8.count)]) + Array(header.utf8),
      to: "large.safetensors"
    )
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    try file.truncate(atOffset: UInt64(8 + header.utf8.count + bytes))
    try file.close()
    let process = Ballast.process(["show", path, "x", "--all"])
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    Thread.sleep(forTimeInterval: 0.5)
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)
  }

  /// Elements that share bytes cannot be read in parts.
  @Test func packedElements() throws {
    let path = try file(tensor(.f4, [50_000, 2], [UInt8](repeating: 0x21, count: 50_000)))
    #expect(
      try Ballast.run("show", path, "x").text == """
        [[0.5   1]
         [0.5   1]
         [0.5   1]
         …
         [0.5   1]
         [0.5   1]
         [0.5   1]]

        """
    )
    let json = try Ballast.run("show", path, "x", "--format", "json")
    #expect(json.status == 0 && json.text.hasPrefix("[[0.5,1.0],[0.5,1.0],"))
    #expect(json.text.split(separator: ",").count == 100_000)
  }

  @Test func npyIsReadBack() throws {
    let path = try file(numbers(60, [3, 4, 5]))
    let result = try Ballast.run("show", path, "x", "--slice", ":,-1", "--format", "npy")
    let array = folder.path + "/a.npy"
    try result.output.write(to: URL(filePath: array))
    let view = try #require(try Checkpoint.open(path: array).tensors.first)
    #expect(view.shape.dimensions == [3, 5])
    let rows: [[Float]] = [0, 20, 40].map { row in [15, 16, 17, 18, 19].map { (row + $0) / 4 } }
    #expect(try view.floats() == Array(rows.joined()))
  }

  @Test func whatIsWrongIsSaid() throws {
    let path = try file(numbers(6, [2, 3]))
    let missing = try Ballast.run("show", path, "y")
    #expect(missing.status == 2 && missing.errors.contains("there is no tensor \"y\""))
    #expect(try Ballast.run("show", path, "x", "--slice", "2").status == 2)
    #expect(try Ballast.run("show", path, "x", "--slice", "0,0,0").status == 2)
    for slice in ["", "a", "0:1:0", "::-1", "1:2:3:4", "0,"] {
      #expect(try Ballast.run("show", path, "x", "--slice", slice).status == 64, "\(slice)")
    }
    let wide = try tensor(.bf16, [2], [0, 0, 0x80, 0x3F], named: "x")
    let odd = try Ballast.run("show", try file(wide), "x", "--format", "npy")
    #expect(odd.status == 2 && odd.output.isEmpty)
  }

  @Test func theEndOfANameIsEnough() throws {
    let tiny = Fixtures.path("tiny-gpt2")
    let short = try Ballast.run("show", tiny, "wpe.weight", "--slice", ":2,:3")
    let whole = try Ballast.run("show", tiny, "transformer.wpe.weight", "--slice", ":2,:3")
    #expect(short.status == 0 && short.text == whole.text)
    #expect(short.errors.contains("note: this is transformer.wpe.weight"))
    // Every layer has one of these.
    #expect(try Ballast.run("show", tiny, "ln_1.weight").status == 2)
    #expect(try Ballast.run("show", tiny, "pe.weight").status == 2)
  }

  /// Any number of rows without elements takes no time.
  @Test func emptyGiants() throws {
    let giant = try tensor(.f32, [1 << 40, 0], [])
    let path = try file(giant)
    #expect(try Ballast.run("show", path, "x").text == "[]\n")
    #expect(try Ballast.run("show", path, "x", "--format", "json").status == 2)
    #expect(try Ballast.run("show", path, "x", "--slice", "0").text == "[]\n")
  }
}
