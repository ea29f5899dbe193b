/// A horizontal bar out of Unicode's block elements, exact to an eighth of a column.
package enum BlockBar {
  /// A bar of that part of `width` columns, rounded down; what is left of them is not filled up.
  ///
  /// NaN has none.
  package static func text(_ fraction: Double, width: Int) -> String {
    guard fraction > 0 else { return "" }
    let eighths = Int((min(1, fraction) * Double(width * 8)).rounded(.down))
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }
}
