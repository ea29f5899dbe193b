/// What the references of a pickle say about storages that earlier ones do not agree with.
///
/// torch makes a storage, or a view of one, when its key comes first, and takes it as that whatever
/// later references say. Where they say something else it would give other values than are meant.
struct TorchStorageConflicts {
  private enum Meaning: Equatable {
    case whole(type: String, byteCount: Int)
    case view(of: TorchKey, bytes: Range<Int>, type: String)
  }

  /// How many conflicts are looked for; one is enough for whoever reads all tensors.
  private static let maximum = 1000

  /// What is wrong with references, by the places of their persistent ids, up to `end`.
  private var faults: [Int: TorchFault] = [:]
  private var last: TorchFault?
  private var end = Int.max
  private var meanings: [TorchKey: Meaning] = [:]
  /// What is wrong with all references that look the same.
  private var outlined: [TorchStorageOutline: TorchFault] = [:]

  init(in graph: PickleGraph) {
    var known: Set<TorchStorageOutline> = []
    for (index, id) in graph.persistentIDs.enumerated() {
      guard faults.count < Self.maximum else {
        end = index
        break
      }
      let outline = TorchStorageOutline(id, in: graph)
      guard outline.map({ known.insert($0).inserted }) ?? true else {
        // The same as one before, conflict and all.
        if let outline, let fault = outlined[outline] { faults[index] = fault }
        continue
      }
      // What is no reference to a storage is refused, or passed over, where it is used.
      guard let reference = try? TorchStorageReference(id, in: graph) else { continue }
      guard let fault = conflict(of: reference) else { continue }
      faults[index] = fault
      last = fault
      if let outline { outlined[outline] = fault }
    }
  }

  /// What is wrong with the reference of a persistent id; behind the last that was looked at, the same.
  func fault(at index: Int) -> TorchFault? {
    index < end ? faults[index] : last
  }

  private mutating func conflict(of reference: TorchStorageReference) -> TorchFault? {
    let type = reference.type.name + (reference.isMeta ? " without data" : "")
    switch meanings[reference.key] {
    case nil: meanings[reference.key] = .whole(type: type, byteCount: reference.byteCount)
    case .whole(let first, let byteCount):
      // Of what is empty torch makes a new one each time.
      if first != type, byteCount != 0 || reference.byteCount != 0 {
        return .storageOfTwoTypes(key: reference.key.text, first: first, then: type)
      }
    case .view: return .storageViewTwice(key: reference.key.text)
    }
    guard let viewKey = reference.viewKey else { return nil }
    let view = Meaning.view(of: reference.key, bytes: reference.bytes, type: type)
    if let known = meanings[viewKey] {
      return known == view ? nil : .storageViewTwice(key: viewKey.text)
    }
    meanings[viewKey] = view
    return nil
  }
}

/// What two references have in common that mean the same: most have it with one before, which saves
/// reading their texts again.
struct TorchStorageOutline: Hashable {
  private let kind: PickleValue
  private let type: PickleValue
  private let key: PickleValue
  private let location: PickleValue
  /// The number of elements; 1 for any usual number but none.
  private let count: Int
  /// None, or the tuple of the part that is meant.
  private let view: PickleValue

  /// Nil for what is no reference.
  init?(_ id: PickleValue, in graph: PickleGraph) {
    guard case .tuple = id, let fields = graph.elements(id),
      fields.count == 5 || fields.count == 6
    else { return nil }
    let start = fields.startIndex
    kind = fields[start]
    type = fields[start + 1]
    key = fields[start + 2]
    location = fields[start + 3]
    guard let number = graph.integer(fields[start + 4]) else { return nil }
    view = fields.count == 6 ? fields[start + 5] : .none
    // A part has to lie within the storage.
    count = (1..<1 << 40).contains(number) && view == .none ? 1 : number
  }
}
