/// A JSON value that keeps the order of members and the text of numbers.
///
/// Key order inside tool and response schemas steers models, and `0.70` is not `0.7` to a reader of stored
/// requests, so requests are never passed through a dictionary or a binary number (Contract, "Job lines").
///
/// ```swift
/// let schema: JSON = ["type": "object", "properties": ["city": ["type": "string"]], "required": ["city"]]
/// print(schema["properties"]?["city"]?["type"]?.string ?? "")
/// ```
public enum JSON: Sendable, Hashable {
    /// Null.
    case null
    /// True or false.
    case bool(Bool)
    /// A number, as its text stands in the document.
    case number(String)
    /// A string.
    case string(String)
    /// An array.
    case array([JSON])
    /// An object.
    case object(JSONObject)
}

extension JSON {
    /// A whole number.
    public static func int(_ value: Int) -> JSON { .number(String(value)) }

    /// A number, in the shortest text that reads back as the same double; null for one that is not finite, since JSON
    /// has no number for it.
    public static func double(_ value: Double) -> JSON {
        guard value.isFinite else { return .null }
        if value == value.rounded(), abs(value) < 1e15 { return .number(String(Int(value))) }
        return .number("\(value)")
    }

    /// The string's value; nil for anything else.
    public var string: String? { if case .string(let value) = self { value } else { nil } }

    /// The boolean's value; nil for anything else.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The elements of an array; nil for anything else.
    public var array: [JSON]? { if case .array(let elements) = self { elements } else { nil } }

    /// The object; nil for anything else.
    public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }

    /// The number as a double; nil for anything else or out of range, as `1e999` is.
    public var double: Double? {
        guard case .number(let text) = self, let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// The number as an integer, also when written as `5.0`; nil for anything else or out of range.
    public var int: Int? {
        guard case .number(let text) = self else { return nil }
        return Int(text) ?? Double(text).flatMap { Int(exactly: $0) }
    }

    /// Whether this is JSON's null.
    public var isNull: Bool { self == .null }

    /// The member of that name of an object; nil where there is none, or where this is no object.
    public subscript(_ key: String) -> JSON? { object?[key] }

    /// The name of the value's type, for messages.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .int(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// An array of the elements.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// Null.
    public init(nilLiteral: ()) { self = .null }
    /// An object with the members in the written order.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
}
