/// A strict JSON reader (RFC 8259) that keeps member order and number text.
///
/// Takes time linear in the input; nesting is bounded. Invalid UTF-8 inside strings and lone surrogates become U+FFFD:
/// callers that must refuse them check the bytes first.
package struct JSONParser {
    /// What is wrong with a document, and at which byte.
    package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        package var reason: String
        package var offset: Int
        package var description: String { "\(reason) at byte \(offset)" }
    }

    /// How deep arrays and objects may nest.
    package static let maximumDepth = 256

    let bytes: [UInt8]
    /// Whether `NaN` and `Infinity` are read, as nothing: servers in Python write them.
    private let readsNonFinite: Bool
    var index = 0
    private var depth = 0

    /// Whether halves of characters stay in the strings, as marks.
    let marksHalves: Bool
    var hasHalves = false

    private init(_ bytes: [UInt8], readsNonFinite: Bool = false, marksHalves: Bool = false) {
        self.bytes = bytes
        self.readsNonFinite = readsNonFinite
        self.marksHalves = marksHalves
    }

    /// The one value that the bytes hold, white space around it allowed.
    package static func parse(_ bytes: [UInt8]) throws(Failure) -> JSON {
        var parser = JSONParser(bytes)
        return try parser.onlyValue()
    }

    /// The one value that the bytes of an answer hold, in which `NaN`, `Infinity` and `-Infinity` are null.
    static func parse(answer bytes: [UInt8]) throws(Failure) -> JSON {
        var parser = JSONParser(bytes, readsNonFinite: true)
        return try parser.onlyValue()
    }

    /// The value of an answer that begins at an index, where it ends, and whether halves of characters stand in its
    /// strings, as `SurrogateMark` has them.
    static func parseMarkingHalves(
        answer bytes: [UInt8], from start: Int
    ) throws(Failure) -> (value: JSON, end: Int, hasHalves: Bool) {
        var parser = JSONParser(bytes, readsNonFinite: true)
        parser.index = start
        let value = try parser.value()
        return (try parser.markingHalves(of: value, from: start), parser.index, parser.hasHalves)
    }

    /// The one value that the bytes of an answer hold, and whether halves of characters stand in its strings, as
    /// `SurrogateMark` has them.
    static func parseMarkingHalves(answer bytes: [UInt8]) throws(Failure) -> (value: JSON, hasHalves: Bool) {
        var parser = JSONParser(bytes, readsNonFinite: true)
        let value = try parser.onlyValue()
        return (try parser.markingHalves(of: value, from: 0), parser.hasHalves)
    }

    /// The value that was read from an index on, read again with marks where halves of characters stand in its strings.
    private func markingHalves(of value: JSON, from start: Int) throws(Failure) -> JSON {
        guard hasHalves else { return value }
        var parser = JSONParser(bytes, readsNonFinite: true, marksHalves: true)
        parser.index = start
        parser.skipWhiteSpace()
        return try parser.value()
    }

    private mutating func onlyValue() throws(Failure) -> JSON {
        skipWhiteSpace()
        let value = try value()
        skipWhiteSpace()
        guard index == bytes.count else { throw failure("text after the value") }
        return value
    }

    /// The one value that a string holds.
    package static func parse(_ text: String) throws(Failure) -> JSON { try parse(Array(text.utf8)) }

    func failure(_ reason: String) -> Failure { Failure(reason: reason, offset: index) }

    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipWhiteSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    private mutating func value() throws(Failure) -> JSON {
        guard let byte = next else { throw failure("unexpected end") }
        switch byte {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "N") where readsNonFinite: return try literal("NaN", .null)
        case UInt8(ascii: "I") where readsNonFinite: return try literal("Infinity", .null)
        case 0x2D where readsNonFinite && index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "I"):
            return try literal("-Infinity", .null)
        case 0x2D, 0x30...0x39: return try number()
        default: throw failure("unexpected character")
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSON) throws(Failure) -> JSON {
        let end = index + text.utf8CodeUnitCount
        guard end <= bytes.count, text.withUTF8Buffer({ unsafe bytes[index..<end].elementsEqual($0) }) else {
            throw failure("unexpected character")
        }
        index = end
        return value
    }

    private mutating func enter() throws(Failure) {
        depth += 1
        guard depth <= Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth)") }
        index += 1
        skipWhiteSpace()
    }

    private mutating func object() throws(Failure) -> JSONObject {
        try enter()
        var members: [JSONObject.Member] = []
        // Most objects have two to four members; growing to that by doubling took a sixth of the parser's time.
        members.reserveCapacity(4)
        if next == UInt8(ascii: "}") {
            index += 1
            depth -= 1
            return JSONObject()
        }
        while true {
            guard next == UInt8(ascii: "\"") else { throw failure("a member's name is missing") }
            let key = try string()
            skipWhiteSpace()
            guard next == UInt8(ascii: ":") else { throw failure("a colon is missing") }
            index += 1
            skipWhiteSpace()
            members.append(JSONObject.Member(key: key, value: try value()))
            skipWhiteSpace()
            if try endsList(with: UInt8(ascii: "}")) { return JSONObject(members) }
        }
    }

    private mutating func array() throws(Failure) -> [JSON] {
        try enter()
        var elements: [JSON] = []
        if next == UInt8(ascii: "]") {
            index += 1
            depth -= 1
            return elements
        }
        while true {
            elements.append(try value())
            skipWhiteSpace()
            if try endsList(with: UInt8(ascii: "]")) { return elements }
        }
    }

    private mutating func endsList(with close: UInt8) throws(Failure) -> Bool {
        if next == close {
            index += 1
            depth -= 1
            return true
        }
        guard next == UInt8(ascii: ",") else { throw failure("a comma is missing") }
        index += 1
        skipWhiteSpace()
        return false
    }

    private mutating func number() throws(Failure) -> JSON {
        let start = index
        if next == UInt8(ascii: "-") { index += 1 }
        if next == UInt8(ascii: "0") { index += 1 } else { try digits() }
        if next == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            index += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
            try digits()
        }
        return .number(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func digits() throws(Failure) {
        let start = index
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { index += 1 }
        guard index > start else { throw failure("a digit is missing") }
    }
}
