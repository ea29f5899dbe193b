/// The memo of the pickle machine: values under numbers, mostly counted up from zero or from one.
///
/// Numbers that are counted up, gaps included, live in an array; others, which a pickle may choose
/// freely, in a dictionary, so that a large number costs no more than a small one.
struct PickleMemo {
  /// How far beyond the last number the array still reaches.
  private static let maximumGap = 1 << 10

  private var dense: [PickleValue?] = []
  private var scattered: [Int: PickleValue] = [:]
  /// The number of entries: what MEMOIZE takes as the next number.
  private(set) var count = 0

  /// The number of entries that are not counted up, which cost more than the others.
  var scatteredCount: Int { scattered.count }

  /// Whether an entry of that number would be one that is not counted up.
  func isScattered(_ index: Int) -> Bool { index - dense.count > Self.maximumGap }

  subscript(index: Int) -> PickleValue? {
    get { dense.indices.contains(index) ? dense[index] ?? scattered[index] : scattered[index] }
    set {
      guard let newValue else { return }
      if self[index] == nil { count += 1 }
      if isScattered(index) {
        scattered[index] = newValue
        return
      }
      while dense.count <= index { dense.append(nil) }
      dense[index] = newValue
      if !scattered.isEmpty { scattered[index] = nil }
    }
  }
}
