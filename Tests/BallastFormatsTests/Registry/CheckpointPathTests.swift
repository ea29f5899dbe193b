import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastTestSupport
import Testing

/// What a path stands for, and whose error a file gets.
@Suite struct CheckpointPathTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func aFileStandsForItself() throws {
    let path = try folder.write([1], to: "anything")
    #expect(try CheckpointPath.resolve(path) == path)
  }

  @Test func theFirstCandidateOfAFolderCounts() throws {
    _ = try folder.write([1], to: "other.safetensors")
    for candidate in CheckpointPath.candidates.reversed() {
      _ = try folder.write([1], to: candidate)
      #expect(try CheckpointPath.resolve(folder.path) == folder.path + "/" + candidate)
    }
    #expect(CheckpointPath.candidates.first == "model.safetensors")
  }

  @Test func filesOfASetLieBesideItsIndexAndMembersInTheirArchive() throws {
    let index = try folder.write([1], to: "model.safetensors.index.json")
    #expect(CheckpointPath.container(of: index) == folder.path)
    #expect(CheckpointPath.container(of: folder.path + "/model.ckpt") == folder.path)
    #expect(CheckpointPath.container(of: "model.ckpt.index") == ".")
    #expect(CheckpointPath.container(of: "/model.ckpt.index") == "/")
    #expect(CheckpointPath.container(of: folder.path) == folder.path)
    let archive = try folder.write([1], to: "model.pt")
    #expect(CheckpointPath.container(of: archive) == archive)
  }

  @Test func nothingThereAndNothingToOpen() throws {
    let missing = folder.path + "/missing"
    #expect(
      Failure { try Checkpoint.open(path: missing) } == Failure(InputOutputFault.noSuchFile)
    )
    _ = try folder.write([1], to: "other.bin")
    let none = try #require(failure { try Checkpoint.open(path: folder.path) })
    #expect(none.fault as? CheckpointFormatFault == .noCheckpointInFolder)
    #expect(none.fault.hint?.contains("pytorch_model.bin.index.json") == true)
  }

  @Test(arguments: ["", "/"])
  func aFolderIsOpenedAndItsFileNamedInErrors(slash: String) throws {
    _ = try folder.write(safetensors("[]"), to: "model.safetensors")
    let error = failure { try Checkpoint.open(path: folder.path + slash) }
    #expect(error?.fault as? SafetensorsFault == .headerNotObject)
    #expect(error?.file?.hasSuffix("model.safetensors") == true)
    let header = #"{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
    _ = try folder.write(safetensors(header, data: 1), to: "model.safetensors")
    let checkpoint = try Checkpoint.open(path: folder.path + slash)
    #expect(checkpoint.tensors.map(\.name) == ["t"])
    #expect(checkpoint.tensors.first?.storage.file?.hasSuffix("model.safetensors") == true)
  }

  @Test(arguments: ["model.safetensors", "model.bin", "model", "model.safetensors.index.json"])
  func anEmptyFileIsSaidToBeEmpty(name: String) throws {
    let path = try folder.write([], to: name)
    #expect(Failure { try Checkpoint.open(path: path) } == Failure(CheckpointFormatFault.empty))
  }

  @Test(arguments: ["model.pt.gz", "model.npz", "model"])
  func whatIsCompressedIsSaidToBe(name: String) throws {
    for (program, start) in [
      ("gzip", [0x1F, 0x8B, 8, 0]), ("zstd", [0x28, 0xB5, 0x2F, 0xFD, 0]),
      ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]), ("bzip2", [0x42, 0x5A, 0x68, 0x39]),
    ] as [(String, [UInt8])] {
      let path = try folder.write(start, to: name)
      let error = try #require(failure { try Checkpoint.open(path: path) })
      #expect(error.fault as? CheckpointFormatFault == .compressed(program))
      let short = try folder.write(Array(start.dropLast(2)), to: name)
      #expect(
        failure { try Checkpoint.open(path: short) }?.fault as? CheckpointFormatFault
          != .compressed(program)
      )
    }
  }

  @Test(arguments: ["model", "model.txt", "model.onnx", "safetensors"])
  func aFileThatNoFormatClaims(name: String) throws {
    let path = try folder.write(Array("not a checkpoint".utf8), to: name)
    let error = try #require(failure { try Checkpoint.open(path: path) })
    #expect(error.fault as? CheckpointFormatFault == .unrecognized)
    #expect(error.offset == 0)
    let formats = CheckpointFormat.all.map(\.name).joined(separator: ", ")
    #expect(formats.hasPrefix("gguf, ggml, llm.c, safetensors, torch-zip, torch-legacy, "))
    #expect(error.fault.hint == "known formats: " + formats)
  }

  /// The extension decides whose error is told, never what is read.
  @Test func aNameDecidesOnlyWhoseErrorIsTold() throws {
    let text = Array("not a checkpoint".utf8)
    let safe = failure { try Checkpoint.open(path: folder.path + "/a.safetensors") }
    #expect((safe?.fault as? InputOutputFault)?.isNoSuchFile == true)
    let named = try folder.write(text, to: "a.safetensors")
    #expect(
      failure { try Checkpoint.open(path: named) }?.fault is SafetensorsFault
    )
    for name in ["a.pt", "a.pth", "a.bin", "a.gguf"] {
      let path = try folder.write(text, to: name)
      let error = try #require(failure { try Checkpoint.open(path: path) })
      #expect(!(error.fault is CheckpointFormatFault))
      #expect(!(error.fault is SafetensorsFault))
    }
    let header = #"{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
    let misnamed = try folder.write(safetensors(header, data: 1), to: "b.bin")
    #expect(try Checkpoint.open(path: misnamed).format == "safetensors")
  }

  @Test func everyFormatIsKnownByItsBytes() throws {
    func name(_ bytes: [UInt8]) throws -> String? {
      CheckpointFormat.recognize(try .copying(bytes))?.name
    }
    #expect(try name(safetensors("{}")) == "safetensors")
    #expect(try name([]) == nil)
    #expect(try name(Array("GGUF\u{3}\0\0\0".utf8)) == "gguf")
    #expect(Set(CheckpointFormat.all.map(\.name)).count == CheckpointFormat.all.count)
    let extensions = CheckpointFormat.all.flatMap(\.extensions)
    #expect(Set(extensions).count == extensions.count)
  }
}
