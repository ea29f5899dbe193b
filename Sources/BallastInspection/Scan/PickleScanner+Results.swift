import BallastBytes
import BallastFormats

/// What a walk has found, and what it leads to.
extension PickleScanner {
  /// Adds what a walk found, and what is nested in it to the work.
  mutating func take(_ walk: PickleWalk, of stream: Stream, isBeyondDoubt: Bool) {
    let base = stream.region.range.lowerBound
    addNested(walk, of: stream)
    guard isBeyondDoubt || walk.isCredible || walk.end == .limit else { return }
    result.pickleCount += 1
    for name in walk.ownNames { result.add(name, base: base, file: stream.place) }
    for oddity in walk.findings { result.add(oddity, base: base, file: stream.place) }
    switch walk.end {
    case .stop: break
    case .limit where opcodesLeft <= 0: break  // said at the end, of the whole file
    case .limit:
      let message = "puts more than \(PickleWalk.maximumValues) values on the stack"
      let offset = walk.position - base
      result.add(
        PickleScan.Finding(rule: "pickle.limit", message, file: stream.place, offset: offset)
      )
    case .unknownOpcode, .truncated:
      let error = FormatError(ScanFault.unfinished, at: walk.opcodeOffset - base)
      result.add(error.inFile(stream.place))
    }
  }

  private mutating func addNested(_ walk: PickleWalk, of stream: Stream) {
    let base = stream.region.range.lowerBound
    let source = stream.region.source
    for nested in walk.nested.reversed() {
      let range = nested.text.range
      let place = stream.inner("nested at byte \(range.lowerBound - base)")
      // The last one is read first.
      for reading in nested.text.readings(in: source).reversed() {
        guard let region = region(of: nested.text, as: reading, in: source, at: place) else {
          continue
        }
        var inner = Stream(region: region, place: place, depth: stream.depth + 1)
        inner.isNested = true
        inner.isPickle = nested.isLoaded
        inner.isLoaded = nested.isLoaded || stream.isLoaded
        work.append(.stream(inner))
      }
    }
  }

  /// The bytes that a text stands for: those of the file where they are the same.
  private mutating func region(
    of text: PickleText,
    as reading: NestedReading,
    in source: SharedBytes,
    at place: String
  ) -> ByteRegion? {
    let range = text.range
    if case .plain = reading {
      return try? ByteRegion(source, offset: range.lowerBound, count: range.count)
    }
    // What has to be decoded is copied, letter by letter, which is dear.
    let cost = range.count.multipliedReportingOverflow(by: Self.decodingCost).partialValue
    guard cost <= inflationLeft else {
      addTooLarge("a text of \(range.count) bytes", limit: limits.inflatedBytes, at: place)
      return nil
    }
    inflationLeft -= cost
    let copy = text.bytes(as: reading, from: source).flatMap { try? SharedBytes.copying($0) }
    return copy.map { ByteRegion($0) }
  }

  /// Says of a part that it, or what stands behind it, was not looked at.
  mutating func addTooLarge(_ part: String, limit: Int, at place: String?) {
    let name = limit == limits.memberBytes ? "scan.member-bytes" : "scan.inflated-bytes"
    let message = "\(part) was not looked at (\(name))"
    result.add(PickleScan.Finding(rule: "pickle.too-large", message, file: place))
  }
}
