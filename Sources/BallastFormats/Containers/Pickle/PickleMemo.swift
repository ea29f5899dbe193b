/// The memo of the pickle machine: values under numbers, mostly counted up from zero.
///
/// Numbers that are counted up live in an array; others, which a pickle may choose freely, in a
/// dictionary, so that a large number costs no more than a small one.
struct PickleMemo {
  private var dense: [PickleValue] = []
  private var sparse: [Int: PickleValue] = [:]

  /// The number of entries: what MEMOIZE takes as the next number.
  var count: Int { dense.count + sparse.count }

  subscript(index: Int) -> PickleValue? {
    get { dense.indices.contains(index) ? dense[index] : sparse[index] }
    set {
      guard let newValue else { return }
      if dense.indices.contains(index) {
        dense[index] = newValue
      } else if index == dense.count {
        dense.append(newValue)
        if !sparse.isEmpty { sparse[index] = nil }
      } else {
        sparse[index] = newValue
      }
    }
  }
}
