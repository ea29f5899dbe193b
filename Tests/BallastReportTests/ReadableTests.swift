import BallastReport
import Testing

@Suite struct ReadableTests {
  @Test(arguments: [
    (0.5, "██"), (1.0, "████"), (2.0, "████"), (.infinity, "████"), (0.0, ""), (-1.0, ""),
    (.nan, ""), (0.28125, "█▏"),
  ])
  func barsOfBlocks(fraction: Double, bar: String) {
    #expect(BlockBar.text(fraction, width: 4) == bar)
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "0"), (1, "1"), (-1, "-1"), (0.02, "0.02"), (1.5, "1.5"),
    (3.14159265, "3.142"), (-2.71828, "-2.718"), (9.99951, "10"), (0.99996, "1"),
    (1234.5, "1235"), (12345.6, "12346"), (9999999.4, "9999999"), (9999999.6, "10000000"),
    (1e7, "1e+07"),
    (123_456_789, "1.235e+08"), (0.0001, "0.0001"), (0.00012345, "0.0001235"), (1e-5, "1e-05"),
    (1.2345e-7, "1.235e-07"), (9.9999e-6, "1e-05"), (.leastNonzeroMagnitude, "5e-324"),
    (1.7976931348623157e308, "1.798e+308"), (.nan, "NaN"), (.infinity, "Infinity"),
    (-.infinity, "-Infinity"),
  ])
  func number(number: Double, text: String) {
    #expect(Readable.number(number) == text)
  }

  @Test func significantDigits() {
    #expect(Readable.number(1 / 3.0, digits: 1) == "0.3")
    #expect(Readable.number(1 / 3.0, digits: 7) == "0.3333333")
    #expect(Readable.number(0.1 + 0.2, digits: 17) == "0.30000000000000004")
    #expect(Readable.number(25, digits: 0) == "25")
  }

  @Test(arguments: [
    (0.0, 2, "0.00"), (1, 0, "1"), (0.005, 2, "0.01"), (0.004, 2, "0.00"), (-0.004, 2, "0.00"),
    (99.999, 2, "100.00"), (0.5, 0, "1"), (0.4, 0, "0"), (1e21, 1, "1000000000000000000000.0"),
    (-12.345, 1, "-12.3"), (.nan, 2, "NaN"), (0.05, 0, "0"),
  ])
  func fixed(number: Double, places: Int, text: String) {
    #expect(Readable.fixed(number, places: places) == text)
  }

  @Test(arguments: [
    (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (124_439_808, "124,439,808"),
    (-1234, "-1,234"), (-123, "-123"), (Int.max, "9,223,372,036,854,775,807"),
    (Int.min, "-9,223,372,036,854,775,808"),
  ])
  func count(count: Int, text: String) {
    #expect(Readable.count(count) == text)
  }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1.0K"), (1024, "1.0K"), (9949, "9.9K"), (9950, "10K"),
    (999_499, "999K"), (999_500, "1.0M"), (124_439_808, "124M"), (1_557_611_200, "1.6B"),
  ])
  func shortCount(count: Int, text: String) {
    #expect(Readable.shortCount(count) == text)
  }

  @Test(arguments: [
    (0, "0 B"), (1, "1 B"), (999, "999 B"), (1000, "1.0 kB"), (1_234_567, "1.2 MB"),
    (9_960_000, "10 MB"), (548_105_171, "548 MB"), (999_600_000, "1.0 GB"),
    (Int.max, "9.2 EB"), (-2048, "-2.0 kB"),
  ])
  func bytes(bytes: Int, text: String) {
    #expect(Readable.bytes(bytes) == text)
  }

  @Test func exactBytes() {
    #expect(Readable.exactBytes(548_105_171) == "548,105,171 bytes")
    #expect(Readable.exactBytes(1) == "1 byte")
  }

  @Test(arguments: [
    (0.0, "0%"), (1, "100%"), (0.125, "12.5%"), (0.0002, "0.02%"), (0.99999, "99.9%"),
    (1.5, "150%"), (.nan, "NaN"),
  ])
  func percentage(fraction: Double, text: String) {
    #expect(Readable.percentage(fraction) == text)
  }

  @Test(arguments: [
    (Duration.zero, "0 s"), (.nanoseconds(340), "0.34 µs"), (.microseconds(340), "340 µs"),
    (.microseconds(999.9), "1 ms"), (.milliseconds(12), "12 ms"), (.milliseconds(999.9), "1.0 s"),
    (.seconds(2.5), "2.5 s"), (.seconds(9.96), "10 s"), (.seconds(59.4), "59 s"),
    (.seconds(59.6), "1 min 00 s"), (.seconds(185), "3 min 05 s"), (.seconds(3599.7), "1 h 00 min"),
    (.seconds(7380), "2 h 03 min"), (.seconds(86400 * 3 + 3600 * 4), "3 d 04 h"),
    (.seconds(-1), "0 s"),
  ])
  func duration(duration: Duration, text: String) {
    #expect(Readable.duration(duration) == text)
  }

  @Test func rates() {
    #expect(Readable.bytesPerSecond(1.2e9) == "1.2 GB/s")
    #expect(Readable.bytesPerSecond(0) == "0 B/s")
    #expect(Readable.bytesPerSecond(.infinity) == "Infinity")
    #expect(Readable.rate(0.25, of: "steps") == "0.25 steps/s")
    #expect(Readable.rate(1234.5, of: "tokens") == "1.2K tokens/s")
    #expect(Readable.rate(87.3, of: "tokens") == "87 tokens/s")
    #expect(Readable.rate(.nan, of: "tokens") == "NaN")
  }
}
