/// The sum of two sizes; throws `ByteFault.overflow` where it does not fit.
package func sum(_ a: Int, _ b: Int, at offset: Int? = nil) throws(FormatError) -> Int {
  let (value, overflow) = a.addingReportingOverflow(b)
  guard !overflow else { throw FormatError(ByteFault.overflow, at: offset) }
  return value
}

/// The product of two sizes; throws `ByteFault.overflow` where it does not fit.
package func product(_ a: Int, _ b: Int, at offset: Int? = nil) throws(FormatError) -> Int {
  let (value, overflow) = a.multipliedReportingOverflow(by: b)
  guard !overflow else { throw FormatError(ByteFault.overflow, at: offset) }
  return value
}
