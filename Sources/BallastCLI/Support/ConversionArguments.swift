import BallastCheckpoint
import BallastCommandLine
import BallastModelIO

/// A type that tensors can be cast to, or none.
enum OutputDType: String, CaseIterable, ExpressibleByArgument {
  case keep
  case f64
  case f32
  case f16
  case bf16
  case f8E4M3 = "f8_e4m3"
  case f8E5M2 = "f8_e5m2"
  case q80 = "q8_0"

  var dtype: DType? {
    switch self {
    case .keep: nil
    case .f64: .f64
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    case .f8E4M3: .f8e4m3
    case .f8E5M2: .f8e5m2
    case .q80: .q80
    }
  }
}

/// A key and a value for a file's metadata.
struct MetadataEntry: ExpressibleByArgument {
  let key: String
  let value: String

  init(argument: String) throws(InvalidArgument) {
    guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
      throw InvalidArgument("expected KEY=VALUE")
    }
    key = String(argument[..<equals])
    value = String(argument[argument.index(after: equals)...])
  }

  var argument: String { "\(key)=\(value)" }
}

extension Conversion.Target: ExpressibleByArgument {}
extension Conversion.Layout: ExpressibleByArgument {}

/// A number of bytes: "5GB", "200MiB", "1000".
struct ByteSize: ExpressibleByArgument {
  let byteCount: Int
  let argument: String

  private static let units: [(suffix: String, factor: Int)] = [
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1000), ("KB", 1000),
    ("MB", 1_000_000), ("GB", 1_000_000_000), ("", 1),
  ]

  init(argument: String) throws(InvalidArgument) {
    let unit = Self.units.first { argument.hasSuffix($0.suffix) } ?? ("", 1)
    let number = Int(argument.dropLast(unit.suffix.count))
    guard let number, number > 0 else {
      throw InvalidArgument("expected a size such as 500MB or 2GiB")
    }
    let (byteCount, overflows) = number.multipliedReportingOverflow(by: unit.factor)
    guard !overflows else { throw InvalidArgument("expected a smaller size") }
    self.byteCount = byteCount
    self.argument = argument
  }
}
