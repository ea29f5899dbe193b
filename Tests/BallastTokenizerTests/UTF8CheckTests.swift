import BallastTokenizer
import Testing

/// The places that are not UTF-8, against what the standard library replaces.
@Suite struct UTF8CheckTests {
  private func check(_ bytes: [UInt8], pieces: Int) -> UTF8Check {
    var check = UTF8Check()
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      check.update(bytes[start..<min(bytes.count, start + pieces)].span)
    }
    check.finish()
    return check
  }

  @Test func placesAreCounted() {
    for _ in 0..<2000 {
      let bytes = NastyText.random(parts: Int.random(in: 0...20))
      let expected = String(decoding: bytes, as: UTF8.self).unicodeScalars.count {
        $0 == "\u{FFFD}"
      }
      for pieces in [1, 2, 3, 1000] {
        let check = check(bytes, pieces: pieces)
        #expect(check.invalidCount == expected, "\(bytes) in pieces of \(pieces)")
        #expect((check.firstInvalid == nil) == (expected == 0))
      }
    }
  }

  @Test func theFirstPlaceIsTold() {
    #expect(check(Array("aé".utf8) + [0x62, 0xE2, 0x82, 0x62, 0xFF], pieces: 2).firstInvalid == 4)
    #expect(check(Array("日本".utf8), pieces: 1).firstInvalid == nil)
    #expect(check(Array("日本".utf8.dropLast()), pieces: 4).firstInvalid == 3)
  }
}
