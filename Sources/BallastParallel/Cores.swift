import CBallastKernels

extension Parallel {
  /// The cores this process may run on, which `taskset` and containers' cpusets make fewer.
  package static let availableCores = Int(bk_available_cores())
}
