import BallastBytes

/// A JSON member that names or holds a program, in an archive that torch opens.
///
/// Other archives have members of these names, so that a word decides that no program does without.
enum ProgramDescription {
  /// `model.json` of the first TorchScript, which says where its sources are, whatever they are called.
  case firstTorchScript
  /// A graph of torch.export in `models`, which torch's runtime in C++ reads without asking for a format.
  case graph

  init?(of member: ScannedArchive.Member, in archive: ScannedArchive) {
    guard archive.isOpenedByTorch else { return nil }
    let records = ScannedCode.records(of: archive.foldedName(of: member))
    if records.contains(where: { $0.elementsEqual("model.json".utf8) }) {
      self = .firstTorchScript
    } else if records.contains(where: {
      $0.starts(with: "models/".utf8) && $0.suffix(5).elementsEqual(".json".utf8)
    }) {
      self = .graph
    } else {
      return nil
    }
  }

  /// The word, or what can stand for its letters: protobuf takes a letter behind any backslash.
  private var marks: [[UInt8]] {
    switch self {
    case .firstTorchScript: [Array("torchscript".utf8), Array("\\".utf8)]
    case .graph: [Array("graph_module".utf8), Array("\\u".utf8)]
    }
  }

  /// Whether a text describes a program.
  func describesProgram(_ text: Span<UInt8>) -> Bool {
    let marks = marks
    for index in text.indices {
      for mark in marks where text[index] == mark[0] && index + mark.count <= text.count {
        if mark.indices.allSatisfy({ text[index + $0] == mark[$0] }) { return true }
      }
    }
    return false
  }

  func finding(at place: String?) -> PickleScan.Finding {
    switch self {
    case .firstTorchScript: ScannedCode.torchScriptFinding(at: place)
    case .graph: ScannedCode.exportFinding(at: place)
    }
  }
}
