package import BallastBytes
package import BallastCheckpoint

/// An archive of arrays, as `numpy.savez` and `savez_compressed` write it: a zip archive with a
/// member `NAME.npy` for each.
///
/// Stored arrays stay where they are in the file. A compressed one is decompressed when the file is
/// opened, as a whole.
package enum NPZ {
  package static let name = "npz"

  static let suffix = ".npy"

  /// Whether a file is a zip archive whose members are arrays; one without members is `savez()`.
  package static func matches(_ source: SharedBytes) -> Bool {
    if let first = ZipArchive.firstName(in: source), first.hasSuffix(suffix) { return true }
    guard let archive = try? ZipArchive(parsing: source) else { return false }
    return archive.members.isEmpty || archive.members.contains { $0.name.hasSuffix(suffix) }
  }

  /// Opens a file; `file` is its name within a set of several.
  ///
  /// Members that are no arrays of numbers are left out, with a warning; a file that has no others
  /// is refused for the first of them.
  package static func open(
    _ source: SharedBytes,
    file: String? = nil,
    limits: ZipLimits = .standard
  ) throws(FormatError) -> Checkpoint {
    do {
      return try parse(source, file: file, limits)
    } catch {
      throw error.inFile(file)
    }
  }

  private static func parse(
    _ source: SharedBytes,
    file: String?,
    _ limits: ZipLimits
  ) throws(FormatError) -> Checkpoint {
    let archive = try ZipArchive(parsing: source, limits: limits)
    var warnings = Warnings()
    var tensors: [TensorView] = []
    var refusal: FormatError?
    for member in archive.members {
      let place = member.method == .stored ? member.dataRange.lowerBound : nil
      do throws(FormatError) {
        let isSuffixed = member.name.hasSuffix(suffix)
        let (tensor, trailing) = try NPY.array(
          in: try archive.contents(of: member),
          named: String(member.name.dropLast(isSuffixed ? suffix.count : 0)),
          file: file,
          fileOffset: place
        )
        tensors.append(tensor)
        if trailing > 0 {
          let fault = NumPyFault.trailingBytes(trailing)
          warnings.append("the ends of members", FormatError(fault, at: place))
        }
      } catch {
        // What is damaged is damaged; what is merely not for us is passed over.
        guard isForeign(error.fault) else { throw error }
        let reason = error.fault.description
        let skipped = NumPyFault.unreadableMember(member.name, reason: reason)
        warnings.append(
          "members that are left out",
          FormatError(skipped, at: member.headerOffset)
        )
        if refusal == nil { refusal = error }
      }
    }
    if tensors.isEmpty, let refusal { throw refusal }
    // NumPy looks for a member of the very name first, and would find the other array.
    let names = Set(archive.members.map { ExactString($0.name) })
    for member in archive.members where member.name.hasSuffix(suffix) {
      let name = String(member.name.dropLast(suffix.count))
      guard names.contains(ExactString(name)) else { continue }
      let isSuffixed = name.hasSuffix(suffix)
      throw FormatError(
        NumPyFault.ambiguousName(tensor: isSuffixed ? String(name.dropLast(suffix.count)) : name),
        at: member.headerOffset
      )
    }
    return try Checkpoint(
      format: name,
      files: [.init(name: file ?? "", byteCount: source.count)],
      warnings: (archive.warnings + warnings.all).map { $0.inFile(file) },
      checksums: archive.checksums(file: file),
      tensors: tensors
    )
  }

  /// Whether a fault says that a sound member is of another kind.
  private static func isForeign(_ fault: any FormatFault) -> Bool {
    switch fault as? NumPyFault {
    case .objects, .structured, .unknownType, .notAnArray: true
    default: false
    }
  }
}
