/// Patterns on tensor names: `*` stands for any text, `?` for one character.
enum Glob {
  /// Whether one of the patterns matches, or there is none.
  static func any(_ patterns: [String], matches name: String) -> Bool {
    patterns.isEmpty || patterns.contains { matches(Array($0), Array(name)) }
  }

  /// Goes back to the last star at most, so that time is bounded by the product of the lengths.
  private static func matches(_ pattern: [Character], _ name: [Character]) -> Bool {
    var p = 0
    var n = 0
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
        p += 1
        n += 1
      } else if let last = star {
        p = last.pattern + 1
        n = last.name + 1
        star = (last.pattern, n)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
