package import BallastBytes
package import BallastCheckpoint

extension GPT2Parameters {
  /// Reads the weights of a checkpoint, given as views in Linear's orientation.
  ///
  /// A view that is contiguous, aligned float32 is used in place unless `copying`; everything else
  /// goes to one arena. The caller has checked that every slot has a view of its shape.
  package static func load(
    _ configuration: GPT2Configuration,
    copying: Bool,
    view: (String) -> TensorView?
  ) throws(FormatError) -> GPT2Parameters {
    let slots = WeightMap.slots(configuration)
    var total = 0
    for slot in slots where copying || view(slot.name)?.floatsInPlace == nil {
      total += Arena.padded(slot.count)
    }
    let arena = try Storage(count: total)
    var offset = 0
    return try GPT2Parameters(configuration) { (slot) throws(FormatError) in
      guard let view = view(slot.name) else {
        throw FormatError(CheckpointFault.noSuchTensor(slot.name))
      }
      if !copying, let floats = view.floatsInPlace {
        let mapped = Storage(mapping: floats.file, at: floats.start, count: slot.count)
        return Parameter(slot, storage: mapped, offset: 0)
      }
      defer { offset += Arena.padded(slot.count) }
      try view.readFloats(into: arena.base + offset)
      return Parameter(slot, storage: arena, offset: offset)
    }
  }
}
