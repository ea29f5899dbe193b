import BallastJSON
import Foundation

/// JSON Schema (draft 2020-12), as far as docs/schemas uses it; what it does not know is an error.
struct SchemaValidator {
  private let root: JSONValue

  init(path: String) throws {
    root = try JSONValue(parsing: try String(contentsOfFile: path, encoding: .utf8))
  }

  /// Where a value breaks the schema, and how; empty where it fits.
  func faults(in value: JSONValue) -> [String] {
    faults(in: value, root, at: "$")
  }

  private static let notes: Set = ["$schema", "$defs", "title", "description"]

  private func faults(in value: JSONValue, _ schema: JSONValue, at place: String) -> [String] {
    guard let rules = schema.object else { return ["\(place): the schema is no object"] }
    let properties = rules["properties"]?.object ?? [:]
    var faults: [String] = []
    func expect(_ holds: Bool, _ rule: String) {
      if !holds { faults.append("\(place): breaks \(rule)") }
    }
    for (keyword, rule) in rules.members where !Self.notes.contains(keyword) {
      switch keyword {
      case "$ref":
        let name = rule.string.map { $0.replacing("#/$defs/", with: "") } ?? ""
        guard let target = root["$defs"]?[name] else { return ["\(place): no \(name)"] }
        faults += self.faults(in: value, target, at: place)
      case "type": expect(isOf(type: rule.string ?? "", value), "type \(rule.text())")
      case "const": expect(value == rule, keyword)
      case "enum": expect(rule.array?.contains(value) ?? false, "enum \(rule.text())")
      case "minimum": expect((value.number ?? .nan) >= (rule.number ?? .nan), keyword)
      case "minItems": expect((value.array?.count ?? 0) >= (rule.integer ?? 0), keyword)
      case "maxItems": expect((value.array?.count ?? 0) <= (rule.integer ?? 0), keyword)
      case "pattern": expect(matches(value.string, rule.string), keyword)
      case "anyOf":
        let branches = (rule.array ?? []).map { self.faults(in: value, $0, at: place) }
        if !branches.contains(where: \.isEmpty) {
          // The branch that was meant is the one that it fits best.
          faults += branches.max { $0.first?.count ?? 0 < $1.first?.count ?? 0 } ?? []
        }
      case "items":
        for (index, item) in (value.array ?? []).enumerated() {
          faults += self.faults(in: item, rule, at: "\(place)[\(index)]")
        }
      case "required":
        for key in rule.array ?? [] { expect(value[key.string ?? ""] != nil, "required \(key)") }
      case "properties":
        for (key, rule) in properties.members {
          if let child = value[key] {
            faults += self.faults(in: child, rule, at: "\(place).\(key)")
          }
        }
      case "patternProperties", "propertyNames": continue
      case "additionalProperties":
        let patterns = rules["patternProperties"]?.object ?? [:]
        let members = value.object ?? [:]
        for (key, child) in members.members where properties[key] == nil {
          let pattern = patterns.members.first { matches(key, $0.key) }
          if pattern == nil, rule == false { faults.append("\(place): has \(key)") }
          let schema = pattern?.value ?? (rule.object == nil ? [:] : rule)
          faults += self.faults(in: child, schema, at: "\(place).\(key)")
        }
      default: faults.append("\(place): the keyword \(keyword) is not known")
      }
    }
    return faults
  }

  private func isOf(type: String, _ value: JSONValue) -> Bool {
    switch type {
    case "object": value.object != nil
    case "array": value.array != nil
    case "string": value.string != nil
    case "boolean": value.bool != nil
    case "integer": value.integer != nil
    case "number": value.number != nil
    case "null": value == .null
    default: false
    }
  }

  private func matches(_ text: String?, _ pattern: String?) -> Bool {
    guard let text, let pattern, let regex = try? Regex(pattern) else { return false }
    return text.contains(regex)
  }
}
