import BallastBytes
import BallastTraining
import Testing

@Suite struct TokenRowsTests {
  /// Every token but the first is a target exactly once, and its input is the token before it.
  @Test(arguments: [(2, 4), (9, 4), (8, 4), (10, 4), (5, 1), (3, 100)])
  func nothingIsDropped(tokenCount: Int, context: Int) throws {
    let tokens = (0..<Int32(tokenCount)).map { $0 }
    let rows = try TokenRows(tokens, context: context, vocabularySize: tokenCount)
    var targets: [Int32] = []
    for row in 0..<rows.count {
      let batch = rows.batch([row])
      #expect(batch.inputs.count == context && batch.targets.count == context)
      #expect(batch.counted == batch.targets.count { $0 >= 0 })
      for (input, target) in zip(batch.inputs, batch.targets) where target >= 0 {
        #expect(target == input + 1)
        targets.append(target)
      }
    }
    #expect(targets == Array(tokens.dropFirst()))
  }

  @Test func rowsOfASequentialRunFollowOneAnother() throws {
    let rows = try TokenRows(Array(0..<20), context: 4, vocabularySize: 20)
    var order = RowOrder(count: rows.count, isShuffled: false, seed: 1)
    let batch = rows.batch([order.next(), order.next()])
    #expect(batch.inputs == [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(batch.targets == [1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test func everyEpochHasEachRowOnceInAnOrderOfItsOwn() {
    var order = RowOrder(count: 50, isShuffled: true, seed: 7)
    let epochs = (0..<3).map { _ in (0..<50).map { _ in order.next() } }
    for epoch in epochs { #expect(epoch.sorted() == Array(0..<50)) }
    #expect(epochs[0] != epochs[1] && epochs[1] != epochs[2])
    var again = RowOrder(count: 50, isShuffled: true, seed: 7)
    #expect((0..<50).map { _ in again.next() } == epochs[0])
    var other = RowOrder(count: 50, isShuffled: true, seed: 8)
    #expect((0..<50).map { _ in other.next() } != epochs[0])
  }

  @Test func unfitTokensAreRefused() {
    let outside = #expect(throws: FormatError.self) {
      try TokenRows([0, 5], context: 4, vocabularySize: 5)
    }
    #expect(outside?.fault as? TrainingDataFault == .tokenOutOfRange(5, vocabularySize: 5))
    let short = #expect(throws: FormatError.self) {
      try TokenRows([0], context: 4, vocabularySize: 5)
    }
    #expect(short?.fault as? TrainingDataFault == .noText)
  }
}
