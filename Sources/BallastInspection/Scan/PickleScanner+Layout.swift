import BallastBytes
import BallastFormats

/// torch's tar archives of 2016, whose members have pickles and the elements of storages in turns.
extension PickleScanner {
  /// The sizes that the elements of a storage can have.
  private static let elementSizes: [UInt64] = [1, 2, 4, 8, 16]
  /// Places at which a pickle may start; tensors have one each, and some more by chance.
  private static let maximumPlaces = 1 << 16

  /// Walks the pickles of a member, at each place where torch may look for one.
  ///
  ///     storages   pickle, i64 number, the elements, pickle, …
  ///     tensors    pickle, i32 rank, 4 bytes, i64 sizes, i64 strides, i64 offset, pickle, …
  mutating func scanLayout(_ stream: Stream) {
    let source = stream.region.source
    var waiting = [stream.region.range.lowerBound]
    var places: Set<Int> = []
    var first: Int?
    // The pickles that follow one another without anything between.
    var sequence = Sequence(position: stream.region.range.lowerBound, data: stream)
    while let position = waiting.popLast(), isAble {
      guard position < stream.end, places.insert(position).inserted else { continue }
      guard places.count <= Self.maximumPlaces else {
        let message = "pickles may start at more than \(Self.maximumPlaces) places"
        result.add(PickleScan.Finding(rule: "pickle.limit", message, file: stream.place))
        break
      }
      if position > stream.region.range.lowerBound { openRest(of: stream, from: position) }
      let kind = PickleSniffing.plainKind(of: source.bytes.extracting(position..<stream.end))
      if case .numpy = kind {
        guard let rest = skipArray(at: position, of: stream) else { continue }
        let next = rest.stream.region.range.lowerBound
        if next < stream.end { addLZMA(self.rest(of: stream, from: next)) }
        if position == sequence.position { sequence.position = next }
        waiting.append(next)
        first = first ?? position
        continue
      }
      let isHeader = if case .pickle = kind { true } else { false }
      var walk = walk(
        position..<stream.end,
        of: source,
        whileClean: !isHeader,
        stream: stream
      )
      let isNext = position == sequence.position
      if isNext, let shared = shared(walk, &sequence, of: stream, isCertain: isHeader) {
        walk = shared
      }
      guard isHeader || walk.isPickle || walk.end == .limit, effort > 0 else { continue }
      take(walk, of: stream, isBeyondDoubt: false)
      if isNext { sequence.starts.append(position) }
      if walk.holdsJoblibArrays {
        result.add(FormatError(ScanFault.joblibArrays).inFile(stream.place))
      }
      first = first ?? (walk.end == .stop ? walk.position : position + 1)
      guard walk.end == .stop else { continue }
      waiting += following(walk.position, of: stream)
      if isNext {
        if sequence.shared?.range.lowerBound != position { sequence.loaded.append(position) }
        sequence.position = walk.position
        sequence.count += 1
        passStorages(&sequence, behind: walk, from: position, of: stream)
        waiting.append(sequence.position)
      }
    }
    checkStorages(&sequence, of: stream)
    guard let first else { return }
    shareFromLater(sequence, of: stream)
    search(first..<stream.end, of: stream, anyProtocol: true)
  }

  /// The places where the next pickle may stand behind one that ended, the likeliest last.
  private func following(_ position: Int, of stream: Stream) -> [Int] {
    var reader = ByteReader(stream.region.source.bytes)
    guard (try? reader.seek(to: position)) != nil, let number = try? reader.read(Int64.self) else {
      return [position]
    }
    let room = stream.end - position
    var places: [Int] = []
    // Rank and padding are what the number would be.
    let rank = Int(Int32(truncatingIfNeeded: number))
    if rank >= 0, rank <= room / 16 { places.append(position + 16 + 16 * rank) }
    // torch does not look whether there is room for the product.
    places += Self.elementSizes.compactMap { size in
      let count = UInt64(bitPattern: number) &* size
      return room >= 8 && count <= UInt64(room - 8) ? position + 8 + Int(count) : nil
    }
    return places + [position]
  }
}
