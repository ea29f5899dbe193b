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
