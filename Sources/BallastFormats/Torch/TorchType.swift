import BallastCheckpoint

/// An element type of torch, under torch's name.
struct TorchType {
  let name: String
  /// The size of an element, or of the byte that holds several.
  let byteWidth: Int
  /// The type in a checkpoint; nil for the types that only torch has.
  let dtype: DType?

  /// Whether the elements are listed as the integers whose bits hold them, for want of their type.
  var isKeptAsBits: Bool { Self.bits[name] != nil }

  /// The integers of a quantised type, which stand for numbers together with a scale.
  var integers: DType? {
    switch name {
    case "qint8": .i8
    case "quint8": .u8
    case "qint32": .i32
    default: nil
    }
  }

  /// The type of `torch.float32` and its like, by the name within `torch`; `torch.float` is the same.
  init?(dtypeNamed name: String) {
    let name = Self.aliases[name] ?? name
    guard let (width, dtype) = Self.types[name] else { return nil }
    self.name = name
    byteWidth = width
    self.dtype = dtype
  }

  /// The type of the elements of `torch.FloatStorage` and its like, by the class's name.
  init?(storageClass name: String) {
    guard let dtypeName = Self.storageClasses[name] else { return nil }
    self.init(dtypeNamed: dtypeName)
  }

  private static let types: [String: (width: Int, dtype: DType?)] = {
    var types: [String: (width: Int, dtype: DType?)] = [
      "bool": (1, .bool), "uint8": (1, .u8), "int8": (1, .i8), "uint16": (2, .u16),
      "int16": (2, .i16), "uint32": (4, .u32), "int32": (4, .i32), "uint64": (8, .u64),
      "int64": (8, .i64), "float16": (2, .f16), "bfloat16": (2, .bf16), "float32": (4, .f32),
      "float64": (8, .f64), "complex32": (4, .c32), "complex64": (8, .c64),
      "complex128": (16, .c128), "float8_e4m3fn": (1, .f8e4m3), "float8_e5m2": (1, .f8e5m2),
      "float8_e4m3fnuz": (1, .f8e4m3fnuz), "float8_e5m2fnuz": (1, .f8e5m2fnuz),
      "float8_e8m0fnu": (1, .f8e8m0), "float4_e2m1fn_x2": (1, .f4), "qint8": (1, nil),
      "quint8": (1, nil), "qint32": (4, nil), "quint4x2": (1, nil), "quint2x4": (1, nil),
    ]
    types.merge(bits) { _, type in type }
    return types
  }()

  /// Types that have no arithmetic in torch either, each element in a byte or two of its own.
  private static let bits: [String: (width: Int, dtype: DType?)] = {
    var types: [String: (width: Int, dtype: DType?)] = [
      "bits8": (1, .u8), "bits16": (2, .u16), "bits1x8": (1, .u8), "bits2x4": (1, .u8),
      "bits4x2": (1, .u8),
    ]
    for bits in 1...7 {
      types["uint\(bits)"] = (1, .u8)
      types["int\(bits)"] = (1, .i8)
    }
    return types
  }()

  private static let aliases = [
    "half": "float16", "float": "float32", "double": "float64", "short": "int16", "int": "int32",
    "long": "int64", "chalf": "complex32", "cfloat": "complex64", "cdouble": "complex128",
  ]

  private static let storageClasses = [
    "BoolStorage": "bool", "ByteStorage": "uint8", "CharStorage": "int8", "ShortStorage": "int16",
    "IntStorage": "int32", "LongStorage": "int64", "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16", "FloatStorage": "float32", "DoubleStorage": "float64",
    "ComplexFloatStorage": "complex64", "ComplexDoubleStorage": "complex128",
    "QInt8Storage": "qint8", "QUInt8Storage": "quint8", "QInt32Storage": "qint32",
    "QUInt4x2Storage": "quint4x2", "QUInt2x4Storage": "quint2x4",
    // Bytes whose type the tensor names.
    "UntypedStorage": "uint8", "_UntypedStorage": "uint8",
  ]
}
