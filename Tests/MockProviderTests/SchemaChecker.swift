import Foundation

@testable import MockProvider

/// A small check of a value by a JSON Schema, for the tests: it shares nothing with the mock's maker of values.
struct SchemaChecker {
    let root: JSON

    init(_ schema: String) throws { root = try JSONDecoder().decode(JSON.self, from: Data(schema.utf8)) }

    /// Whether a text is one JSON value that fits the schema.
    func fits(_ text: String) -> Bool {
        guard let value = try? JSONDecoder().decode(JSON.self, from: Data(text.utf8)) else { return false }
        return fits(value, root)
    }

    func fits(_ value: JSON, _ schema: JSON) -> Bool {
        guard case .object(let keywords) = schema else {
            if case .bool(let takesAll) = schema { return takesAll }
            return false
        }
        return keywords.allSatisfy { fits(value, $0.key, $0.value, schema) }
    }

    private func fits(_ value: JSON, _ keyword: String, _ argument: JSON, _ schema: JSON) -> Bool {
        switch (keyword, argument, value) {
        case ("$ref", .string(let pointer), _):
            pointer == "#" ? fits(value, root) : fits(value, root[part(pointer, 1)]?[part(pointer, 2)] ?? false)
        case ("type", .string(let name), _): Self.has(name, value)
        case ("type", .array(let names), _): names.contains { Self.has($0.string ?? "", value) }
        case ("const", _, _): value.text == argument.text
        case ("enum", .array(let values), _): values.contains { $0.text == value.text }
        case ("anyOf", .array(let branches), _): branches.contains { fits(value, $0) }
        case ("oneOf", .array(let branches), _): branches.count { fits(value, $0) } == 1
        case ("allOf", .array(let branches), _): branches.allSatisfy { fits(value, $0) }
        case ("required", .array(let names), .object(let members)):
            names.allSatisfy { name in members.contains { $0.key == name.string } }
        case ("properties", .object(let properties), .object(let members)):
            members.allSatisfy { member in
                properties.first { $0.key == member.key }.map { fits(member.value, $0.value) } ?? true
            }
        case ("additionalProperties", _, .object(let members)):
            members.allSatisfy { schema["properties"]?[$0.key] != nil || fits($0.value, argument) }
        case ("items", .object, .array(let elements)):
            elements.dropFirst(Self.count(schema["prefixItems"])).allSatisfy { fits($0, argument) }
        case ("prefixItems", .array(let tuple), .array(let elements)):
            zip(elements, tuple).allSatisfy { fits($0, $1) }
        case ("minItems", _, .array(let elements)): elements.count >= argument.integer!
        case ("maxItems", _, .array(let elements)): elements.count <= argument.integer!
        case ("uniqueItems", .bool(true), .array(let elements)): Set(elements.map(\.text)).count == elements.count
        case ("minLength", _, .string(let text)): text.unicodeScalars.count >= argument.integer!
        case ("maxLength", _, .string(let text)): text.unicodeScalars.count <= argument.integer!
        case ("minimum", .number(let bound), .number(let number)): Double(number)! >= Double(bound)!
        case ("maximum", .number(let bound), .number(let number)): Double(number)! <= Double(bound)!
        case ("exclusiveMinimum", .number(let bound), .number(let number)): Double(number)! > Double(bound)!
        case ("exclusiveMaximum", .number(let bound), .number(let number)): Double(number)! < Double(bound)!
        case ("multipleOf", .number(let unit), .number(let number)):
            abs((Double(number)! / Double(unit)!).rounded() - Double(number)! / Double(unit)!) < 1e-6
        default: true
        }
    }

    private func part(_ pointer: String, _ index: Int) -> String {
        pointer.split(separator: "/").dropFirst(index).first.map(String.init) ?? ""
    }

    private static func count(_ value: JSON?) -> Int {
        if case .array(let elements)? = value { elements.count } else { 0 }
    }

    private static func has(_ type: String, _ value: JSON) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("number", .number), ("string", .string), ("array", .array),
            ("object", .object):
            true
        case ("integer", .number(let digits)): Double(digits).map { $0 == $0.rounded() } ?? false
        default: false
        }
    }
}
