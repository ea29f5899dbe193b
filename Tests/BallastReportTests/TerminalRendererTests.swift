import BallastReport
import Testing

@Suite struct TerminalRendererTests {
  static let tensors: Table = {
    var table = Table(
      columns: [
        .text("name"), .text("dtype"), .text("shape"), .number("bytes", title: "size"),
      ]
    )
    table.append([.text("wte.weight"), "F32", .integers([50257, 768]), .bytes(154_389_504)])
    table.append([
      .text("transformer.h.11.attn.c_attn.weight"), "F32", .integers([768, 2304]),
      .bytes(7_077_888),
    ])
    table.append([.text("日本語の名前"), "BF16", .integers([]), .empty])
    return table
  }()

  func render(_ document: Document, width: Int? = nil, usesStyles: Bool = false) -> String {
    TerminalRenderer(width: width, usesStyles: usesStyles).text(of: document)
  }

  @Test func tableWithRoom() {
    let expected = """
      name                                 dtype  shape           size
      wte.weight                           F32    [50257, 768]  154 MB
      transformer.h.11.attn.c_attn.weight  F32    [768, 2304]   7.1 MB
      日本語の名前                         BF16   []                 -
      """
    #expect(render([.table(Self.tensors)]) == expected)
    #expect(render([.table(Self.tensors)], width: 80) == expected)
    #expect(render([.table(Self.tensors)], width: 200) == expected)
  }

  /// All rows are as wide as the widest: one long name, or shape, must not make them so.
  @Test func cellsAreBoundedWithoutATerminalToo() {
    var table = Table(columns: [.text("name"), .text("shape"), .number("size")])
    table.append([
      .text("a" + String(repeating: "x", count: 50_000) + "z"),
      .integers([Int](repeating: 1, count: 50_000)), .bytes(1),
    ])
    for _ in 0..<100 { table.append(["b", .integers([2]), .bytes(1)]) }
    let lines = render([.table(table)]).split(separator: "\n")
    #expect(lines.count == 102)
    #expect(lines.allSatisfy { $0.count <= 240 })
    #expect(lines[1].hasPrefix("axxx") && lines[1].contains("xxz  [1, 1, 1, … 50,000 sizes]"))
    #expect(table.csv.utf8.count > 200_000)
    let sizes = [Int](repeating: 7, count: 16)
    #expect(Cell.integers(sizes).text == "\(sizes)")
  }

  @Test func namesAreShortened() {
    #expect(
      render([.table(Self.tensors)], width: 50) == """
        name                   dtype  shape           size
        wte.weight             F32    [50257, 768]  154 MB
        transforme…ttn.weight  F32    [768, 2304]   7.1 MB
        日本語の名前           BF16   []                 -
        """
    )
  }

  /// What all names begin with is said once where there is little room: their ends tell them apart.
  @Test func commonModulesAreSaidOnce() {
    var table = Table(columns: [.text("name"), .text("dtype"), .number("size")])
    for name in ["attn.c_proj.bias", "mlp.c_proj.bias", "ln_1.weight"] {
      table.append([.text("transformer.h.*." + name), "F32", .bytes(256)])
    }
    #expect(
      render([.table(table)], width: 40) == """
        name: each begins with transformer.h.*.
        name               dtype   size
        …attn.c_proj.bias  F32    256 B
        …mlp.c_proj.bias   F32    256 B
        …ln_1.weight       F32    256 B
        """
    )
    // With room for all, and for a single name, nothing is left out.
    #expect(render([.table(table)], width: 50).contains("transformer.h.*.ln_1.weight"))
    var one = Table(columns: [.text("name"), .number("size")])
    one.append([.text("transformer.h.0.attn.c_attn.weight"), .bytes(256)])
    #expect(!render([.table(one)], width: 30).contains("begins"))
  }

  /// The title of a column is never longer for what names begin with: a table stays one.
  @Test func longCommonModulesKeepATable() {
    let prefix = "base_model.model.model.language_model.decoder.layers.*.self_attn."
    var table = Table(columns: [.text("tensor"), .number("size")])
    for name in ["q_proj.lora_A.weight", "v_proj.lora_B.weight"] {
      table.append([.text(prefix + name), .bytes(256)])
    }
    #expect(
      render([.table(table)], width: 40) == """
        tensor: each begins …layers.*.self_attn.
        tensor                  size
        …q_proj.lora_A.weight  256 B
        …v_proj.lora_B.weight  256 B
        """
    )
  }

  @Test func aNarrowTerminalGetsRecords() {
    #expect(
      render([.table(Self.tensors)], width: 20) == """
        name:   wte.weight
        dtype:  F32
        shape:  [50257, 768]
        size:   154 MB

        name:   transformer.h.11.attn.c_attn.weight
        dtype:  F32
        shape:  [768, 2304]
        size:   7.1 MB

        name:   日本語の名前
        dtype:  BF16
        shape:  []
        size:   -
        """
    )
  }

  @Test(arguments: 34...120) func everyWidthIsKept(width: Int) {
    for line in render([.table(Self.tensors)], width: width).split(separator: "\n") {
      #expect(line.displayWidth <= width)
    }
  }

  @Test(arguments: [20, 40, 80, 200], [1, 3, 8]) func wideTables(width: Int, columns: Int) {
    var table = Table(columns: (0..<columns).map { .number("column\($0)") } + [.text("name")])
    table.append((0..<columns).map { .integer($0 * 1_000_000) } + [.text("日本語".repeated(20))])
    let text = render([.table(table)], width: width)
    for column in 0..<columns {
      #expect(text.contains(Readable.count(column * 1_000_000)))  // Numbers are never shortened.
    }
    let isTable = text.split(separator: "\n").count == 2
    #expect(isTable || text.contains("name:"))
    if isTable {
      for line in text.split(separator: "\n") { #expect(line.displayWidth <= width) }
    }
  }

  @Test func emptyTable() {
    #expect(render([.table(Table(columns: [.text("name"), .number("size")]))]) == "name  size")
    #expect(render([.table(Table(columns: []))], width: 10) == "")
    #expect(render([]) == "")
  }

  @Test(arguments: [20, 40, 80, 200]) func hostileNames(width: Int) {
    let hostile = "\u{1B}]0;pwned\u{7}\u{1B}[2J\u{9B}31m\u{202E}\r\nfake row\t"
    var table = Table(columns: [.text(hostile), .number("n")])
    table.append([.text(hostile, style: .red), .integer(1)])
    let text = render(
      [
        .heading(hostile), .paragraph(hostile), .keyValues([.init(hostile, .text(hostile))]),
        .table(table), .findings([Finding(.error, rule: hostile, hostile, place: hostile)]),
      ],
      width: width
    )
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(scalar.properties.generalCategory != .control, "\(scalar.value)")
      #expect(scalar.properties.generalCategory != .format, "\(scalar.value)")
    }
    #expect(!text.contains("\nfake row"))
  }

  @Test func stylesOnlyWhenAsked() {
    let document: Document = [
      .heading("Tensors"), .paragraph("fine", style: .green),
      .keyValues([.init("state", .text("bad", style: .red))]),
      .findings([Finding(.warning, rule: "nan", "Two NaN.")]),
    ]
    #expect(
      render(document, usesStyles: true) == """
        \u{1B}[1mTensors\u{1B}[0m
        \u{1B}[32mfine\u{1B}[0m

        \u{1B}[2mstate:  \u{1B}[0m\u{1B}[31mbad\u{1B}[0m

        \u{1B}[33mwarning\u{1B}[0m: Two NaN. [nan]
        """
    )
    #expect(
      render(document) == """
        Tensors
        fine

        state:  bad

        warning: Two NaN. [nan]
        """
    )
  }

  @Test func stylesDoNotMoveColumns() {
    var table = Table(columns: [.text("name"), .number("n"), .text("last")])
    table.append([.text("a", style: .red), .number(0.5, style: .yellow), .text("z", style: .dim)])
    table.append(["bcd", .number(12.25), "y"])
    let styled = render([.table(table)], usesStyles: true)
    let codes = ["\u{1B}[0m", "\u{1B}[1m", "\u{1B}[2m", "\u{1B}[31m", "\u{1B}[33m"]
    let plain = codes.reduce(styled) { text, code in
      text.split(separator: code, omittingEmptySubsequences: false).joined()
    }
    #expect(plain == render([.table(table)]))
    #expect(styled.contains("\u{1B}[33m  0.5\u{1B}[0m"))
  }

  @Test func keyValuesAndFindingsAreWrapped() {
    let document: Document = [
      .keyValues([.init("file", "a b"), .init("metadata", "one two three four")]),
      .findings([Finding(.error, rule: "gap", "Bytes between tensors.", place: "at byte 120")]),
    ]
    #expect(
      render(document, width: 20) == """
        file:      a b
        metadata:  one two
                   three
                   four

        error: Bytes
          between tensors.
          (at byte 120)
          [gap]
        """
    )
  }

  @Test func cellTexts() {
    #expect(Cell.bool(true).text == "yes" && Cell.bool(false).text == "no")
    #expect(Cell.integer(1234).text == "1,234" && Cell.integer(nil).text == "-")
    #expect(Cell.number(1 / 3).text == "0.3333" && Cell.number(nil).text == "-")
    #expect(Cell.fraction(0.5).text == "50%" && Cell.fraction(nil).text == "-")
    #expect(Cell.bytes(1000).text == "1.0 kB" && Cell.bytes(nil).text == "-")
    #expect(Cell.integers([2, 3]).text == "[2, 3]" && Cell.integers(nil).text == "-")
  }
}

extension String {
  fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
