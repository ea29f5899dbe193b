import BallastBytes
import BallastTestSupport
import Foundation
import Glibc
import Testing

/// A file appears whole or not at all, and nothing else stays behind.
@Suite struct AtomicFileTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/target"
  }

  @Test func committingMakesTheFileAppear() throws {
    let file = try AtomicFile(path: path, replacing: true)
    try file.write("héllo ")
    try file.write([0x00, 0xFF])
    #expect(file.count == 9)
    let before = try folder.contents
    #expect(before.count == 1)
    #expect(before.first?.hasPrefix(".target.") == true)
    try file.commit()
    #expect(try folder.contents == ["target"])
    #expect(try SharedBytes.contents(path: path) == Array("héllo ".utf8) + [0x00, 0xFF])
  }

  @Test func committingReplacesAFileThatWasThere() throws {
    _ = try folder.write(Array("old and longer".utf8), to: "target")
    let mapped = try SharedBytes.mapping(path: path)
    let file = try AtomicFile(path: path, replacing: true)
    try file.write("new")
    #expect(try SharedBytes.contents(path: path) == Array("old and longer".utf8))
    try file.commit()
    #expect(try SharedBytes.contents(path: path) == Array("new".utf8))
    // Who had mapped the old file still sees all of it.
    #expect(mapped.count == 14)
    #expect(unsafe mapped.bytes.unsafeLoad(fromByteOffset: 13, as: UInt8.self) == 0x72)
  }

  @Test func aFileIsReplacedOnlyIfItMayBe() throws {
    _ = try folder.write(Array("old".utf8), to: "target")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link",
      withDestinationPath: folder.path + "/nowhere"
    )
    for name in ["target", "link"] {
      let refused = Failure { try AtomicFile(path: "\(folder.path)/\(name)", replacing: false) }
      #expect(refused == Failure(InputOutputFault(.create, code: EEXIST)))
    }
    #expect(try folder.contents.sorted() == ["link", "target"])
  }

  @Test func theNewFileHasTheRightsOfTheOld() throws {
    _ = try folder.write(Array("old".utf8), to: "target")
    #expect(unsafe chmod(path, 0o600) == 0)
    try AtomicFile(path: path, replacing: true).commit()
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test func aFileThatAppearsMeanwhileStays() throws {
    let file = try AtomicFile(path: path, replacing: false)
    try file.write("ours")
    _ = try folder.write(Array("theirs".utf8), to: "target")
    #expect { try file.commit() } throws: { error in
      (error as? FormatError)?.fault as? InputOutputFault == InputOutputFault(.rename, code: EEXIST)
    }
    #expect(try SharedBytes.contents(path: path) == Array("theirs".utf8))
  }

  @Test func aFolderIsLockedOnce() throws {
    let lock = try #require(try FileSystem.lock(folder.path))
    #expect { try FileSystem.lock(folder.path) } throws: { error in
      "\(error)".contains("another process is writing into this folder")
    }
    FileSystem.unlock(lock)
    FileSystem.unlock(try #require(try FileSystem.lock(folder.path)))
  }

  @Test func withoutCommitTheOldFileStays() throws {
    _ = try folder.write(Array("old".utf8), to: "target")
    do {
      let file = try AtomicFile(path: path, replacing: true)
      try file.write([UInt8](repeating: 1, count: 3 << 20))
    }
    #expect(try folder.contents == ["target"])
    #expect(try SharedBytes.contents(path: path) == Array("old".utf8))
  }

  @Test func piecesOfEverySizeArriveInOrder() throws {
    var expected: [UInt8] = []
    let file = try AtomicFile(path: path, replacing: true)
    // Around the buffer of 1 MiB: below, exactly, above, and nothing.
    for (index, size) in [1, 1 << 19, (1 << 19) - 1, 1, 0, 1 << 20, 3_000_000, 5].enumerated() {
      let piece = [UInt8](repeating: UInt8(index), count: size)
      try file.write(piece)
      expected += piece
    }
    #expect(file.count == expected.count)
    try file.commit()
    #expect(try SharedBytes.contents(path: path) == expected)
  }

  @Test func anEmptyFileIsAFile() throws {
    try AtomicFile(path: path, replacing: true).commit()
    #expect(try SharedBytes.contents(path: path).isEmpty)
  }

  @Test func twoWritersDoNotMeet() throws {
    for replacing in [false, true] {
      let first = try AtomicFile(path: path, replacing: replacing)
      let second = try AtomicFile(path: path, replacing: replacing)
      try first.write("first")
      try second.write("second")
      try first.commit()
      if replacing {
        try second.commit()
      } else {
        #expect { try second.commit() } throws: { "\($0)".contains("File exists") }
      }
      let expected = replacing ? "second" : "first"
      #expect(try SharedBytes.contents(path: path) == Array(expected.utf8))
    }
  }

  @Test func aNameThatStartsWithACombiningMarkStaysInItsFolder() throws {
    let name = "\u{301}x"
    let file = try AtomicFile(path: folder.path + "/" + name, replacing: false)
    try file.commit()
    #expect(try folder.contents.map(ExactString.init) == [ExactString(name)])
  }

  @Test func foldersThatCannotTakeAFileAreRefused() throws {
    _ = try folder.write([], to: "file")
    let missing = Failure {
      try AtomicFile(path: folder.path + "/missing/target", replacing: false)
    }
    #expect(missing == Failure(InputOutputFault(.create, code: ENOENT)))
    let file = Failure { try AtomicFile(path: folder.path + "/file/target", replacing: true) }
    #expect(file == Failure(InputOutputFault(.create, code: ENOTDIR)))
    #expect(try folder.contents == ["file"])
  }

  @Test func aFolderIsNotReplaced() throws {
    try FileSystem.createFolder(path)
    let failed = Failure {
      let file = try AtomicFile(path: path, replacing: true)
      try file.commit()
    }
    #expect(failed == Failure(InputOutputFault(.rename, code: EISDIR)))
    #expect(try folder.contents == ["target"])
  }

  @Test func aFullDiskLeavesTheOldFile() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let path = try folder.write(Array("old".utf8), to: "target")
      // A limit on the size of files stands in for a full disk.
      var limit = rlimit(rlim_cur: 2 << 20, rlim_max: 2 << 20)
      #expect(unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      signal(SIGXFSZ, SIG_IGN)
      let failed = Failure {
        let file = try AtomicFile(path: path, replacing: true)
        for _ in 0..<3 { try file.write([UInt8](repeating: 1, count: 1 << 20)) }
        try file.commit()
      }
      #expect(failed == Failure(InputOutputFault(.write, code: EFBIG)))
      #expect(try folder.contents == ["target"])
      #expect(try SharedBytes.contents(path: path) == Array("old".utf8))
    }
  }
}
