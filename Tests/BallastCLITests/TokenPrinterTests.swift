import BallastBytes
import BallastCLI
import Testing

@Suite struct TokenPrinterTests {
  private func printed(_ parts: [[Int32]]) throws -> String {
    var bytes: [UInt8] = []
    var printer = TokenPrinter { bytes += $0 }
    for part in parts { try printer.print(part) }
    try printer.finish()
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func idsOfEveryLength() throws {
    let ids: [Int32] = [
      0, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 10_001, 50_256, 100_000, 1_000_001, 12_345_678,
      99_999_999, 100_000_000, 2_000_000_007, .max,
    ]
    let expected = ids.map(String.init).joined(separator: " ") + "\n"
    #expect(try printed([ids]) == expected)
    #expect(try printed(ids.map { [$0] }) == expected)
    #expect(try printed([]) == "\n" && printed([[], []]) == "\n")
  }

  @Test func moreThanABlock() throws {
    let ids = (0..<40_000 as Range<Int32>).map { $0 &* 53_687 & .max }
    #expect(try printed([ids]) == ids.map(String.init).joined(separator: " ") + "\n")
  }
}
