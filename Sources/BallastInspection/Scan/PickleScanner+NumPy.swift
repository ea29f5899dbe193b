import BallastBytes
import BallastFormats

/// Arrays of NumPy, behind which and in which pickles stand.
extension PickleScanner {
  /// Passes over an array, or the header of one of objects, after which a pickle stands; nil where the
  /// header cannot be read.
  ///
  /// What follows is empty where the array reaches to the end or past it.
  mutating func skipArray(at position: Int, of stream: Stream) -> (stream: Stream, isNumeric: Bool)?
  {
    do {
      let rest = try arrayRest(at: position, of: stream)
      if rest.start.content == .unknown {
        let offset = position - stream.region.range.lowerBound
        result.add(FormatError(ScanFault.oddArray, at: offset).inFile(stream.place))
      }
      return (rest.stream, rest.start.end != nil)
    } catch {
      result.add(error.inFile(stream.place))
      return nil
    }
  }

  /// What stands behind an array, or in one of objects.
  mutating func arrayRest(
    at position: Int,
    of stream: Stream
  ) throws(FormatError) -> (stream: Stream, start: NumPyStart) {
    opcodesLeft -= Self.opcodesPerArray
    let source = stream.region.source
    let array = try ByteRegion(source, offset: position, count: stream.end - position)
    let start = try NumPyStart(array)
    effort -= start.elements  // headers of arrays can overlap, too
    let next = position + min(start.end ?? start.elements, array.count)
    var rest = stream
    rest.region = try ByteRegion(source, offset: next, count: stream.end - next)
    let offset = next - stream.region.range.lowerBound
    rest.place = stream.inner("array at byte \(offset)")
    return (rest, start)
  }
}
