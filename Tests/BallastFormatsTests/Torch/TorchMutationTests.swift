import BallastBytes
import BallastCheckpoint
import BallastFormats
import Testing

/// Damaged files end in an error or in a checkpoint, never in a trap or without an end.
@Suite struct TorchMutationTests {
  /// A file of either kind that has something of everything in it.
  enum Kind: CaseIterable {
    case zip
    case deflated
    case legacy

    private static let pickle: [UInt8] = {
      let weight = TorchPickle.tensor(
        TorchPickle.storage("0", count: 64),
        sizes: [8, 8],
        strides: [1, 8]
      )
      let bytes = TorchPickle.tensor(
        TorchPickle.storage("1", count: 16, type: "UntypedStorage"),
        sizes: [16],
        strides: [1]
      )
      return TorchPickle.dictionary([
        "model": TorchPickle.call(
          "collections",
          "OrderedDict",
          TorchPickle.list([TorchPickle.list([TorchPickle.text("w"), weight])])
        ),
        "optimizer": TorchPickle.dictionary([
          (TorchPickle.integer(0), TorchPickle.dictionary(["exp_avg": bytes]))
        ]),
        "iter_num": TorchPickle.integer(7), "name": TorchPickle.text("naïve"),
        "list": TorchPickle.list([TorchPickle.integer(1), weight]),
      ])
    }()

    func build() throws -> [UInt8] {
      let storages = ["0": floats(64), "1": (0..<16).map { UInt8($0) }]
      switch self {
      case .zip: return try torchZip(Self.pickle, storages: storages).build()
      case .deflated:
        return try torchZip(Self.pickle, storages: storages, isDeflated: true).build()
      case .legacy:
        return torchLegacy(
          Self.pickle,
          keys: ["0", "1"],
          storages: [(64, floats(64)), (16, (0..<16).map { UInt8($0) })]
        )
      }
    }
  }

  /// Opens a file as the registry would and reads what it holds; tells whether that went well.
  private func opens(_ file: [UInt8]) throws -> Bool {
    let source = try SharedBytes.copying(file)
    do throws(FormatError) {
      let checkpoint: Checkpoint
      if TorchZip.matches(source) {
        checkpoint = try TorchZip.open(source)
        for checksum in checkpoint.checksums { _ = try checksum.holds() }
      } else {
        checkpoint = try TorchLegacy.open(source)
      }
      for tensor in checkpoint.tensors where tensor.byteCount < 1 << 20 {
        try tensor.forEachPiece { (_, _) throws(FormatError) in }
      }
      return true
    } catch {
      #expect(!error.description.isEmpty)
      return false
    }
  }

  @Test(arguments: Kind.allCases)
  func truncated(kind: Kind) throws {
    let file = try kind.build()
    #expect(try opens(file))
    for count in stride(from: 0, to: file.count, by: max(1, file.count / 200)) {
      #expect(try !opens(Array(file.prefix(count))))
    }
  }

  @Test(arguments: Kind.allCases)
  func flipped(kind: Kind) throws {
    var generator = SplitMix64(seed: 11)
    let file = try kind.build()
    var survivors = 0
    for _ in 0..<2000 {
      var damaged = file
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0..<file.count, using: &generator)
        damaged[place] ^= UInt8(1) << Int.random(in: 0..<8, using: &generator)
      }
      if try opens(damaged) { survivors += 1 }
    }
    // Where there are checksums, hardly anything gets through.
    #expect(kind == .legacy ? survivors > 0 : survivors < 500)
  }

  @Test(arguments: Kind.allCases)
  func spliced(kind: Kind) throws {
    var generator = SplitMix64(seed: 13)
    let file = try kind.build()
    for _ in 0..<500 {
      let from = Int.random(in: 0..<file.count, using: &generator)
      let count = Int.random(in: 0...min(64, file.count - from), using: &generator)
      var damaged = file
      damaged.insert(
        contentsOf: file[from..<from + count],
        at: Int.random(in: 0...file.count, using: &generator)
      )
      _ = try opens(damaged)
      damaged.removeSubrange(from..<from + count)
      _ = try opens(damaged)
    }
  }
}
