import BallastBytes
import BallastCheckpoint
import BallastFormats

/// Writes pickles and files as torch does, in pieces that a test can get wrong.
enum TorchPickle {
  static func text(_ text: String) -> [UInt8] {
    bytes("X", littleEndian(UInt32(text.utf8.count)), text)
  }

  static func integer(_ integer: Int) -> [UInt8] {
    Int32(exactly: integer).map { bytes("J", littleEndian($0)) }
      ?? bytes(0x8A, 8, littleEndian(integer))
  }

  static func global(_ module: String, _ name: String) -> [UInt8] {
    bytes("c\(module)\n\(name)\n")
  }

  static func tuple(_ elements: [UInt8]...) -> [UInt8] { tuple(elements) }

  static func tuple(_ elements: [[UInt8]]) -> [UInt8] {
    bytes("(", elements.flatMap { $0 }, "t")
  }

  static func list(_ elements: [[UInt8]]) -> [UInt8] {
    bytes("](", elements.flatMap { $0 }, "e")
  }

  static func dictionary(_ entries: [(key: [UInt8], value: [UInt8])]) -> [UInt8] {
    bytes("}(", entries.flatMap { $0.key + $0.value }, "u")
  }

  static func dictionary(_ entries: KeyValuePairs<String, [UInt8]>) -> [UInt8] {
    dictionary(entries.map { (text($0.key), $0.value) })
  }

  static func call(_ module: String, _ name: String, _ arguments: [UInt8]...) -> [UInt8] {
    bytes(global(module, name), tuple(arguments), "R")
  }

  /// A persistent id; `view` is the sixth field of legacy files.
  static func storage(
    _ key: String,
    count: Int,
    type: String = "FloatStorage",
    view: [UInt8]? = nil
  ) -> [UInt8] {
    let fields = [
      text("storage"), global("torch", type), text(key), text("cpu"), integer(count),
    ]
    return bytes(tuple(fields + (view.map { [$0] } ?? [])), "Q")
  }

  /// `_rebuild_tensor_v2` of a storage.
  static func tensor(
    _ storage: [UInt8],
    offset: Int = 0,
    sizes: [Int],
    strides: [Int],
    marks: [[UInt8]] = []
  ) -> [UInt8] {
    let arguments =
      [
        storage, integer(offset), tuple(sizes.map(integer)), tuple(strides.map(integer)),
        [0x89], call("collections", "OrderedDict"),
      ] + marks
    return bytes(global("torch._utils", "_rebuild_tensor_v2"), tuple(arguments), "R")
  }
}

/// The numbers 0, 1, 2 … as float32.
func floats(_ count: Int) -> [UInt8] {
  (0..<count).flatMap { littleEndian(Float($0).bitPattern) }
}

/// A zip file as torch.save writes it, but for the padding.
func torchZip(
  _ pickle: [UInt8],
  storages: [String: [UInt8]] = [:],
  root: String = "archive/",
  version: String? = "3\n",
  byteOrder: String? = "little",
  isDeflated: Bool = false
) -> ZipBuilder {
  func member(_ name: String, _ data: [UInt8]) -> ZipBuilder.Member {
    .init(
      name: root + name,
      data: data,
      isDeflated: isDeflated,
      hasDescriptor: !data.isEmpty && !isDeflated
    )
  }
  var members = [member("data.pkl", bytes(0x80, 2, pickle, "."))]
  if let byteOrder { members.append(member("byteorder", bytes(byteOrder))) }
  for (key, data) in storages.sorted(by: { $0.key < $1.key }) {
    members.append(member("data/" + key, data))
  }
  if let version { members.append(member("version", bytes(version))) }
  var builder = ZipBuilder(members)
  builder.hasZip64End = true
  return builder
}

/// A legacy file: the object, then the storages, each with its number of elements before it.
func torchLegacy(
  _ pickle: [UInt8],
  keys: [String] = [],
  pickledKeys: [[UInt8]]? = nil,
  storages: [(count: Int, data: [UInt8])] = [],
  magic: [UInt8] = bytes(0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19),
  protocolVersion: Int = 1001
) -> [UInt8] {
  let systemInfo = TorchPickle.dictionary(["little_endian": [0x88]])
  return bytes(0x80, 2, magic, ".", 0x80, 2, TorchPickle.integer(protocolVersion), ".")
    + bytes(0x80, 2, systemInfo, ".", 0x80, 2, pickle, ".")
    + bytes(0x80, 2, TorchPickle.list(pickledKeys ?? keys.map(TorchPickle.text)), ".")
    + storages.flatMap { littleEndian(Int64($0.count)) + $0.data }
}

extension TensorView {
  /// The elements, row by row and little-endian.
  func contents() throws -> [UInt8] {
    var contents: [UInt8] = []
    try forEachPiece { (piece, _) throws(FormatError) in
      for index in 0..<piece.byteCount {
        contents.append(piece.unsafeLoad(fromByteOffset: index, as: UInt8.self))
      }
    }
    return contents
  }
}
