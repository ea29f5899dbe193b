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

  /// Rows that overlap: every token but the first is a target exactly once, with at least `context - stride` tokens before it
  /// in its row unless it is among the first.
  @Test(arguments: [(2, 4, 1), (9, 4, 3), (5, 4, 3), (30, 4, 1), (31, 8, 4), (29, 8, 8), (3, 9, 2)])
  func overlappingRowsCountEachTargetOnce(tokenCount: Int, context: Int, stride: Int) throws {
    let all = try TokenRows(Array(0..<Int32(tokenCount)), context: context, vocabularySize: 99)
    let rows = try TokenRows(all.tokens, context: context, stride: stride)
    var targets: [Int32] = []
    for row in 0..<rows.count {
      let batch = rows.batch([row])
      #expect(batch.inputs.count == context && batch.targets.count == context)
      #expect(Int(batch.inputs[0]) == row * stride)
      #expect(batch.counted == batch.targets.count { $0 >= 0 } && batch.counted > 0)
      for (place, target) in batch.targets.enumerated() where target >= 0 {
        #expect(target == batch.inputs[place] + 1)
        #expect(place >= min(Int(target) - 1, context - stride))
        targets.append(target)
      }
    }
    #expect(targets == Array(1..<Int32(tokenCount)) && rows.targetCount == targets.count)
  }

  @Test func rowsOfASequentialRunFollowOneAnother() throws {
    let rows = try TokenRows(Array(0..<20), context: 4, vocabularySize: 20)
    var stream = RowStream(rows, isShuffled: false, seed: 1)
    let batch = stream.next(2)
    #expect(batch.inputs == [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(batch.targets == [1, 2, 3, 4, 5, 6, 7, 8])
  }

  /// Documents of 1, 2, …, 12 tokens: document d has the tokens 100 d + 1, 100 d + 2, ….
  private func documents() throws -> TokenRows {
    var tokens: [Int32] = []
    var places: [Range<Int>] = []
    for count in 1...12 {
      places.append(tokens.count..<tokens.count + count)
      tokens += (1...count).map { Int32(100 * count + $0) }
    }
    return try TokenRows(tokens, documents: places, context: 8, vocabularySize: 2000)
  }

  /// Each epoch has every token as a target once, but for the first one; what follows a token is what follows it in
  /// its document, or the beginning of another.
  @Test func everyEpochHasAllTokensInAnOrderOfItsOwn() throws {
    let rows = try documents()
    var stream = RowStream(rows, isShuffled: true, seed: 7)
    let epochs = (0..<20).map { _ in (0..<rows.count).map { _ in stream.next(1) } }
    for epoch in epochs {
      let targets = epoch.flatMap(\.targets).filter { $0 >= 0 }
      #expect(Set(targets).count == rows.tokens.count - 1 && targets.count == Set(targets).count)
      #expect(epoch.map(\.counted).reduce(0, +) == rows.targetCount)
      for batch in epoch {
        var breaks = 0
        for (input, target) in zip(batch.inputs, batch.targets) where target >= 0 {
          let isEnd = input % 100 == input / 100
          if target != input + 1 { breaks += 1 }
          #expect(target == input + 1 ? !isEnd : isEnd || target % 100 == 1, "\(input), \(target)")
        }
        #expect(breaks < 8)
      }
    }
    // A document begins at several positions of a row.
    let places = Set(epochs.flatMap { $0.compactMap { $0.inputs.firstIndex(of: 901) } })
    #expect(places.count > 4)
    var other = RowStream(rows, isShuffled: true, seed: 8)
    #expect(other.next(rows.count).inputs != epochs[0].flatMap(\.inputs))
  }

  /// What is taken is the same wherever one begins to take.
  @Test(arguments: [true, false])
  func aPlaceIsFoundAgain(isShuffled: Bool) throws {
    let rows = try documents()
    var whole = RowStream(rows, isShuffled: isShuffled, seed: 3)
    let all = (0..<4 * rows.count).map { _ in whole.next(1).inputs }
    for taken in [0, 1, rows.count - 1, rows.count, rows.count + 1, 3 * rows.count + 2] {
      var stream = RowStream(rows, isShuffled: isShuffled, seed: 3)
      stream.move(to: taken)
      #expect(stream.next(2).inputs == all[taken] + all[taken + 1], "\(taken)")
    }
  }

  /// Five documents from the third token on, of which the first two come last.
  @Test func anArrangementBeginsWithinItsFirstDocuments() {
    let documents = [0..<1, 1..<4, 4..<4, 4..<6]
    let arrangement = Arrangement(documents, order: [3, 0, 2, 1], offset: 3)
    var places: [Int] = []
    arrangement.forEachSpan(of: 0..<6) { places += $0 }
    #expect(places == [1, 2, 3, 4, 5, 0])
    places = []
    arrangement.forEachSpan(of: 2..<5) { places += $0 }
    #expect(places == [3, 4, 5])
  }

  @Test func unfitTokensAreRefused() {
    let outside = #expect(throws: FormatError.self) {
      try TokenRows([0, 5], context: 4, vocabularySize: 5)
    }
    #expect(outside?.fault as? TrainingDataFault == .tokenOutOfRange(5, vocabularySize: 5))
    let short = #expect(throws: FormatError.self) {
      try TokenRows([0], context: 4, vocabularySize: 5)
    }
    #expect(short?.fault as? TrainingDataFault == .singleToken)
  }
}
