import BallastCommandLine
import BallastJSON
import BallastKernels
import BallastParallel
import BallastReport

/// `ballast doctor`: what this machine offers.
struct Doctor: Command {
  static let configuration = CommandConfiguration(
    "doctor",
    abstract: "Tell what this machine offers.",
    examples: [CommandExample("ballast doctor", "Instruction set, threads, memory.")]
  )

  @Option(help: "How to write it.") var format = DocumentFormat.table

  func run(in context: Console) throws -> ExitCode {
    switch format {
    case .table:
      try context.print([
        .keyValues([
          .init("version", .text(BallastCLI.version)),
          .init("instruction set", .text(Machine.instructionSet)),
          .init("bf16", .text(Machine.bfloat16.sentence)),
          .init("threads", .integer(Parallel.threadCount)),
          .init("memory", .bytes(Machine.memoryBytes)),
        ])
      ])
    case .json:
      try context.print([
        "version": .string(BallastCLI.version),
        "instruction_set": .string(Machine.instructionSet),
        "bf16": Machine.bfloat16Library.map { .string($0) } ?? .null,
        "threads": .integer(Parallel.threadCount), "memory_bytes": .integer(Machine.memoryBytes),
      ])
    }
    return .success
  }
}

extension BFloat16Support {
  /// What to tell of it.
  fileprivate var sentence: String {
    switch self {
    case .ready: Machine.bfloat16Library ?? "oneDNN"
    case .notBuilt: "none: built without oneDNN"
    case .notInstalled: "none: libdnnl.so.2 is not installed"
    case .notSupported: "none: the processor has no instructions for it"
    }
  }
}
