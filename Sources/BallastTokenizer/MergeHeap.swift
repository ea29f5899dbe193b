/// A binary heap of merges that may be made: the lowest rank first, then the leftmost.
struct MergeHeap {
  private struct Candidate {
    var merge: MergeTable.Merge
    var place: Int

    static func < (a: Candidate, b: Candidate) -> Bool {
      (a.merge, a.place) < (b.merge, b.place)
    }
  }

  private var candidates: [Candidate] = []

  /// Adds a merge at a place, unless it is `MergeTable.none`.
  mutating func push(_ merge: MergeTable.Merge, at place: Int) {
    guard merge != MergeTable.none else { return }
    let candidate = Candidate(merge: merge, place: place)
    candidates.append(candidate)
    var index = candidates.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard candidate < candidates[parent] else { break }
      candidates[index] = candidates[parent]
      index = parent
    }
    candidates[index] = candidate
  }

  /// Removes the first merge.
  mutating func pop() -> (merge: MergeTable.Merge, place: Int)? {
    guard let first = candidates.first, let last = candidates.popLast() else { return nil }
    var index = 0
    while true {
      var child = 2 * index + 1
      guard child < candidates.count else { break }
      if child + 1 < candidates.count, candidates[child + 1] < candidates[child] { child += 1 }
      guard candidates[child] < last else { break }
      candidates[index] = candidates[child]
      index = child
    }
    if index < candidates.count { candidates[index] = last }
    return (first.merge, first.place)
  }
}
