import CBallastKernels
import COneDNN
import Glibc

/// What the kernels run on.
package enum Machine {
  /// The instruction set that the C kernels have chosen.
  package static var instructionSet: String { String(cString: bk_instruction_set()) }

  /// The instruction sets that the kernels can run with here, in ascending order.
  package static var instructionSets: [String] {
    let chosen = bk_level()
    defer { bk_set_level(chosen) }
    return (Int32(BK_LEVEL_BASELINE)...bk_supported_level()).map { level in
      bk_set_level(level)
      return instructionSet
    }
  }

  /// Makes the kernels run with one of `instructionSets`; false for any other.
  package static func select(instructionSet name: String) -> Bool {
    guard let index = instructionSets.firstIndex(of: name) else { return false }
    bk_set_level(Int32(BK_LEVEL_BASELINE + index))
    return true
  }

  /// Whether there are products of bfloat16, or why not.
  package static var bfloat16: BFloat16Support {
    switch onednn() {
    case onednn_ready: bk_has_bfloat16() ? .ready : .notSupported
    case onednn_not_built: .notBuilt
    case onednn_not_installed: .notInstalled
    default: .notSupported
    }
  }

  /// The library of these products, where there are any.
  package static var bfloat16Library: String? {
    guard bfloat16 == .ready else { return nil }
    return onednn_version().map { "oneDNN " + String(cString: $0) }
  }

  /// The memory that this process can still get: what the system says is available, or less where its
  /// control group (version 2) has a limit; nil where neither says anything.
  package static var availableMemoryBytes: Int? {
    // Within a container its own group is mounted here; elsewhere this is the root, which has no limit.
    availableMemory(system: "/proc", group: "/sys/fs/cgroup")
  }

  /// The same by the files of two folders: meminfo, and memory.max, memory.current and memory.stat.
  package static func availableMemory(system: String, group: String) -> Int? {
    let left = bk_available_memory(system, group)
    return left > 0 ? Int(clamping: left) : nil
  }

  /// Gives memory back to the system that was freed, and that the C library keeps for later.
  package static func giveBackMemory() { bk_give_back_memory() }

  /// The machine's memory.
  package static var memoryBytes: Int {
    sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
  }
}

/// Whether this build and this machine have products of bfloat16.
package enum BFloat16Support: Sendable {
  case ready
  case notBuilt
  case notInstalled
  case notSupported
}
