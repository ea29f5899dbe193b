import CBallastKernels
import COpenBLAS
import Glibc

/// What the kernels run on.
package enum Machine {
  /// The instruction set that the C kernels have chosen.
  package static var instructionSet: String { String(cString: bk_instruction_set()) }

  /// The BLAS and the kernels that it has chosen.
  package static var blas: String {
    let configuration = openblas_get_config().map { String(cString: $0) } ?? "OpenBLAS"
    return configuration.split(separator: " ").prefix(2).joined(separator: " ")
      + (openblas_get_corename().map { " " + String(cString: $0) } ?? "")
  }

  /// The machine's memory.
  package static var memoryBytes: Int {
    sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
  }
}
