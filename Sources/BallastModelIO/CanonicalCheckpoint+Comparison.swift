package import BallastBytes
package import BallastCheckpoint

extension CanonicalCheckpoint {
  private static let headName = "lm_head.weight"
  private static let embeddingName = "wte.weight"

  /// Whether the head's weight is stored and is not that of the token embedding.
  package func hasOwnHead() throws(FormatError) -> Bool {
    guard let head = self[Self.headName], let embedding = self[Self.embeddingName] else {
      return false
    }
    return try !head.holdsSame(as: embedding)
  }

  /// The weights as the tensors of `checkpoint`, the one they were found in, under canonical names.
  ///
  /// Formats store a tied head once or twice, which is no difference between models: it is left out,
  /// or where another checkpoint has a head of its own, given as what it is, the embedding.
  package func comparable(
    of checkpoint: Checkpoint,
    withHead: Bool
  ) throws(FormatError) -> Checkpoint {
    var tensors = weights.filter { $0.name != Self.headName }
    if withHead, let head = self[Self.headName] ?? self[Self.embeddingName] {
      tensors.append(head.renamed(Self.headName))
    }
    return try checkpoint.with(tensors: tensors)
  }
}
