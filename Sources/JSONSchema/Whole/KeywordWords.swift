import LLMStreaming

/// What a schema asks for, in words.
extension SchemaNode {
    func asked(_ keyword: Keyword, names: [String] = []) -> String {
        let known = names.prefix(8).map { JSON.string($0).text }.joined(separator: ", ")
        return switch keyword {
        case .type: kinds.words(isInteger: number?.isInteger == true)
        case .literal: literalWords
        case .falseSchema: "nothing: no value may stand here"
        case .minimum: bound(number?.minimum, "above", "at least")
        case .maximum: bound(number?.maximum, "below", "at most")
        case .multipleOf: "a multiple of \(number?.divisorText ?? "")"
        case .minLength: "at least \(Self.counted(text?.minimum, "character"))"
        case .maxLength: "at most \(Self.counted(text?.maximum, "character"))"
        case .pattern: "a string that matches the pattern \(Excerpt.of(text?.pattern?.text ?? ""))"
        case .minItems: "at least \(Self.counted(list?.minimum, "element"))"
        case .maxItems: "at most \(Self.counted(list?.maximum, "element"))"
        case .uniqueItems: "elements that all differ"
        case .contains: "at least \(Self.counted(list?.minimumContained, "element")) that fit contains"
        case .maxContains: "at most \(Self.counted(list?.maximumContained, "element")) that fit contains"
        case .required: "the required \(names.count == 1 ? "member" : "members") \(known)"
        case .additionalProperties: known.isEmpty ? "no such member" : "no such member; allowed are \(known)"
        case .minProperties: "at least \(Self.counted(members?.minimum, "member"))"
        case .maxProperties: "at most \(Self.counted(members?.maximum, "member"))"
        case .dependentRequired: "with them the \(names.count == 1 ? "member" : "members") \(known)"
        case .condition: "a value that fits what if, then and else ask of it"
        case .dependentSchemas: "a value that fits the schema for objects with such a member"
        case .not: "a value that does not fit the schema of not"
        case .oneOf: "a value that fits exactly one of the \(exactlyOne.count) schemas of oneOf"
        case .anyOf: "a value that fits one of the \(alternatives.first?.schemas.count ?? 0) schemas of anyOf"
        }
    }

    private var literalWords: String {
        let text = literals?.text ?? alternatives.lazy.compactMap(\.literalText).first ?? ""
        return text.hasPrefix("[") ? "one of \(Excerpt.of(text, most: 200))" : Excerpt.of(text, most: 200)
    }

    private func bound(_ bound: NumberRule.Bound?, _ exclusive: String, _ inclusive: String) -> String {
        guard let bound else { return "another number" }
        return "a number \(bound.isExclusive ? exclusive : inclusive) \(bound.text)"
    }

    private static func counted(_ count: Int?, _ noun: String) -> String {
        "\(count ?? 0) \(noun)\(count == 1 ? "" : "s")"
    }
}
