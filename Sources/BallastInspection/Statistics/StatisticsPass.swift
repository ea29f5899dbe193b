package import BallastBytes
package import BallastCheckpoint
import BallastParallel
import CBallastKernels
import Synchronization

/// What is known of a tensor after its values were read once.
package struct TensorSummary: Sendable {
  package let statistics: TensorStatistics
  /// How the values are distributed over equal parts from the smallest to the largest, where that
  /// was asked for: of large tensors only a sample is counted.
  package let bars: [Int]
  /// The quantiles that were asked for; nil where there is no finite value.
  package let quantiles: [Double?]
}

/// Reads the values of tensors once, on all cores.
///
/// The work is cut into pieces of a fixed size, whose results are joined in their order: figures do
/// not depend on the number of threads.
package struct StatisticsPass: Sendable {
  /// The number of parts that the distribution is shown in; 0 for none.
  package var bars = 0
  /// Parts of the values, from 0 to 1 and ascending, below which a quantile is sought.
  ///
  /// For these every value is counted; each is within 2^-8 of its size, or 2^-134.
  package var quantiles: [Double] = []

  package init() {}

  /// The tensors whose counts are held at the same time.
  private static let groupCount = 64
  private static let groupElements = 1 << 24
  /// The pieces between two looks at whether to go on: 256 MiB of float32.
  private static let batch = 64

  /// The summaries of tensors, in their order; `progress` gets the number of bytes that were read.
  ///
  /// Tied tensors are read once. The first tensor that cannot be read is the error.
  package static func summaries(
    of tensors: [TensorView],
    as request: StatisticsPass = StatisticsPass(),
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> [TensorSummary] {
    let results = try results(of: tensors, as: request, stopsAtFailure: true, progress: progress)
    return try results.map { (result) throws(FormatError) in try result.get() }
  }

  /// The summaries of tensors, in their order, or why one could not be read; throws only what
  /// `progress` does.
  ///
  /// Tied tensors are read once. Where `stopsAtFailure`, nothing is read after the tensors beside
  /// the first that fails, and the results end with these.
  package static func results(
    of tensors: [TensorView],
    as request: StatisticsPass = StatisticsPass(),
    stopsAtFailure: Bool = false,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> [Result<TensorSummary, FormatError>] {
    var positions: [TensorView.Place: Int] = [:]
    var distinct: [TensorView] = []
    for tensor in tensors where positions[tensor.place] == nil {
      positions[tensor.place] = distinct.count
      distinct.append(tensor)
    }
    let results = try request.results(ofDistinct: distinct, stopsAtFailure, progress)
    return tensors.compactMap { tensor in
      positions[tensor.place].flatMap { $0 < results.count ? results[$0] : nil }
    }
  }

  private func results(
    ofDistinct tensors: [TensorView],
    _ stopsAtFailure: Bool,
    _ progress: (Int) throws(FormatError) -> Void
  ) throws(FormatError) -> [Result<TensorSummary, FormatError>] {
    var results: [Result<TensorSummary, FormatError>] = []
    var done = 0
    var start = 0
    while start < tensors.count {
      var end = start
      var elements = 0
      while end < tensors.count, end - start < Self.groupCount, elements < Self.groupElements {
        // No more than a group's: what headers claim may be any number.
        elements += min(tensors[end].shape.elementCount, Self.groupElements)
        end += 1
      }
      let group = try group(Array(tensors[start..<end])) { (bytes) throws(FormatError) in
        try progress(done &+ bytes)
      }
      results += group
      for tensor in tensors[start..<end] { done &+= tensor.byteCount }
      try progress(done)
      let hasFailed = group.contains { if case .failure = $0 { true } else { false } }
      if stopsAtFailure, hasFailed { break }
      start = end
    }
    return results
  }

  /// A piece of a tensor.
  private struct Piece {
    let tensor: Int
    let range: Range<Int>
  }

  /// The summaries of a few tensors; `progress` is told how many bytes were read as long as there are
  /// more to read.
  private func group(
    _ tensors: [TensorView],
    _ progress: (Int) throws(FormatError) -> Void
  ) throws(FormatError) -> [Result<TensorSummary, FormatError>] {
    var failures = [FormatError?](repeating: nil, count: tensors.count)
    var pieces: [Piece] = []
    for (index, tensor) in tensors.enumerated() {
      do {
        pieces += try tensor.pieces().map { Piece(tensor: index, range: $0) }
      } catch {
        failures[index] = error
      }
    }
    let results = Mutex([Result<Reading, FormatError>?](repeating: nil, count: pieces.count))
    let keys = Mutex([KeyCounts?](repeating: nil, count: tensors.count))
    var done = 0
    for start in stride(from: 0, to: pieces.count, by: Self.batch) {
      if start > 0 { try progress(done) }
      let batch = pieces[start..<min(start + Self.batch, pieces.count)]
      Parallel.forEachPartition(batch.count) { index in
        let piece = batch[start + index]
        do throws(FormatError) {
          let (reading, counts) = try read(piece.range, of: tensors[piece.tensor])
          results.withLock { $0[start + index] = .success(reading) }
          guard let counts else { return }
          keys.withLock { keys in
            if keys[piece.tensor] == nil {
              keys[piece.tensor] = counts
            } else {
              keys[piece.tensor]?.add(counts)
            }
          }
        } catch {
          results.withLock { $0[start + index] = .failure(error) }
        }
      }
      for piece in batch { done &+= tensors[piece.tensor].dtype.byteCount(of: piece.range.count) }
    }
    var gathered = tensors.map { Reading(of: $0) }
    for (piece, result) in zip(pieces, results.withLock { $0 }) {
      switch result {
      case .success(let reading): gathered[piece.tensor].add(reading)
      case .failure(let error): failures[piece.tensor] = failures[piece.tensor] ?? error
      case nil: continue
      }
    }
    let counts = keys.withLock { $0 }
    let summaries = Mutex([TensorSummary?](repeating: nil, count: tensors.count))
    Parallel.forEachPartition(tensors.count) { [gathered] index in
      let summary = summary(gathered[index], counts[index])
      summaries.withLock { $0[index] = summary }
    }
    return zip(summaries.withLock { $0 }, failures).compactMap { summary, failure in
      failure.map { .failure($0) } ?? summary.map { .success($0) }
    }
  }

  /// What was seen of a tensor, or of a piece of it.
  private struct Reading {
    var statistics = bk_statistics()
    var sample: ValueSample

    init(of tensor: TensorView) {
      // Safe: the structure is our own.
      unsafe bk_statistics_init(&statistics)
      sample = ValueSample(ofCount: tensor.shape.elementCount * tensor.dtype.numbersPerElement)
    }

    mutating func add(_ next: Reading) {
      var other = next.statistics
      // Safe: both structures are our own.
      unsafe bk_statistics_join(&statistics, &other)
      sample.add(next.sample)
    }
  }

  private func read(
    _ range: Range<Int>,
    of tensor: TensorView
  ) throws(FormatError) -> (Reading, KeyCounts?) {
    var reading = Reading(of: tensor)
    let isSampledWhole = reading.sample.isWhole
    var counts = quantiles.isEmpty || isSampledWhole ? nil : KeyCounts()
    let isSampled = bars > 0 || !quantiles.isEmpty && isSampledWhole
    var place = range.lowerBound * tensor.dtype.numbersPerElement
    unsafe try tensor.forEachNumberPiece(of: range) { type, values, count in
      // Safe: what is lent for the call are `count` numbers.
      unsafe bk_statistics_add(&reading.statistics, type, values, count)
      unsafe counts?.add(type, values, count: count)
      if isSampled { unsafe reading.sample.add(type, values, count: count, at: place) }
      place += count
    }
    return (reading, counts)
  }

  private func summary(_ reading: Reading, _ keys: KeyCounts?) -> TensorSummary {
    let statistics = TensorStatistics(reading.statistics)
    guard let minimum = statistics.minimum, let maximum = statistics.maximum else {
      return TensorSummary(statistics: statistics, bars: [], quantiles: quantiles.map { _ in nil })
    }
    let range = minimum...maximum
    return TensorSummary(
      statistics: statistics,
      bars: bars > 0 ? reading.sample.bars(bars, in: range) : [],
      quantiles: quantiles(reading, keys, in: range)
    )
  }

  /// The quantiles; nil where most cannot be told, as of float64 beyond what a key can stand for.
  private func quantiles(
    _ reading: Reading,
    _ keys: KeyCounts?,
    in range: ClosedRange<Double>
  ) -> [Double?] {
    guard let keys else { return reading.sample.quantiles(quantiles) }
    let most = Double(Float.greatestFiniteMagnitude)
    guard -most <= range.lowerBound, range.upperBound <= most else {
      return quantiles.map { _ in nil }
    }
    return keys.quantiles(quantiles, in: range)
  }
}

extension TensorView {
  /// The elements of a piece: whole blocks of every type, and 4 MiB of float32.
  fileprivate static let elementsOfPiece = 1 << 20

  /// The ranges of elements that are read apart; elements that share bytes are read as a whole.
  func pieces() throws(FormatError) -> [Range<Int>] {
    try checkUnfolding()
    let count = shape.elementCount
    let isWhole = dtype.byteWidth == nil && dtype.block == nil
    let step = isWhole ? max(count, 1) : Self.elementsOfPiece
    return stride(from: 0, to: count, by: step).map { $0..<min($0 + step, count) }
  }
}
