/// A horizontal bar out of Unicode's block elements, exact to an eighth of a column.
package enum BlockBar {
  /// A bar of that part of `width` columns, rounded down; what is left of them is not filled up.
  package static func text(_ fraction: Double, width: Int) -> String {
    let eighths = Int((max(0, min(1, fraction)) * Double(width * 8)).rounded(.down))
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }
}
