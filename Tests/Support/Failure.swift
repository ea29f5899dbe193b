package import BallastBytes

/// The error that `body` throws; nil where it succeeds, or fails in another way than files do.
package func failure<Result>(of body: () throws -> Result) -> FormatError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? FormatError
  }
}

/// What is wrong and where, in a form that can be compared.
package struct Failure: Equatable {
  package let fault: AnyHashable
  package let offset: Int?

  package init(_ fault: some FormatFault, at offset: Int? = nil) {
    self.fault = AnyHashable(fault)
    self.offset = offset
  }

  /// The failure of `body`, or nil where it succeeds.
  package init?(of body: () throws -> some Any) {
    guard let error = failure(of: body) else { return nil }
    fault = AnyHashable(error.fault)
    offset = error.offset
  }
}

/// Numbers that are the same in every run (Steele, Lea and Flood 2014).
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
