import BallastBytes
import BallastCheckpoint
import BallastInspection
import BallastReport

/// A row of the table of tensors that differ.
struct ChangeRow {
  static let columns: [(title: HTML, sort: String?)] = [
    ("Tensor", "text"), ("Status", "text"), ("Type", "text"), ("Shape", "number"),
    ("Relative", "number"), ("Max |Δ|", "number"), ("Max rel", "number"), ("Cosine", "number"),
    ("Changed", "number"),
  ]

  private let change: ReportedDifference.Change
  private let number: Int
  /// The largest relative change of the table.
  private let largest: Double

  init(_ change: ReportedDifference.Change, number: Int, largest: Double) {
    self.change = change
    self.number = number
    self.largest = largest
  }

  private var tensor: TensorDifference { change.tensor }

  var html: HTML {
    let elements = (tensor.a ?? tensor.b)?.shape.elementCount ?? 0
    return """
      <tr id="t\(number)"><td class="name"><details><summary><span>\(names)\(flag)</span></summary>\
      <div class="panel">\(chart)\(sides)</div></details></td>\
      <td>\(ReportedDifference.words(tensor.status).title)</td>\
      <td>\(pair { $0.dtype.rawValue })</td>\
      <td data-v="\(elements)">\(pair { ReportParts.shape($0.shape) })</td>\(figures)</tr>
      """
  }

  private var names: HTML {
    let name = ReportParts.name(tensor.name)
    guard let other = tensor.b, tensor.a != nil, ExactString(other.name) != ExactString(tensor.name)
    else { return name }
    return "\(name) → \(ReportParts.name(other.name))"
  }

  /// Where a value is not finite on one side alone.
  private var flag: HTML {
    guard let figures = tensor.figures else { return "" }
    let counts = [(figures.notNumberMismatches, "NaN"), (figures.infinityMismatches, "infinite")]
    return counts.filter { $0.0 > 0 }.map { count, word -> HTML in
      "<span class=\"flag error\">\(Readable.count(count)) \(word)</span>"
    }.joined()
  }

  /// What both have, or what A has and what B has.
  private func pair(_ text: (TensorView) -> String) -> String {
    let texts = [tensor.a, tensor.b].compactMap(\.self).map(text)
    return texts.count == 2 && texts[0] != texts[1]
      ? "\(texts[0]) → \(texts[1])" : texts.first ?? ""
  }

  private var figures: HTML {
    guard let figures = tensor.figures else {
      return "<td>–</td><td>–</td><td>–</td><td>–</td><td>–</td>"
    }
    let changed = Double(figures.changed) / Double(max(1, figures.count))
    // Infinity is as long as the largest; NaN has no bar.
    let relative = figures.relativeL2
    let part = relative > largest ? 1 : relative > 0 ? relative / largest : 0
    return """
      <td class="ratio" data-v="\(figures.relativeL2.description)">\
      \(ReportParts.figure(figures.relativeL2, digits: 3))\
      <svg width="100%" height="4" aria-hidden="true"><rect class="track" width="100%" height="4" />\
      <rect class="bar" width="\(Coordinate(100 * part))%" height="4" /></svg></td>\
      <td data-v="\(figures.maximumAbsolute.description)">\
      \(ReportParts.figure(figures.maximumAbsolute, digits: 3))</td>\
      <td data-v="\(figures.maximumRelative.description)">\
      \(ReportParts.figure(figures.maximumRelative, digits: 3))</td>\
      <td data-v="\(figures.cosine?.description ?? "-")">\(cosine(figures.cosine))</td>\
      <td data-v="\(changed.description)">\(Readable.percentage(changed))</td>
      """
  }

  /// Six places, cut off: what is not quite 1 is not shown as 1.
  private func cosine(_ value: Double?) -> String {
    value.map { Readable.fixed(($0 * 1e6).rounded(.towardZero) / 1e6, places: 6) } ?? "–"
  }

  // MARK: Unfolded

  private var chart: HTML {
    guard let histograms = change.histograms,
      let low = histograms.a.edges.first, let high = histograms.a.edges.last
    else { return "<p class=\"note\">\(explanation)</p>" }
    let (a, b) = (
      HistogramChart(counts: histograms.a.counts, in: low...high),
      HistogramChart(counts: histograms.b.counts, in: low...high)
    )
    let title = "Distribution of \(tensor.name.printable.shortened(to: 160)) in A and B"
    return "<div class=\"pair\">\(b.chart(besides: a, title: title))</div>"
  }

  /// What is to be said where values were not subtracted.
  private var explanation: String {
    let words = ReportedDifference.words(tensor.status)
    let turned = tensor.status == .renamed && tensor.isTransposed ? ", with rows for columns" : ""
    let rounding =
      switch tensor.recast {
      case .exact: ", every value exactly"
      case .rounded: ", B rounded to its type"
      case .widened: ", A rounded to its type"
      case nil: ""
      }
    return "\(words.title): \(words.meaning)\(turned)\(rounding)."
  }

  private var sides: HTML {
    let (a, b) = change.statistics
    let numbers: [(String, (TensorStatistics) -> Double?)] = [
      ("Min", \.minimum), ("Max", \.maximum), ("Mean", \.mean), ("Std", \.standardDeviation),
      ("L2 norm", \.l2),
    ]
    let counts: [(String, (TensorStatistics) -> Int)] = [
      ("Zeros", \.zeros), ("NaN", \.notNumbers),
      ("Infinite", { $0.positiveInfinities + $0.negativeInfinities }),
    ]
    var rows = numbers.map { name, value -> [HTML] in
      ["\(name)"] + [a, b].map { "\(ReportParts.number($0.flatMap(value)))" }
    }
    for (name, value) in counts where [a, b].contains(where: { $0.map(value) ?? 0 > 0 }) {
      rows.append(
        ["\(name)"] + [a, b].map { "\($0.map { Readable.count(value($0)) } ?? "–")" }
      )
    }
    return ReportParts.table([("", false), ("A", true), ("B", true)], rows)
  }
}
