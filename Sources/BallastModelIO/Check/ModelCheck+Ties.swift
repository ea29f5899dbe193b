import BallastBytes
import BallastCheckpoint
import BallastGPT2
import BallastInspection

extension ModelCheck {
  /// A head of its own although the configuration ties it, and how far it is from the embedding.
  mutating func checkHead(
    _ weights: CanonicalCheckpoint,
    _ configuration: GPT2Configuration?,
    _ progress: @escaping DifferenceProgress
  ) throws(FormatError) {
    guard let configuration, configuration.tiesHead, let head = weights["lm_head.weight"],
      let embedding = weights["wte.weight"], head.shape == embedding.shape,
      let difference = try difference(head, embedding, progress)
    else { return }
    let error = FormatError(
      ModelFault.headDiffers,
      at: head.fileOffset,
      in: head.storage.file
    )
    add(.error, error, tensor: weights.sourceNames["lm_head.weight"], details: difference)
  }

  /// Ties that the metadata records and the tensors contradict.
  mutating func checkRecordedTies(
    in checkpoint: Checkpoint,
    _ progress: @escaping DifferenceProgress
  ) throws(FormatError) {
    for (name, original) in Conversion.statedTies(in: checkpoint) {
      guard let source = checkpoint[original] else {
        let error = FormatError(TieFault.noOriginal(name: name, original: original))
        add(.error, error, tensor: name)
        continue
      }
      guard let tied = checkpoint[name] else { continue }
      let fault = TieFault.differs(name: name, original: original)
      let error = FormatError(fault, at: tied.fileOffset, in: tied.storage.file)
      if tied.shape != source.shape {
        add(.error, error, tensor: name, details: ": \(tied.shape) and \(source.shape)")
      } else if let difference = try difference(tied, source, progress) {
        add(.error, error, tensor: name, details: difference)
      }
    }
  }

  /// How two tensors of one shape differ, in words that go on; nil where they are the same.
  private func difference(
    _ a: TensorView,
    _ b: TensorView,
    _ progress: @escaping DifferenceProgress
  ) throws(FormatError) -> String? {
    if a.isTied(to: b) { return nil }
    let figures: DifferenceFigures?
    do {
      figures = try DifferenceFigures.between(a, b, progress: progress)
    } catch {
      // Values that cannot be read are another finding; work that was given up is none.
      try progress(0)
      return nil
    }
    guard a.dtype == b.dtype else { return ": \(a.dtype.rawValue) and \(b.dtype.rawValue)" }
    guard let figures else { return nil }
    guard figures.changed > 0 else { return nil }
    return ": by \(figures.maximumAbsolute) at most, in \(figures.changed) of "
      + "\(figures.count) values"
  }
}
