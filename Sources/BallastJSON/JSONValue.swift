import BallastBytes

/// A JSON value; objects keep the order of their keys.
public enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  /// A number written without fraction or exponent that fits into `Int`.
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

/// The members of a JSON object, in their order; no key occurs twice.
public struct JSONObject: Hashable, Sendable {
  /// A member: its key and its value.
  public typealias Member = (key: String, value: JSONValue)

  private var keys: [String] = []
  private var values: [ExactString: JSONValue] = [:]

  /// An object without members.
  public init() {}

  /// The members, in order.
  public var members: some Collection<Member> {
    keys.lazy.map { (key: $0, value: values[ExactString($0)] ?? .null) }
  }

  /// The number of members.
  public var count: Int { keys.count }

  /// The value of a key; setting nil removes it, and a new key goes to the end.
  public subscript(key: String) -> JSONValue? {
    get { values[ExactString(key)] }
    set {
      if let newValue {
        if values.updateValue(newValue, forKey: ExactString(key)) == nil { keys.append(key) }
      } else if values.removeValue(forKey: ExactString(key)) != nil {
        keys.removeAll { ExactString($0) == ExactString(key) }
      }
    }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// An object with these members; a key that comes again replaces the value.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    for (key, value) in elements { self[key] = value }
  }
}

extension JSONValue {
  /// The value of a key, if this is an object that has it.
  public subscript(key: String) -> JSONValue? { object?[key] }

  /// The members, if this is an object.
  public var object: JSONObject? {
    if case .object(let object) = self { object } else { nil }
  }

  /// The elements, if this is an array.
  public var array: [JSONValue]? {
    if case .array(let array) = self { array } else { nil }
  }

  /// The text, if this is a string.
  public var string: String? {
    if case .string(let string) = self { string } else { nil }
  }

  /// The truth value, if this is one.
  public var bool: Bool? {
    if case .bool(let bool) = self { bool } else { nil }
  }

  /// The value, if this is an integer; a number such as 12.0 is one too.
  public var integer: Int? {
    switch self {
    case .integer(let integer): integer
    case .number(let number): Int(exactly: number)
    default: nil
    }
  }

  /// The value, if this is a number.
  public var number: Double? {
    switch self {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    default: nil
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  /// A value from a literal.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A value from a literal.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A value from a literal.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A value from a literal.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A value from a literal.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

  /// A value from a literal.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (key, value) in elements { object[key] = value }
    self = .object(object)
  }
}
