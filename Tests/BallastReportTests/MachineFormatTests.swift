import BallastJSON
import BallastReport
import Testing

@Suite struct MachineFormatTests {
  static let table: Table = {
    var table = Table(
      columns: [.text("name", title: "Name"), .number("max"), .number("bytes"), .text("shape")]
    )
    table.append(["plain", .number(0.1), .bytes(1_234_567), .integers([2, 3])])
    table.append(["a,b", .number(1e-300), .integer(5), .integers([])])
    table.append([.text("say \"hi\"\nthere"), .number(.nan), .empty, .bool(true)])
    table.append([" spaces ", .number(-.infinity), .fraction(1 / 3), .empty])
    return table
  }()

  @Test func csv() {
    #expect(
      Self.table.csv == """
        name,max,bytes,shape\r
        plain,0.1,1234567,"[2, 3]"\r
        "a,b",1e-300,5,[]\r
        "say ""hi""
        there",NaN,,true\r
        " spaces ",-Infinity,0.3333333333333333,\r

        """
    )
  }

  @Test func csvHasNoControlCharacters() {
    var table = Table(columns: [.text("name")])
    table.append(["\u{1B}[31m\r\nx\ty\u{202E}"])
    #expect(table.csv == "name\r\n\\u{1B}[31m\\r\\nx\\ty\\u{202E}\r\n")
  }

  @Test func csvOfAnEmptyTable() {
    #expect(Table(columns: [.text("a"), .text("b")]).csv == "a,b\r\n")
  }

  @Test func json() {
    #expect(
      Self.table.json.text() == """
        [{"name":"plain","max":0.1,"bytes":1234567,"shape":[2,3]},\
        {"name":"a,b","max":1e-300,"bytes":5,"shape":[]},\
        {"name":"say \\"hi\\"\\nthere","max":"NaN","bytes":null,"shape":true},\
        {"name":" spaces ","max":"-Infinity","bytes":0.3333333333333333,"shape":null}]
        """
    )
  }

  @Test func jsonNumbersReadBackEqual() throws {
    var table = Table(columns: [.number("x")])
    let numbers: [Double] = [
      0.1, 1 / 3, .leastNonzeroMagnitude, 1.7976931348623157e308, 123_456_789.123_456_79,
    ]
    for number in numbers { table.append([.number(number)]) }
    let parsed = try JSONValue(parsing: table.json.text())
    #expect(parsed.array?.compactMap { $0["x"]?.number } == numbers)
    let lines = table.csv.split(separator: "\r\n").dropFirst()
    #expect(lines.compactMap { Double($0) } == numbers)
  }
}
