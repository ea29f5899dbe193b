import BallastBytes
import BallastCheckpoint
import BallastFormats

/// Tests of what is found in a pickle of one tensor and what is put around it.
protocol TorchWalkSuite {}

extension TorchWalkSuite {
  static var tensor: [UInt8] {
    TorchPickle.tensor(
      TorchPickle.storage("0", count: 6),
      sizes: [6],
      strides: [1]
    )
  }
  static var memoized: [UInt8] { bytes(tensor, "r", littleEndian(UInt32(1000))) }
  static var again: [UInt8] { bytes("j", littleEndian(UInt32(1000))) }

  func open(_ pickle: [UInt8], limits: TorchLimits = .standard) throws -> Checkpoint {
    let source = try torchZip(pickle, storages: ["0": floats(6)]).source
    return try TorchZip.open(source, file: nil, limits: limits)
  }

  func names(_ pickle: [UInt8]) throws -> [String] { try open(pickle).tensors.map(\.name) }

  func warnings(_ checkpoint: Checkpoint) -> [TorchFault?] {
    checkpoint.warnings.map { $0.fault as? TorchFault }
  }
}
