import JSONSchema
import LLMStreaming

/// Reads the member `check` of a job line, and notes all that is wrong with it.
struct CheckReader {
    /// The members that exist.
    enum Name: String, CaseIterable {
        case jsonSchema = "json_schema"
        case tools, regex
        case minChars = "min_chars"
        case maxChars = "max_chars"
        case finishReason = "finish_reason"

        /// The member in a message.
        var place: String { "check.\(rawValue)" }
    }

    /// Stands for the schema that is sent anyway.
    static let responseFormat = "response_format"

    private static let names = Name.allCases.map(\.rawValue)
    private(set) var reasons: [String] = []

    /// The check as far as it can be read.
    mutating func read(_ json: JSON) -> AnswerCheck {
        switch json {
        case .object(let object): return read(object)
        case .string(Self.responseFormat): return AnswerCheck(schema: .responseFormat)
        case .string(Name.tools.rawValue): return AnswerCheck(checksTools: true)
        case .string(let word):
            let near = NearestName.suggestion(for: word, among: [Self.responseFormat, Name.tools.rawValue])
            reasons.append("check: \(Words.quoted(word)) is neither \"response_format\" nor \"tools\"\(near)")
        default:
            reasons.append("check: found \(json.typeName); asked is an object, \"response_format\" or \"tools\"")
        }
        return AnswerCheck()
    }

    private mutating func read(_ object: JSONObject) -> AnswerCheck {
        var check = AnswerCheck()
        for member in object.members {
            guard let name = Name(rawValue: member.key) else {
                let hint = NearestName.hint(for: member.key, among: Self.names)
                reasons.append("check: there is no member \(Words.quoted(member.key))\(hint)")
                continue
            }
            guard !member.value.isNull else { continue }
            read(name, member.value, into: &check)
        }
        if let most = check.maximumCharacters, let least = check.minimumCharacters, least > most {
            reasons.append("check: no text has min_chars \(least) and max_chars \(most)")
        }
        if check == AnswerCheck(), reasons.isEmpty {
            reasons.append("check: asks for nothing; known: \(Self.names.joined(separator: ", "))")
        }
        return check
    }

    private mutating func read(_ name: Name, _ value: JSON, into check: inout AnswerCheck) {
        switch name {
        case .jsonSchema: check.schema = schema(value)
        case .tools:
            guard let isChecked = value.bool else { return refuse(name, value, asked: "true or false") }
            check.checksTools = isChecked
        case .regex:
            guard let pattern = value.string else { return refuse(name, value, asked: "a string: the pattern") }
            do { _ = try ECMARegex(pattern) } catch { reasons.append("\(name.place): \(error)") }
            check.regex = pattern
        case .minChars: check.minimumCharacters = count(name, value, from: 0)
        case .maxChars: check.maximumCharacters = count(name, value, from: 1)
        case .finishReason: check.finishReasons = finishReasons(value)
        }
    }

    private mutating func refuse(_ name: Name, _ value: JSON, asked: String) {
        reasons.append("\(name.place): found \(Words.excerpt(of: value.text)); asked is \(asked)")
    }

    private mutating func schema(_ document: JSON) -> AnswerCheck.Schema? {
        if document.string == Self.responseFormat { return .responseFormat }
        if Self.isFormat(document) {
            reasons.append("\(Name.jsonSchema.place): \(Self.formatFault)")
            return nil
        }
        do { _ = try JSONSchema(document) } catch { reasons.append("\(Name.jsonSchema.place): \(error)") }
        return .given(document)
    }

    /// Whether a document is the format of a response and not the schema in it, which has no keyword: everything would
    /// fit it.
    static func isFormat(_ document: JSON) -> Bool {
        document.object != nil && document["schema"]?.object != nil && document["name"]?.string != nil
    }

    /// What such a document is told.
    static let formatFault =
        "found the members 'name' and 'schema' of a response format; asked is the schema itself"

    private mutating func count(_ name: Name, _ value: JSON, from least: Int) -> Int? {
        guard let count = value.int, (least...NumberGate.counts.upperBound).contains(count) else {
            refuse(name, value, asked: "a whole number from \(least)")
            return nil
        }
        return count
    }

    private mutating func finishReasons(_ value: JSON) -> [FinishReason]? {
        let known = FinishReason.allCases.filter { $0 != .refusal }.map(\.rawValue)
        let words = value.array ?? [value]
        if words.isEmpty { refuse(.finishReason, value, asked: "one of \(known.joined(separator: ", ")) at least") }
        var reasons: [FinishReason] = []
        for word in words {
            guard let name = word.string else {
                refuse(.finishReason, word, asked: "one of \(known.joined(separator: ", ")), or an array of them")
                continue
            }
            switch FinishReason(rawValue: name) {
            case .refusal: self.reasons.append("\(Name.finishReason.place): a refusal is never a right answer")
            case let reason?: if !reasons.contains(reason) { reasons.append(reason) }
            case nil:
                let hint = NearestName.hint(for: name, among: known)
                self.reasons.append("\(Name.finishReason.place): there is no reason \(Words.quoted(name))\(hint)")
            }
        }
        return reasons.isEmpty ? nil : reasons
    }
}
