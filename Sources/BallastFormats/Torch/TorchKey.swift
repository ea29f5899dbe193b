import BallastBytes

/// The key of a dictionary as Python tells keys apart: 1, 1.0 and True are one key, 1 and "1" are two.
///
/// What Python's equality of two keys would be is not known of every value; those that are `other` are
/// equal only where the pickle has the same value twice.
enum TorchKey: Hashable {
  case none
  case number(Int)
  /// A number that is no integer of 64 bits, by its bits.
  case float(UInt64)
  case text(ExactString)
  case bytes([UInt8])
  case tuple([TorchKey])
  /// A class or function, by its module and name.
  case global(ExactString)
  case other(PickleValue)
}

/// A key with the label that it gives its value.
struct TorchLabelledKey {
  let key: TorchKey
  let label: TorchLabel
  /// Whether the label is not the key's own text: that is too long, no Unicode, or there is none.
  var isInvented = false
}

extension PickleGraph {
  /// How many elements of a tuple are spelled out where it is a key.
  private static let maximumKeyElements = 8

  /// A dictionary's key, the entry's number being `index`.
  func labelledKey(_ value: PickleValue, at index: Int) -> TorchLabelledKey {
    if let plain = plainKey(value) { return plain }
    if case .tuple = value, let elements = elements(value),
      elements.count <= Self.maximumKeyElements
    {
      let parts = elements.compactMap { plainKey($0) }
      if parts.count == elements.count {
        let text = "(" + parts.map(\.label.text).joined(separator: ", ") + ")"
        return TorchLabelledKey(
          key: .tuple(parts.map(\.key)),
          label: TorchLabel(text: text, isText: false),
          isInvented: parts.contains { $0.isInvented }
        )
      }
    }
    let label = TorchLabel(text: "?\(index)", isText: false)
    return TorchLabelledKey(key: .other(value), label: label, isInvented: true)
  }

  /// A key that is no container; nil where it has no text of its own, or a very long one.
  private func plainKey(_ value: PickleValue) -> TorchLabelledKey? {
    func labelled(_ key: TorchKey, _ text: String, isText: Bool = false) -> TorchLabelledKey {
      TorchLabelledKey(key: key, label: TorchLabel(text: text, isText: isText))
    }
    switch value {
    case .none: return labelled(.none, "None")
    case .bool(let bool): return labelled(.number(bool ? 1 : 0), bool ? "True" : "False")
    case .integer(let integer): return labelled(.number(integer), String(integer))
    case .float(let number):
      let key = Int(exactly: number).map { TorchKey.number($0) } ?? .float(number.bitPattern)
      // Python finds a NaN again only where it is the same object.
      return labelled(number.isNaN ? .other(value) : key, String(number))
    case .string:
      guard let (text, hasSurrogates) = keyText(value) else { return nil }
      guard hasSurrogates else {
        return labelled(.text(ExactString(text)), text, isText: true)
      }
      let label = TorchLabel(text: text, isText: true)
      return TorchLabelledKey(key: .other(value), label: label, isInvented: true)
    case .bytes, .byteArray: return keyBytes(value).map { bytesKey($0) }
    case .object(let index):
      if let number = numpyScalar(objects[index]) { return plainKey(number) }
      return keyBytes(value).map { bytesKey($0) }
    case .global:
      return name(value).map { module, name in
        labelled(.global(ExactString("\(module)\n\(name)")), name)
      }
    default: return nil
    }
  }

  private func bytesKey(_ bytes: [UInt8]) -> TorchLabelledKey {
    let text = String(decoding: bytes, as: UTF8.self)
    let label = TorchLabel(text: text, isText: false)
    // Bytes that are no text are told apart, but show the same U+FFFD.
    return TorchLabelledKey(
      key: .bytes(bytes),
      label: label,
      isInvented: !text.utf8.elementsEqual(bytes)
    )
  }
}
