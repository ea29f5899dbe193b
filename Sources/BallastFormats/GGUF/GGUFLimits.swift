/// How much a GGUF file may claim before it is refused; ggml's own old file likewise.
package struct GGUFLimits: Sendable {
  /// Some hundred keys are usual; every one of them takes memory of its own.
  package var keys = 65_536
  /// The largest mixtures of experts have some ten thousand tensors.
  package var tensors = 1 << 16
  /// Of all arrays together: a vocabulary of 256 Ki tokens has a few arrays of that length.
  ///
  /// An element of one byte becomes a value of dozens: this bounds memory by more than file size.
  package var arrayElements = 2 << 20
  /// Chat templates are the longest texts, at some hundred KiB.
  package var textBytes = 16 << 20
  /// The specification's limit for keys; names of tensors are shorter where ggml reads them.
  package static let nameBytes = 65_535
  /// ggml has room for 64 bytes with a zero at the end (GGML_MAX_NAME).
  package static let writtenNameBytes = 63
  /// Nothing that is published nests arrays.
  package static let nesting = 4
  /// GGML_MAX_DIMS.
  package static let dimensions = 4

  package static let standard = GGUFLimits()

  package init() {}
}
