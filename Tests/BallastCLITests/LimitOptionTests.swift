import BallastTestSupport
import Testing

/// `--limit`, on the commands that read checkpoints.
@Suite struct LimitOptionTests {
  private let file = Fixtures.path("tiny-gpt2/model.safetensors")

  @Test(arguments: [
    ["inspect"], ["stats"], ["check"], ["logits", "--text", "a", "-o", "/dev/null/x"],
    ["generate", "--prompt", "a", "-n", "1"],
  ])
  func aLimitIsKeptAndNamedInTheHint(command: [String]) throws {
    let result = try Ballast.run(
      [command[0], file] + command.dropFirst() + ["--limit", "json.values=3"]
    )
    #expect(result.status == (command == ["check"] ? 1 : 2))
    let said = result.errors + result.text
    #expect(said.contains("JSON has more than 3 values"))
    if command == ["check"] {
      #expect(said.contains("JSON has more than 3 values (limit json.values)"))
    } else {
      let hint = "raise the limit: --limit json.values=N (524,288 where none is set)"
      #expect(said.contains(hint))
    }
  }

  @Test func conversionKeepsItToo() throws {
    let folder = try TemporaryFolder()
    for target in ["safetensors", "hf"] {
      let output = folder.path + "/" + target
      let refused = try Ballast.run(
        "convert",
        file,
        output,
        "--to",
        target,
        "--limit",
        "json.values=3"
      )
      #expect(refused.status == 2 && refused.errors.contains("--limit json.values=N"))
      #expect(try folder.contents.isEmpty)
    }
    let output = folder.path + "/x.safetensors"
    let size = "json.values=1MiB"
    #expect(try Ballast.run("convert", file, output, "--limit", size).status == 0)
  }

  @Test func unknownNamesAndValuesAreWrongUsage() throws {
    let typo = try Ballast.run("inspect", file, "--limit", "torch.tensor=5")
    #expect(typo.status == 64)
    #expect(typo.errors.contains("did you mean 'torch.tensors'?"))
    let other = try Ballast.run("scan", file, "--limit", "torch.tensors=5")
    #expect(other.status == 64)
    #expect(
      other.errors.contains("scan.opcodes, scan.member-bytes, scan.inflated-bytes and scan.members")
    )
    for value in ["", "0", "-1", "much", "512TiB", "0x10", "1.4B"] {
      #expect(try Ballast.run("inspect", file, "--limit", "torch.tensors=\(value)").status == 64)
    }
  }

  @Test func whatScanDidNotLookAtIsNamed() throws {
    let file = Fixtures.path("containers/trainer-zip.pt")
    #expect(try Ballast.run("scan", file).status == 0)
    let result = try Ballast.run("scan", file, "--limit", "scan.opcodes=5")
    #expect(result.status == 1)
    #expect(result.text.contains("scan.opcodes"))
    // A text of 2000 bytes, in a block that is stored: the first KiB is always looked at.
    let pickle = [0x80, 2, 0x58, 0xD0, 7, 0, 0] + [UInt8](repeating: 0x61, count: 2000) + [0x2E]
    let count = UInt16(pickle.count)
    let block = [
      1, UInt8(count & 0xFF), UInt8(count >> 8), UInt8(~count & 0xFF), UInt8(~count >> 8),
    ]
    let folder = try TemporaryFolder()
    let packed = try folder.write(
      [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0] + block + pickle + [UInt8](repeating: 0, count: 8),
      to: "a.gz"
    )
    #expect(try Ballast.run("scan", packed).status == 0)
    for name in ["scan.member-bytes", "scan.inflated-bytes"] {
      let result = try Ballast.run("scan", packed, "--limit", "\(name)=1100")
      #expect(result.status == 1)
      #expect(result.text.contains(name), "\(result.text)")
    }
    // The reader's own limits are not among those of this command.
    let deflated = Fixtures.path("containers/deflated-zip.pt")
    let members = try Ballast.run("scan", deflated, "--limit", "scan.members=1")
    #expect(members.status == 1)
    #expect(members.text.contains("(scan.members)"))
    #expect(members.errors.isEmpty)
  }
}
