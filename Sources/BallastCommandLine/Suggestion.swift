extension String {
  /// The candidate that was probably meant: one that continues the word, or a few typos away.
  package func closest(in candidates: [String]) -> String? {
    guard !isEmpty else { return nil }
    let limit = Swift.max(1, count / 3)
    let ranked = candidates.map { (candidate: $0, distance: editDistance(to: $0)) }
    let near = ranked.filter { $0.distance <= limit }.min { $0.distance < $1.distance }
    return near?.candidate ?? candidates.first { count > 1 && $0.hasPrefix(self) }
  }

  /// The edits between two words: letters inserted, removed, replaced, or swapped with the next.
  ///
  /// The optimal string alignment distance, of the Damerau-Levenshtein kind.
  package func editDistance(to other: String) -> Int {
    let a = Array(self)
    let b = Array(other)
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        let replaced = last[j] + (a[i] == b[j] ? 0 : 1)
        var distance = Swift.min(replaced, last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          distance = Swift.min(distance, beforeLast[j - 1] + 1)
        }
        row.append(distance)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }

  /// The text with escapes for control characters, which could make a terminal do things.
  var escapingControls: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        text += scalar.escaped(asASCII: true)
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// A property's name as the command line has it: `shardSize` is `shard-size`.
  package var kebabCased: String {
    var word = ""
    for letter in self {
      if letter.isUppercase, !word.isEmpty { word += "-" }
      word += letter.lowercased()
    }
    return word
  }
}

extension [String] {
  /// The words as a sentence lists them: "a, b or c".
  package func listed(before conjunction: String) -> String {
    guard let last, count > 1 else { return first ?? "" }
    return "\(dropLast().joined(separator: ", ")) \(conjunction) \(last)"
  }
}
