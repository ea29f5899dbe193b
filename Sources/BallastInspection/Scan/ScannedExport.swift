import BallastBytes
import BallastFormats

/// Archives of torch.export, whose JSON has sizes as expressions: SymPy evaluates them as Python.
enum ScannedExport {
  /// Whether an archive is one, by the names of its members, of this version of torch and of older ones.
  static func isExport(_ archive: ScannedArchive) -> Bool {
    guard !archive.isTar else { return false }
    return archive.members.contains { member in
      let name = archive.foldedName(of: member)
      return name.hasSuffix("archive_format") || name.hasSuffix("serialized_exported_program.json")
        || name.hasSuffix(".json")
          && name.split(separator: UInt8(ascii: "/")).dropLast().last?.elementsEqual("models".utf8)
            == true
    }
  }

  /// Whether a member is a description in JSON: what is in `models` is one whatever it is called.
  static func isDescription(_ member: ScannedArchive.Member, of archive: ScannedArchive) -> Bool {
    let name = archive.foldedName(of: member)
    return name.hasSuffix(".json")
      || name.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("models".utf8) }
  }

  /// Whether a member is of AOTInductor, whose files are unpacked, compiled and loaded, wherever their names
  /// lead.
  static func isProgram(_ member: ScannedArchive.Member, of archive: ScannedArchive) -> Bool {
    archive.foldedName(of: member).split { [0x2F, 0x5C].contains($0) }.contains {
      $0.elementsEqual("aotinductor".utf8)
    }
  }

  /// What is said of an archive once.
  static func finding(at place: String?) -> PickleScan.Finding {
    PickleScan.Finding(
      .unknown,
      rule: "code.export",
      "brings a program of torch.export along, whose sizes are evaluated while it is loaded",
      file: place
    )
  }

  /// What is said of AOTInductor once.
  static func programFinding(at place: String?) -> PickleScan.Finding {
    let message = "brings what AOTInductor unpacks, compiles and loads: whoever loads it runs it"
    return PickleScan.Finding(rule: "code.aotinductor", message, file: place)
  }
}

extension PickleScanner {
  /// Looking for texts in JSON takes so many times as long as reading bytes.
  private static let jsonCost = 16

  /// Looks at a description in an archive of torch.export.
  mutating func scanExport(_ stream: Stream, isDeflated: Bool) {
    guard let text = memberText(stream, isDeflated: isDeflated, cost: Self.jsonCost) else { return }
    let description = ExportDescription(text.span)
    for (what, message) in [
      (description.importedName, "has torch.export import a module by its name"),
      (
        description.size, "has a size that torch.export evaluates, and that is more than arithmetic"
      ),
      (
        description.guardCode,
        "has a condition that torch.export compiles, and that is more than arithmetic"
      ),
      (description.operatorName, "calls an operator that reaches outside of the model"),
    ] {
      guard let what else { continue }
      let finding = PickleScan.Finding(
        rule: "code.export",
        "\(message): \(what)",
        file: stream.place
      )
      result.add(finding)
    }
  }
}
