import BallastBytes
import BallastFormats
import Testing

/// Builds tar archives, honest ones and others.
struct TarBuilder {
  private(set) var file: [UInt8] = []

  /// Adds a member; `size` and `checksum` are what the header says, where it is not the truth.
  mutating func add(
    _ name: String,
    _ data: [UInt8] = [],
    kind: String = "0",
    size: [UInt8]? = nil,
    checksum: String? = nil,
    prefix: String = ""
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ bytes: [UInt8], at place: Int) {
      header.replaceSubrange(place..<place + bytes.count, with: bytes)
    }
    put(Array(name.utf8), at: 0)
    put(size ?? Array(Self.octal(data.count, 11).utf8), at: 124)
    put(Array(kind.utf8), at: 156)
    put(Array("ustar\0".utf8) + Array("00".utf8), at: 257)
    put(Array(prefix.utf8), at: 345)
    put([UInt8](repeating: 0x20, count: 8), at: 148)
    let sum = header.reduce(0) { $0 + Int($1) }
    put(Array((checksum ?? Self.octal(sum, 6)).utf8) + [0], at: 148)
    file += header + data + [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
  }

  static func octal(_ number: Int, _ width: Int) -> String {
    let digits = String(number, radix: 8)
    return String(repeating: "0", count: width - digits.count) + digits
  }

  /// A record of an extended header, which begins with its own length.
  static func record(_ text: String) -> [UInt8] {
    let length = text.utf8.count + 4
    return Array("\(length < 10 ? "0" : "")\(length) \(text)\n".utf8)
  }

  var source: SharedBytes {
    get throws { try SharedBytes.copying(file + [UInt8](repeating: 0, count: 1024)) }
  }
}

@Suite struct TarArchiveTests {
  private func archive(_ build: (inout TarBuilder) -> Void) throws -> TarArchive {
    var builder = TarBuilder()
    build(&builder)
    return try TarArchive(parsing: builder.source)
  }

  private func fault(_ build: (inout TarBuilder) -> Void) throws -> (any FormatFault)? {
    try #require(throws: FormatError.self) { try archive(build) }.fault
  }

  @Test func findsItsMembers() throws {
    let archive = try archive {
      $0.add("a", bytes("hello"))
      $0.add("folder", kind: "5")
      $0.add("b", prefix: "deep")
      $0.add("c", [UInt8](repeating: 1, count: 512))
    }
    #expect(archive.members.map(\.name) == ["a", "deep/b", "c"])
    #expect(archive["a"]?.range == 512..<517)
    #expect(archive["c"]?.range == 2560..<3072)
    #expect(archive["d"] == nil)
  }

  @Test func extendedHeadersRename() throws {
    let archive = try archive {
      $0.add("x", TarBuilder.record("path=longer") + TarBuilder.record("mtime=1.5"), kind: "x")
      $0.add("a", bytes("1"))
      $0.add("x", bytes("gnu's", 0), kind: "L")
      $0.add("a", bytes("2"))
      $0.add("a", bytes("3"))
    }
    #expect(archive.members.map(\.name) == ["longer", "gnu's", "a"])
  }

  @Test func namesInExtendedHeadersEndWithoutSlashes() throws {
    let renamed = try archive {
      $0.add("x", TarBuilder.record("path=longer//"), kind: "x")
      $0.add("a", bytes("1"))
    }
    #expect(renamed.members.map(\.name) == ["longer"])
    let twice = try fault {
      $0.add("longer", bytes("1"))
      $0.add("x", TarBuilder.record("path=longer/"), kind: "x")
      $0.add("a", bytes("2"))
    }
    #expect(twice as? TarFault == .duplicateName("longer"))
  }

  @Test(arguments: ["1", "2", "3", "6", "S", "K", "g", "X", "Z", "\u{1}"])
  func onlyFilesAndFoldersAreMembers(kind: String) throws {
    let found = try fault {
      $0.add("a", bytes("1"))
      $0.add("b", bytes("2"), kind: kind)
    }
    #expect(found as? TarFault == .unsupportedMember(kind: kind.utf8.first ?? 0))
  }

  @Test func foldersHaveNoData() throws {
    #expect(try fault { $0.add("a", bytes("1"), kind: "5") } as? TarFault == .folderWithData)
    // An old archive tells a folder by its name.
    #expect(try fault { $0.add("a/", bytes("1"), kind: "\0") } as? TarFault == .folderWithData)
    #expect(try archive { $0.add("a/", kind: "\0") }.members.isEmpty)
    #expect(try archive { $0.add("a", kind: "\0") }.members.count == 1)
  }

  @Test func sparseMembersAreRefused() throws {
    #expect(
      try fault { $0.add("x", TarBuilder.record("GNU.sparse.size=512"), kind: "x") } as? TarFault
        == .sparse
    )
  }

  @Test func aMemberIsExtendedOnce() throws {
    let (first, second) = (TarBuilder.record("path=b"), TarBuilder.record("path=c"))
    for (header, kind) in [(second, "x"), (bytes("c", 0), "L")] {
      let found = try fault {
        $0.add("x", first, kind: "x")
        $0.add("x", header, kind: kind)
        $0.add("a")
      }
      #expect(found as? TarFault == .extendedTwice)
    }
    let sizes = try fault {
      for _ in 0..<2 { $0.add("x", TarBuilder.record("size=5"), kind: "x") }
      $0.add("a", bytes("hello"))
    }
    #expect(sizes as? TarFault == .extendedTwice)
    // Name and size may come apart, and the size is the file's.
    let apart = try archive {
      $0.add("x", TarBuilder.record("size=5"), kind: "x")
      $0.add("x", bytes("name", 0), kind: "L")
      $0.add("a", bytes("hello"), size: Array("00000000000".utf8))
    }
    #expect(apart.members.map(\.name) == ["name"] && apart["name"]?.range.count == 5)
  }

  @Test func sizesMayBeBinaryOrExtended() throws {
    let binary = try archive {
      $0.add("a", bytes("hello"), size: [0x80] + [UInt8](repeating: 0, count: 10) + [5])
    }
    #expect(binary["a"]?.range.count == 5)
    let extended = try archive {
      $0.add("x", TarBuilder.record("size=5"), kind: "x")
      $0.add("a", bytes("hello"), size: Array("00000000000".utf8))
    }
    #expect(extended["a"]?.range.count == 5)
  }

  @Test func damagedArchivesAreRefused() throws {
    let large = Array("77777777777".utf8)
    #expect(try fault { $0.add("a", checksum: "000000") } as? TarFault == .wrongChecksum)
    #expect(
      try fault { $0.add("a", size: bytes("12x")) } as? TarFault == .badNumber(field: "size")
    )
    #expect(
      try fault { $0.add("a", size: [UInt8](repeating: 0xFF, count: 12)) } as? TarFault
        == .badNumber(field: "size")
    )
    guard case .truncated? = try fault({ $0.add("a", size: large) }) as? ByteFault else {
      Issue.record("eight gigabytes were found in a kilobyte")
      return
    }
    let widest = [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7)
    #expect(try fault { $0.add("a", size: widest) } as? ByteFault == .overflow)
    #expect(
      try fault {
        $0.add("a")
        $0.add("a")
      } as? TarFault == .duplicateName("a")
    )
    for record in ["", "5 path", "12 path=a\n", "x path=a\n", "09 path:a\n", "01 size=-1\n"] {
      #expect(try fault { $0.add("x", Array("9\(record)".utf8), kind: "x") } as? TarFault != nil)
    }
    #expect(
      try fault { $0.add("x", TarBuilder.record("size=-1"), kind: "x") } as? TarFault
        == .badExtension
    )
    let long = [UInt8](repeating: 0x20, count: 1 << 17)
    #expect(
      try fault { $0.add("x", long, kind: "x") } as? TarFault == .headerTooLong(limit: 1 << 16)
    )
  }
}
