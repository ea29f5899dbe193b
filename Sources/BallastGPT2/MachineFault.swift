public import BallastBytes

/// What the products of a pass are made of; sums are float32 always.
public enum Precision: String, CaseIterable, Sendable {
  /// The weights as they are.
  case float32 = "f32"
  /// Weights, inputs and gradients rounded to bfloat16; what is trained are float32 weights.
  case bfloat16 = "bf16"
}

/// What a machine, or the program's build, lacks.
public enum MachineFault: FormatFault {
  case builtWithoutOneDNN
  case noOneDNN
  case noBFloat16

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .builtWithoutOneDNN: "bf16 needs oneDNN, and this program was built without it"
    case .noOneDNN: "bf16 needs oneDNN 2, which is not installed"
    case .noBFloat16:
      // Measured with oneDNN 2.6.3 told to do without: 31 to 71 GFLOP/s, where float32's ran at 143 to 203.
      "this processor has no instructions for bf16 (AVX512-BF16), without which it takes about three times "
        + "as long as f32"
    }
  }

  /// How to get it.
  public var hint: String? {
    switch self {
    case .builtWithoutOneDNN:
      "on Debian and Ubuntu: apt install libdnnl-dev, and then tools/build"
    case .noOneDNN: "on Debian and Ubuntu: apt install libdnnl2"
    case .noBFloat16: "use f32"
    }
  }
}
