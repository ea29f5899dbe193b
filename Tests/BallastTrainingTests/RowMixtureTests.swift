import BallastBytes
import BallastTraining
import Testing

/// Rows that are drawn from several sources by weight.
@Suite struct RowMixtureTests {
  /// A source whose tokens are 100 × its number and on, in rows of 4.
  private func rows(_ number: Int32, _ count: Int) throws -> TokenRows {
    let tokens = (0..<Int32(4 * count + 1)).map { 100 * number + $0 }
    return try TokenRows(tokens, context: 4, vocabularySize: 10_000)
  }

  private func mixture() throws -> RowMixture {
    RowMixture(weighted: [
      (try rows(0, 20), 1), (try rows(1, 5), 3), (try rows(2, 7), 0.5),
    ])
  }

  @Test func rowsAreDrawnByWeight() throws {
    let mixture = try mixture()
    #expect(mixture.count == 32 && mixture.targetCount == 128)
    var stream = RowStream(mixture, isShuffled: true, seed: 5)
    var counts = [0, 0, 0]
    let total = 9000
    for _ in 0..<total { counts[Int(stream.next(1).inputs[0] / 100)] += 1 }
    for (count, share) in zip(counts, [1, 3, 0.5].map { $0 / 4.5 }) {
      let deviation = (Double(total) * share * (1 - share)).squareRoot()
      #expect(abs(Double(count) - Double(total) * share) < 4 * deviation, "\(counts)")
    }
  }

  /// Each source goes through all of its rows before one of them comes again.
  @Test func sourcesHaveEpochsOfTheirOwn() throws {
    var stream = RowStream(try mixture(), isShuffled: true, seed: 6)
    var targets: [Int32] = []
    while targets.count < 4 * 5 * 6 { targets += stream.next(1).targets.filter { $0 / 100 == 1 } }
    for epoch in 0..<6 {
      let part = targets[epoch * 20..<(epoch + 1) * 20]
      // Every token but the one that an epoch begins with.
      #expect(Set(part).count == 20)
    }
  }

  @Test func aPlaceIsFoundAgain() throws {
    let mixture = try mixture()
    var whole = RowStream(mixture, isShuffled: true, seed: 3)
    let all = (0..<200).map { _ in whole.next(1) }
    for taken in [0, 1, 17, 32, 33, 150, 197] {
      var stream = RowStream(mixture, isShuffled: true, seed: 3)
      _ = stream.next(9)
      stream.move(to: taken)
      let batch = stream.next(2)
      #expect(batch.inputs == all[taken].inputs + all[taken + 1].inputs, "\(taken)")
      #expect(batch.targets == all[taken].targets + all[taken + 1].targets)
    }
    var other = RowStream(mixture, isShuffled: true, seed: 4)
    #expect((0..<50).flatMap { _ in other.next(1).inputs } != all[..<50].flatMap(\.inputs))
  }

  /// Numbers whose sum is beyond what a number can be are weights too.
  @Test func weightsMayBeHuge() throws {
    let mixture = RowMixture(weighted: [
      (try rows(0, 5), Double.greatestFiniteMagnitude),
      (try rows(1, 5), Double.greatestFiniteMagnitude),
      (try rows(2, 5), Double.leastNonzeroMagnitude),
    ])
    var stream = RowStream(mixture, isShuffled: true, seed: 1)
    let drawn = (0..<200).map { _ in stream.next(1).inputs[0] / 100 }
    #expect((60...140).contains(drawn.count { $0 == 0 }) && !drawn.contains(2))
  }

  @Test func weightsArePartOfWhatIsTold() throws {
    let (first, second) = (try rows(0, 4), try rows(1, 4))
    let prints = [
      RowMixture(first), RowMixture(second), RowMixture(weighted: [(first, 1), (second, 1)]),
      RowMixture(weighted: [(first, 1), (second, 2)]),
      RowMixture(weighted: [(second, 1), (first, 1)]),
    ].map(\.fingerprint)
    #expect(Set(prints).count == prints.count)
  }
}
