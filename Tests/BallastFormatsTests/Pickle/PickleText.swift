import BallastBytes
import BallastFormats

/// Bytes for a test: text stands for its UTF-8, a number for a byte.
func bytes(_ parts: any PicklePart...) -> [UInt8] { parts.flatMap(\.pickled) }

/// A part of a hand-written file.
protocol PicklePart {
  var pickled: [UInt8] { get }
}

extension String: PicklePart {
  var pickled: [UInt8] { Array(utf8) }
}

extension Int: PicklePart {
  var pickled: [UInt8] { [UInt8(truncatingIfNeeded: self)] }
}

extension Array: PicklePart where Element == UInt8 {
  var pickled: [UInt8] { self }
}

/// An integer's bytes, little-endian.
func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value($0 * 8)) }
}

/// The machine after it has run the bytes as a pickle.
func machine(
  _ bytes: [UInt8],
  limits: PickleLimits = .standard,
  recordsEvents: Bool = false
) throws -> PickleMachine {
  var machine = PickleMachine(
    try SharedBytes.copying(bytes),
    range: 0..<bytes.count,
    limits: limits,
    recordsEvents: recordsEvents
  )
  try machine.run()
  return machine
}

/// What a pickle holds, as Python would print it; for small, finite values.
func printed(_ bytes: [UInt8]) throws -> String {
  let graph = try machine(bytes).graph
  return graph.printed(graph.root ?? .none)
}

extension PickleGraph {
  func printed(_ value: PickleValue) -> String {
    switch value {
    case .none: "None"
    case .bool(let bool): bool ? "True" : "False"
    case .integer(let integer): "\(integer)"
    case .float(let number): "\(number)"
    case .long: longDescription(value) ?? ""
    case .string: "'\(text(value) ?? "")'"
    case .bytes: "b" + printedBytes(value)
    case .byteArray: "bytearray" + printedBytes(value)
    case .list: "[" + printedElements(value) + "]"
    case .tuple: "(" + printedElements(value) + ")"
    case .set: "{" + printedElements(value) + "}"
    case .frozenSet: "frozenset{" + printedElements(value) + "}"
    case .dictionary: printedEntries(entries(value) ?? [])
    case .global(let index):
      globals[index].isComputed ? "?" : "\(globals[index].module).\(globals[index].name)"
    case .extensionCode(let code): "ext(\(code))"
    case .persistent(let index): "pid(\(printed(persistentIDs[index])))"
    case .object(let index): printed(objects[index])
    }
  }

  private func printed(_ object: PickleObject) -> String {
    var text = printed(object.callable)
    switch object.kind {
    case .call: break
    case .new: text += ".__new__"
    case .instance: text += ".instance"
    }
    text += printed(object.arguments)
    if object.keywords != .none { text += "**" + printed(object.keywords) }
    if !object.items.isEmpty {
      text += "+[" + object.items.map(printed).joined(separator: ", ") + "]"
    }
    if !object.entries.isEmpty { text += "+" + printedEntries(object.entries) }
    for state in object.states { text += "<-" + printed(state) }
    return text
  }

  private func printedElements(_ value: PickleValue) -> String {
    (elements(value) ?? []).map(printed).joined(separator: ", ")
  }

  private func printedEntries(_ entries: [PickleValue]) -> String {
    let pairs = stride(from: 0, to: entries.count, by: 2).map {
      printed(entries[$0]) + ": " + printed(entries[$0 + 1])
    }
    return "{" + pairs.joined(separator: ", ") + "}"
  }

  private func printedBytes(_ value: PickleValue) -> String {
    "(" + (contentBytes(value) ?? []).map { String($0) }.joined(separator: " ") + ")"
  }
}
