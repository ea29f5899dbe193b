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

  /// Few keys are found faster one by one than by their hashes, and take a tenth of the memory.
  private static let maximumUnindexed = 8

  private var keys: [ExactString] = []
  private var values: [JSONValue] = []
  /// The place of each key, where there are more than `maximumUnindexed`.
  private var index: [ExactString: Int] = [:]

  /// An object without members.
  public init() {}

  /// The members, in order.
  public var members: some Collection<Member> {
    keys.indices.lazy.map { (key: keys[$0].string, value: values[$0]) }
  }

  /// The number of members.
  public var count: Int { keys.count }

  /// The value of a key; setting nil removes it, and a new key goes to the end.
  public subscript(key: String) -> JSONValue? {
    get { place(of: ExactString(key)).map { values[$0] } }
    set {
      let place = place(of: ExactString(key))
      switch (newValue, place) {
      case (let value?, let place?): values[place] = value
      case (let value?, nil): append(key, value)
      case (nil, let place?):
        keys.remove(at: place)
        values.remove(at: place)
        index = [:]
        if keys.count > Self.maximumUnindexed { indexKeys() }
      case (nil, nil): break
      }
    }
  }

  /// Adds a member; false where its key is there already.
  @discardableResult
  mutating func append(_ key: String, _ value: JSONValue) -> Bool {
    let key = ExactString(key)
    if keys.count < Self.maximumUnindexed {
      guard !keys.contains(key) else { return false }
    } else {
      indexKeys()
      // Whenever the index grows all keys are hashed again: of tens of thousands, less often than by doubling.
      if index.count == index.capacity, index.count >= 1024 {
        index.reserveCapacity(4 * index.count)
      }
      guard index.updateValue(keys.count, forKey: key) == nil else { return false }
    }
    keys.append(key)
    values.append(value)
    return true
  }

  private func place(of key: ExactString) -> Int? {
    index.isEmpty ? keys.firstIndex(of: key) : index[key]
  }

  /// Makes the index where it is not there yet.
  private mutating func indexKeys() {
    guard index.isEmpty else { return }
    for (place, key) in keys.enumerated() { index[key] = place }
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
