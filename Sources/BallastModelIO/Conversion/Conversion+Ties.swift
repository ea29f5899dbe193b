import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastJSON

/// The ties that metadata of safetensors records, as the library's `save_model` does: the dropped
/// name is the key, the one that is kept the value.
///
/// Other metadata may name tensors as well: {"main_tensor": "wte.weight"}. What ties weights of
/// models together ends alike, as `lm_head.weight` and `wte.weight` do; where it does not, Ballast
/// lists the names that it dropped under a key of its own.
extension Conversion {
  /// The key of that list, a JSON array.
  private static let key = "ballast.ties"

  /// The ties that are recorded.
  static func recordedTies(in checkpoint: Checkpoint) -> [(name: String, tensor: TensorView)] {
    guard checkpoint.format.hasPrefix(Safetensors.name) else { return [] }
    let listed = listedNames(in: checkpoint)
    return checkpoint.metadata.members.compactMap { member in
      guard canRecord(member.key), checkpoint[member.key] == nil,
        let original = member.value.string,
        endAlike(member.key, original) || listed.contains(ExactString(member.key))
      else { return nil }
      return checkpoint[original].map { (member.key, $0) }
    }
  }

  /// The names that Ballast lists, since they do not look like ties.
  private static func listedNames(in checkpoint: Checkpoint) -> Set<ExactString> {
    let list = checkpoint.metadata[key]?.string.flatMap { try? JSONValue(parsing: $0) }?.array
    return Set((list ?? []).compactMap { $0.string.map(ExactString.init) })
  }

  /// The entries of metadata that record ties, whether or not the tensors are there as they say.
  ///
  /// Where a name is not that of a tensor, it counts if it ends as tensors of the file do.
  static func statedTies(in checkpoint: Checkpoint) -> [(name: String, original: String)] {
    guard checkpoint.format.hasPrefix(Safetensors.name) else { return [] }
    let listed = listedNames(in: checkpoint)
    lazy var ends = Set(checkpoint.tensors.map { ExactString(lastText(of: $0.name)) })
    return checkpoint.metadata.members.compactMap { member in
      guard canRecord(member.key), let original = member.value.string else { return nil }
      let isListed = listed.contains(ExactString(member.key))
      let isTie =
        isListed
        || endAlike(member.key, original)
          && (checkpoint[original] != nil
            || member.key.contains(".") && original.contains(".")
              && ends.contains(ExactString(lastText(of: original))))
      return isTie ? (member.key, original) : nil
    }
  }

  /// Whether the record of a tie with that name is none of safetensors' own keys, or of Ballast's.
  static func canRecord(_ name: String) -> Bool { name != "format" && name != key }

  /// The entries of metadata that record ties.
  static func record(
    _ ties: [(name: String, original: String)]
  ) -> [(key: String, value: String)] {
    let unlike = ties.filter { !endAlike($0.name, $0.original) }
    let list = JSONValue.array(unlike.map { .string($0.name) }).text()
    return ties.map { ($0.name, $0.original) } + (unlike.isEmpty ? [] : [(key, list)])
  }

  /// Whether metadata under that key is written anew with the ties.
  static func isRecord(_ key: String) -> Bool { key == Self.key }

  /// The bytes of tied tensors where a tie is a copy; throws where they are many times those of what
  /// is copied: a file of kilobytes can tie ten thousand names to one tensor.
  static func byteCount(
    ofCopies ties: [(name: String, original: String)],
    among outputs: [TensorOutput]
  ) throws(FormatError) -> Int {
    var sizes: [ExactString: Int] = [:]
    var written = 0
    for output in outputs {
      sizes[ExactString(output.name)] = output.byteCount
      written = try sum(written, output.byteCount)
    }
    var copied = 0
    for tie in ties { copied = try sum(copied, sizes[ExactString(tie.original)] ?? 0) }
    let limit = try sum(product(written, 8), 1 << 30)
    guard copied <= limit else {
      throw FormatError(ConversionFault.tooManyCopies(bytes: copied, limit: limit))
    }
    return copied
  }

  private static func endAlike(_ a: String, _ b: String) -> Bool {
    lastComponent(of: a).elementsEqual(lastComponent(of: b))
  }

  private static func lastText(of name: String) -> String {
    String(decoding: lastComponent(of: name), as: UTF8.self)
  }

  private static func lastComponent(of name: String) -> Substring.UTF8View.SubSequence {
    let start = name.utf8.lastIndex(of: UInt8(ascii: ".")).map { name.utf8.index(after: $0) }
    return name[(start ?? name.startIndex)...].utf8
  }
}
