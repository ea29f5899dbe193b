import BallastBytes
import BallastFormats
import BallastTestSupport
import Testing

/// What is written is what Python's own pickler writes in protocol 2.
@Suite struct PickleWriterTests {
  private func pickle(_ write: (inout PickleWriter) -> Void) -> [UInt8] {
    var writer = PickleWriter()
    write(&writer)
    return Array(writer.finished().dropFirst(2).dropLast())
  }

  @Test func integersTakeTheBytesThatPythonSpends() {
    let expected: [(Int, [UInt8])] = [
      (0, [0x4B, 0]),
      (255, [0x4B, 0xFF]),
      (256, [0x4D, 0, 1]),
      (65535, [0x4D, 0xFF, 0xFF]),
      (65536, [0x4A, 0, 0, 1, 0]),
      (-1, [0x4A, 0xFF, 0xFF, 0xFF, 0xFF]),
      (2_147_483_647, [0x4A, 0xFF, 0xFF, 0xFF, 0x7F]),
      (2_147_483_648, [0x8A, 5, 0, 0, 0, 0x80, 0]),
      (-2_147_483_648, [0x4A, 0, 0, 0, 0x80]),
      (-2_147_483_649, [0x8A, 5, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF]),
      (1 << 40, [0x8A, 6, 0, 0, 0, 0, 0, 1]),
      (128 << 32, [0x8A, 6, 0, 0, 0, 0, 0x80, 0]),
      (.max, [0x8A, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]),
      (.min, [0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 0x80]),
    ]
    for (value, bytes) in expected {
      #expect(pickle { $0.put(value) } == bytes, "\(value)")
    }
  }

  @Test func textsAndGlobalsComeFromTheMemoTheSecondTime() {
    let bytes = pickle { pickle in
      for _ in 0..<2 {
        pickle.put("é")
        pickle.put(global: "f", of: "m")
      }
      pickle.put("e\u{301}")  // equal to Swift, and another text
    }
    #expect(
      bytes == [0x58, 2, 0, 0, 0, 0xC3, 0xA9, 0x71, 0, 0x63] + Array("m\nf\n".utf8)
        + [0x71, 1, 0x68, 0, 0x68, 1, 0x58, 3, 0, 0, 0, 0x65, 0xCC, 0x81, 0x71, 2]
    )
  }

  @Test func tuplesOfEveryLength() {
    #expect(pickle { $0.putTuple([]) } == [0x29])
    #expect(pickle { $0.putTuple([1]) } == [0x4B, 1, 0x85, 0x71, 0])
    #expect(pickle { $0.putTuple([1, 2]) } == [0x4B, 1, 0x4B, 2, 0x86, 0x71, 0])
    #expect(pickle { $0.putTuple([1, 2, 3]) } == [0x4B, 1, 0x4B, 2, 0x4B, 3, 0x87, 0x71, 0])
    #expect(
      pickle { $0.putTuple([1, 2, 3, 4]) }
        == [0x28, 0x4B, 1, 0x4B, 2, 0x4B, 3, 0x4B, 4, 0x74, 0x71, 0]
    )
  }

  @Test func containersAreFilledInBatchesOfAThousand() throws {
    func marks(_ count: Int) -> (marks: Int, several: Int, one: Int) {
      let bytes = pickle { $0.putList(count: count) { pickle, _ in pickle.put(.none) } }
      return (
        bytes.count { $0 == 0x28 }, bytes.count { $0 == 0x65 }, bytes.count { $0 == 0x61 }
      )
    }
    #expect(marks(0) == (0, 0, 0))
    #expect(marks(1) == (0, 0, 1))
    #expect(marks(1000) == (1, 1, 0))
    #expect(marks(1001) == (1, 1, 1))
    #expect(marks(2002) == (3, 3, 0))
  }

  @Test func theMachineReadsWhatIsWritten() throws {
    var writer = PickleWriter()
    // More than 256 entries of the memo: the long instructions too.
    writer.putDict(count: 300) { pickle, index in
      pickle.put("key \(index)")
      pickle.put("key \(299 - index)")
    }
    let source = try SharedBytes.copying(writer.finished())
    var machine = PickleMachine(source, range: 0..<source.count)
    try machine.run()
    let graph = machine.graph
    let entries = try #require(graph.root.flatMap { graph.entries($0) })
    #expect(entries.count == 600)
    for index in 0..<300 {
      #expect(graph.text(entries[2 * index]) == "key \(index)")
      #expect(graph.text(entries[2 * index + 1]) == "key \(299 - index)")
    }
  }
}
