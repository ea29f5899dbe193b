import FoundationEssentials

extension Parallel {
  /// The cores this process may run on, which containers and `taskset` make fewer.
  package static let availableCores = max(1, ProcessInfo.processInfo.activeProcessorCount)
}
