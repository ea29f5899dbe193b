public import BallastBytes
public import BallastJSON

/// A set of named tensors out of one or several files; the data stays in the files.
public struct Checkpoint: Sendable {
  /// A file of the set, and its size.
  public struct File: Hashable, Sendable {
    /// The path relative to the one that was opened.
    public let name: String
    /// The size in bytes.
    public let byteCount: Int

    /// A file and its size.
    public init(name: String, byteCount: Int) {
      self.name = name
      self.byteCount = byteCount
    }
  }

  /// The name of the format, such as "safetensors".
  public let format: String
  /// The files that the tensors stand in.
  public let files: [File]
  /// What the file says about itself beside its tensors.
  public let metadata: JSONObject
  /// What the reader accepted although it is suspicious.
  public let warnings: [FormatError]
  /// What the files state of their bytes, and opening them did not compare.
  package let checksums: [StoredChecksum]
  /// The tensors, in the order of the file.
  public let tensors: [TensorView]
  private let index: [ExactString: Int]
  private let ties: [Int: Int]

  /// A set of tensors; throws `CheckpointFault.duplicateName` where a name comes twice.
  public init(
    format: String,
    files: [File],
    metadata: JSONObject = [:],
    warnings: [FormatError] = [],
    tensors: [TensorView]
  ) throws(FormatError) {
    try self.init(
      format: format,
      files: files,
      metadata: metadata,
      warnings: warnings,
      checksums: [],
      tensors: tensors
    )
  }

  /// A set of tensors out of files that state checksums.
  package init(
    format: String,
    files: [File],
    metadata: JSONObject = [:],
    warnings: [FormatError] = [],
    checksums: [StoredChecksum],
    tensors: [TensorView]
  ) throws(FormatError) {
    self.format = format
    self.files = files
    self.metadata = metadata
    self.warnings = warnings
    self.checksums = checksums
    self.tensors = tensors
    var index: [ExactString: Int] = [:]
    index.reserveCapacity(tensors.count)
    for (position, tensor) in tensors.enumerated() {
      guard index.updateValue(position, forKey: ExactString(tensor.name)) == nil else {
        throw FormatError(
          CheckpointFault.duplicateName(tensor.name),
          at: tensor.fileOffset,
          in: tensor.storage.file
        )
      }
    }
    self.index = index
    ties = Self.ties(of: tensors)
  }

  /// The tensor of that name.
  public subscript(name: String) -> TensorView? {
    index[ExactString(name)].map { tensors[$0] }
  }

  /// The first tensor that has the same elements of the same storage, if that is another one.
  public func tie(of tensor: TensorView) -> TensorView? {
    index[ExactString(tensor.name)].flatMap { ties[$0] }.map { tensors[$0] }
  }

  /// The same set with other tensors: some left out, or renamed.
  public func with(tensors: [TensorView]) throws(FormatError) -> Checkpoint {
    try Checkpoint(
      format: format,
      files: files,
      metadata: metadata,
      warnings: warnings,
      checksums: checksums,
      tensors: tensors
    )
  }

  /// For each tensor that shows the elements of an earlier one, the position of that one.
  private static func ties(of tensors: [TensorView]) -> [Int: Int] {
    // Nearly all storages have one tensor, whose place need not be looked at. By position: copies of
    // views would take longer than the rest.
    var uses: [ObjectIdentifier: Int] = [:]
    uses.reserveCapacity(tensors.count)
    for position in tensors.indices {
      uses[ObjectIdentifier(tensors[position].storage), default: 0] += 1
    }
    guard uses.count < tensors.count else { return [:] }
    var first: [TensorView.Place: Int] = [:]
    var ties: [Int: Int] = [:]
    for (position, tensor) in tensors.enumerated()
    where tensor.shape.elementCount > 0 && uses[ObjectIdentifier(tensor.storage)] != 1 {
      let place = tensor.place
      if let earlier = first[place] {
        ties[position] = earlier
      } else {
        first[place] = position
      }
    }
    return ties
  }
}
