import BallastCommandLine
import Testing

@Suite struct ByteSizeTests {
  @Test(arguments: [
    ("0", 0), ("4096", 4096), ("1B", 1), ("5GB", 5_000_000_000), ("5gb", 5_000_000_000),
    ("1.5 GB", 1_500_000_000), ("16MiB", 16 << 20), ("1KiB", 1024), ("2kB", 2000), ("0.5kB", 500),
    ("4EiB", 4 << 60), ("1TB", 1_000_000_000_000),
    ("9007199254740993", 9_007_199_254_740_993), ("007", 7),
  ])
  func reads(word: String, bytes: Int) throws {
    #expect(try ByteSize(argument: word).bytes == bytes)
  }

  @Test(arguments: [
    "", "GB", "-1GB", "5XB", "5 G B", "nan", "inf", "9EiB", "1e30", "1e3", "+1", ".5GB", "0x10",
    "0x1p3", "1.4", "1.4B", "1.0", "1.", "1.GB", "1.5.5GB", "1_000", "१",
  ])
  func refuses(word: String) {
    #expect(throws: InvalidArgument("expected a size such as 500MB, 5GB or 16MiB")) {
      try ByteSize(argument: word)
    }
  }

  @Test(arguments: [(0, "0"), (5_000_000_000, "5GB"), (1_500_000, "1500kB"), (1024, "1024")])
  func writes(bytes: Int, word: String) throws {
    #expect(ByteSize(bytes: bytes).argument == word)
    #expect(try ByteSize(argument: word).bytes == bytes)
  }
}
