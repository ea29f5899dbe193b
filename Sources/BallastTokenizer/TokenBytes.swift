import BallastBytes

/// The bytes of every token.
struct TokenBytes: Sendable {
  /// Where a token's bytes are.
  ///
  /// 32 bits are enough: all bytes come from files of limited size.
  private struct Place {
    var start: UInt32 = 0
    var end: UInt32 = 0
    /// Whether any token has the id.
    var isTaken = false
  }

  private var bytes: [UInt8] = []
  private var places: [Place] = []

  /// The largest id plus 1.
  var count: Int { places.count }

  /// The bytes of a token, or nil where there is no such token.
  subscript(id: Int32) -> ArraySlice<UInt8>? {
    guard id >= 0, Int(id) < places.count, places[Int(id)].isTaken else { return nil }
    let place = places[Int(id)]
    return bytes[Int(place.start)..<Int(place.end)]
  }

  /// Adds the bytes of all tokens to a hash.
  func add(to hash: inout XXHash64) {
    for place in places {
      // A length, so that no two vocabularies are one sequence of bytes.
      hash.update(place.isTaken ? Int64(place.end - place.start) : -1)
      let content = Array(bytes[Int(place.start)..<Int(place.end)])
      hash.update(content.span.bytesOfBytes)
    }
  }

  /// Gives an id that is not negative its bytes.
  mutating func append(_ newBytes: some Collection<UInt8>, as id: Int32) {
    let start = UInt32(bytes.count)
    bytes.append(contentsOf: newBytes)
    if Int(id) >= places.count {
      places.append(contentsOf: repeatElement(Place(), count: Int(id) + 1 - places.count))
    }
    places[Int(id)] = Place(start: start, end: UInt32(bytes.count), isTaken: true)
  }
}
