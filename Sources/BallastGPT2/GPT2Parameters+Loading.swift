package import BallastBytes
package import BallastCheckpoint
import BallastKernels

extension GPT2Parameters {
  /// Reads the weights of a checkpoint, given as views in Linear's orientation.
  ///
  /// A view that is contiguous, aligned float32 is used in place unless `copying`; everything else
  /// goes to one arena. `asStored` leaves the weights of linear maps, and the token embedding, in the
  /// type that they have, if there are products with it: such parameters are for generating alone. The
  /// caller has checked that every slot has a view of its shape.
  package static func load(
    _ configuration: GPT2Configuration,
    copying: Bool,
    asStored: Bool = false,
    view: (String) -> TensorView?
  ) throws(FormatError) -> GPT2Parameters {
    let slots = WeightMap.slots(configuration)
    func element(_ slot: WeightMap.Slot, _ view: TensorView) -> WeightMatrix.Element {
      asStored ? slot.storedElement(view.dtype) : .f32
    }
    func inPlace(_ slot: WeightMap.Slot, _ view: TensorView) -> TensorView.Lent? {
      let element = element(slot, view)
      guard !copying, view.dtype == element.dtype else { return nil }
      return view.elementsInPlace(alignment: element.alignment)
    }
    var total = 0
    for slot in slots {
      guard let view = view(slot.name), inPlace(slot, view) == nil else { continue }
      total += element(slot, view).paddedFloats(of: slot.count)
    }
    let arena = try Storage(count: total)
    var offset = 0
    // The pieces in which tensors were read would stay, some MiB of them, as long as the process.
    defer { Machine.giveBackMemory() }
    return try GPT2Parameters(configuration) { (slot) throws(FormatError) in
      guard let view = view(slot.name) else {
        throw FormatError(CheckpointFault.noSuchTensor(slot.name))
      }
      let element = element(slot, view)
      if let place = inPlace(slot, view) {
        let mapped = Storage(mapping: place.file, at: place.start, byteCount: view.byteCount)
        return Parameter(slot, element, storage: mapped, byteOffset: 0)
      }
      defer { offset += element.paddedFloats(of: slot.count) }
      let floats = arena.base + offset
      if element == .f32 {
        try view.readFloats(into: floats)
      } else {
        try view.readElements(into: UnsafeMutableRawPointer(floats))
      }
      return Parameter(
        slot,
        element,
        storage: arena,
        byteOffset: offset * MemoryLayout<Float>.stride
      )
    }
  }
}

extension WeightMap.Slot {
  /// Whether `load` keeps elements of that type in fewer bits than float32 when they are read as stored.
  package func staysNarrow(_ dtype: DType) -> Bool { storedElement(dtype) != .f32 }

  /// Whether it is multiplied by, as the weights of linear maps and the token embedding are.
  var isLinearWeight: Bool { dimensions.count == 2 && name != "wpe.weight" }

  /// How elements of that type are kept for products: as they are, where there are such products.
  func storedElement(_ dtype: DType) -> WeightMatrix.Element {
    let known = WeightMatrix.Element.allCases.first { $0.dtype == dtype }
    guard isLinearWeight, let known, dimensions[1] % known.blockLength == 0 else { return .f32 }
    return known
  }
}

extension WeightMatrix.Element {
  var dtype: DType {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    case .q80: .q80
    }
  }

  /// The place that so many elements take in an arena, in floats.
  func paddedFloats(of elements: Int) -> Int {
    Arena.padded((byteCount(of: elements) + 3) / MemoryLayout<Float>.stride)
  }
}
