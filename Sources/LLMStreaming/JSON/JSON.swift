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

/// The members of a JSON object in the order of the document.
///
/// Look-up is a scan: the objects of requests and events have few members. Where a document names a member twice,
/// the last one is found, as with most JSON readers.
public struct JSONObject: Sendable, Hashable {
    /// A name and its value.
    public struct Member: Sendable, Hashable {
        /// The member's name.
        public var key: String
        /// The member's value.
        public var value: JSON

        /// A member.
        public init(key: String, value: JSON) {
            self.key = key
            self.value = value
        }

        /// Most names that are compared differ in length already, which is seen at once.
        fileprivate func isNamed(_ name: String) -> Bool { key.utf8.count == name.utf8.count && key == name }
    }

    /// The members in order.
    public private(set) var members: [Member]

    /// An object with these members, by default none.
    public init(_ members: [Member] = []) { self.members = members }

    /// Whether there is no member.
    public var isEmpty: Bool { members.isEmpty }

    /// The value of a member; set nil to remove it, a new name is added at the end.
    public subscript(_ key: String) -> JSON? {
        get { members.last { $0.isNamed(key) }?.value }
        set {
            if let newValue {
                if let index = members.lastIndex(where: { $0.isNamed(key) }) {
                    members[index].value = newValue
                } else {
                    members.append(Member(key: key, value: newValue))
                }
            } else {
                members.removeAll { $0.isNamed(key) }
            }
        }
    }

    /// This object with the members of another put over its own, null ones too.
    public func merging(_ other: JSONObject) -> JSONObject { merging(other) { _, new in new } }

    /// This object with the members of another put over its own; of a name that both have, the value that is chosen.
    ///
    /// Takes time linear in both: an object from outside may have as many members as fit in an event.
    package func merging(_ other: JSONObject, choosing choose: (_ own: JSON, _ new: JSON) -> JSON) -> JSONObject {
        var result = self
        let isScanned =
            members.count + other.members.count <= Self.mostScanned || other.members.count <= Self.fewScanned
        if isScanned {
            for member in other.members {
                result[member.key] = result[member.key].map { choose($0, member.value) } ?? member.value
            }
            return result
        }
        var positions = Dictionary(
            zip(members.lazy.map(\.key), members.indices), uniquingKeysWith: { _, last in last })
        for member in other.members {
            if let position = positions[member.key] {
                result.members[position].value = choose(result.members[position].value, member.value)
            } else {
                positions[member.key] = result.members.count
                result.members.append(member)
            }
        }
        return result
    }

    /// Up to this number of members scans are quicker than a dictionary.
    private static let mostScanned = 32
    /// For this few new ones a dictionary of all is not worth its making.
    private static let fewScanned = 4

    /// This object as far as it came, with a further piece put over it.
    ///
    /// An answer may bring a piece in some twenty bytes, and each costs a look at all that came before: of what is
    /// larger than anything that a provider sends only the beginning and the newest are kept.
    func goingOn(
        with piece: JSONObject, choosing choose: (_ own: JSON, _ new: JSON) -> JSON = { _, new in new }
    ) -> JSONObject {
        guard members.count > Self.mostKept else { return merging(piece, choosing: choose) }
        let part = Self.mostKept / 4
        return JSONObject(Array(members.prefix(part) + members.suffix(part))).merging(piece, choosing: choose)
    }

    private static let mostKept = 512
}
