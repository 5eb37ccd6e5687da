package import LLMStreaming

/// A job line in whose strings the values of a row are put: the file of `--template` (Contract, "Rows and templates").
package struct RowTemplate: Sendable {
    /// What is wrong with a template, each fault with its place.
    package struct Faults: Error, Sendable, Equatable, CustomStringConvertible {
        /// In words, each with the template's name; never empty.
        package let reasons: [String]

        package var description: String { reasons.joined(separator: "\n") }
    }

    /// A value of the template.
    indirect enum Value: Sendable {
        /// As it stands, without a tag in it.
        case fixed(JSON)
        case text(MustacheText, RowTemplate.Field)
        case array([Value])
        case object([(name: String, value: Value)])
    }

    /// Where a text of the template stands, and what may stand there.
    struct Field: Sendable {
        /// In the words of messages.
        var place: String
        var types: FieldTypes
        /// Whether it is a number or a boolean of a body, which is passed on as it is: what else a cell has is our fault.
        var isPassedOn: Bool
    }

    /// The file's name, for messages.
    package let name: String
    let members: [(name: String, value: Value)]

    /// Reads a template.
    ///
    /// - Parameters:
    ///   - bytes: JSON: one object, over as many lines as one likes.
    ///   - name: the file as the user named it.
    ///   - schema: the JSON Schema of a job line: which of its fields are no texts.
    /// - Throws: all faults of the template.
    package init(_ bytes: [UInt8], name: String, schema: JSON) throws(Faults) {
        let object: JSONObject
        do throws(NotJSON) { object = try Self.object(bytes) } catch {
            throw Faults(reasons: ["\(name): \(error.reason)"])
        }
        var reader = TemplateReader(fields: JobLineFields(schema: schema))
        members = reader.members(object, at: TemplatePlace())
        self.name = name
        guard reader.reasons.isEmpty else { throw Faults(reasons: reader.reasons.map { "\(name): \($0)" }) }
    }

    /// The job line with an empty text in place of each that holds tags: its names are those of every row's.
    ///
    /// Nil where a row may tell its shape.
    package var skeleton: [UInt8]? {
        let tellsShape = ["url", "body", "params", "requests"]
        for member in members {
            if case .text = member.value, tellsShape.contains(member.name) { return nil }
        }
        return JSON.object(JSONObject(members.map { .init(key: $0.name, value: $0.value.skeleton) })).bytes
    }

    private struct NotJSON: Error { var reason: String }

    private static func object(_ bytes: [UInt8]) throws(NotJSON) -> JSONObject {
        let text = Array(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...])
        do throws(UTF8.ValidationError) { _ = try UTF8Span(validating: text.span) } catch {
            throw NotJSON(reason: "not UTF-8, \(position(error.byteOffsets.lowerBound, in: text))")
        }
        let value: JSON
        do throws(JSONParser.Failure) { value = try JSONParser.parse(text) } catch {
            throw NotJSON(reason: "not JSON: \(error.reason), \(position(error.offset, in: text))")
        }
        guard let object = value.object else {
            throw NotJSON(reason: "a template must be a JSON object, one job line, not \(value.typeName)")
        }
        return object
    }

    private static func position(_ offset: Int, in bytes: [UInt8]) -> String {
        let before = bytes.prefix(offset)
        let line = before.count { $0 == 0x0A } + 1
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return "line \(line), column \(String(decoding: bytes[start..<offset], as: UTF8.self).count + 1)"
    }
}

/// Where in a template a value stands.
struct TemplatePlace {
    private(set) var steps: [JobLineFields.Step] = []
    /// In the words of messages: `messages[0].content`.
    private(set) var text = ""

    func member(_ name: String) -> TemplatePlace {
        var place = self
        place.steps.append(.member(name))
        place.text += (text.isEmpty ? "" : ".") + name
        return place
    }

    func element(_ index: Int) -> TemplatePlace {
        var place = self
        place.steps.append(.element)
        place.text += "[\(index)]"
        return place
    }
}

/// Finds the texts with tags in a template, and all that is wrong with them.
struct TemplateReader {
    let fields: JobLineFields
    private(set) var reasons: [String] = []

    init(fields: JobLineFields) { self.fields = fields }

    mutating func members(_ object: JSONObject, at place: TemplatePlace) -> [(name: String, value: RowTemplate.Value)] {
        var members: [(name: String, value: RowTemplate.Value)] = []
        // Readers of JSON differ in which one they take.
        if let repeated = ByteName.repeated(in: object.members.map(\.key)) {
            reasons.append("\(place.member(repeated).text) is given twice")
        }
        for member in object.members {
            let place = place.member(member.key)
            if MustacheText.isIn(member.key) { reasons.append("\(place.text): a member's name can hold no {{column}}") }
            members.append((member.key, value(member.value, at: place)))
        }
        return members
    }

    private mutating func value(_ value: JSON, at place: TemplatePlace) -> RowTemplate.Value {
        switch value {
        case .null, .bool, .number: return .fixed(value)
        case .string(let text):
            guard MustacheText.isIn(text) else { return .fixed(value) }
            do throws(MustacheText.Fault) {
                let (types, isPassedOn) = fields.field(at: place.steps)
                return .text(
                    try MustacheText(text),
                    RowTemplate.Field(place: place.text, types: types, isPassedOn: isPassedOn))
            } catch {
                reasons.append("\(place.text): \(error.reason)")
                return .fixed(value)
            }
        case .array(let elements):
            let values = elements.enumerated().map { self.value($1, at: place.element($0)) }
            return values.allSatisfy(\.isFixed) ? .fixed(value) : .array(values)
        case .object(let object):
            let members = members(object, at: place)
            return members.allSatisfy(\.value.isFixed) ? .fixed(value) : .object(members)
        }
    }
}

extension RowTemplate.Value {
    /// Whether no row changes it.
    var isFixed: Bool { if case .fixed = self { true } else { false } }

    /// The value with an empty text in place of each that holds tags.
    var skeleton: JSON {
        switch self {
        case .fixed(let value): value
        case .text: .string("")
        case .array(let values): .array(values.map(\.skeleton))
        case .object(let members): .object(JSONObject(members.map { .init(key: $0.name, value: $0.value.skeleton) }))
        }
    }
}
