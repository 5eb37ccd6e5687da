import LLMStreaming

/// All that is wrong with one job line, in words that its author can act on.
///
/// No text of a prompt is in it: only names, ids, numbers and types.
package struct LineFaults: Error, Sendable, Equatable {
    /// The most reasons that are kept of a line; a line of a million unknown fields must not become a million messages.
    package static let maximumReasons = 50

    /// What is wrong, in the order found.
    package private(set) var reasons: [String] = []
    /// How many faults there are; more than the reasons where those are cut off.
    package private(set) var count = 0
    /// The line's id, where it has a usable one.
    package var customID: String?

    package init() {}

    /// All reasons in one text.
    package var summary: String {
        let text = reasons.joined(separator: "; ")
        return count > reasons.count ? "\(text); and \((count - reasons.count).grouped) more" : text
    }

    package var isEmpty: Bool { count == 0 }

    mutating func add(_ reason: @autoclosure () -> String) {
        count += 1
        if reasons.count < Self.maximumReasons { reasons.append(reason()) }
    }

    /// A field that does not exist there.
    mutating func addUnknown(_ name: String, at place: LinePlace, known: [String]) {
        add("unknown field \(name.quotedName)\(place.suffix)\(Self.hint(for: name, at: place, known: known))")
    }

    private static func hint(for name: String, at place: LinePlace, known: [String]) -> String {
        let nearest = NearestName.suggestion(for: name, among: known)
        guard nearest.isEmpty else { return nearest }
        switch place {
        case .line where CompletionOptions.Name(rawValue: name) != nil: return "; it belongs into 'options'"
        case .options: return "; fields of one provider's own go into 'extra_body'"
        default: return ""
        }
    }

    /// A value that is not of the type its field asks for.
    mutating func addWrong(_ name: String, at place: LinePlace, expected: String, found value: JSON) {
        add("'\(name)'\(place.suffix) must be \(expected), not \(value.shown)")
    }
}

extension JSON {
    /// What the value is, for a message: short numbers as they are, else the type.
    fileprivate var shown: String {
        switch self {
        case .number(let text) where text.utf8.count <= 32: text
        case .array(let elements): Self.shown(elements)
        default: typeName
        }
    }

    private static func shown(_ elements: [JSON]) -> String {
        let types = Set(elements.map(\.typeName))
        guard let type = types.first else { return "an empty array" }
        guard types.count == 1 else { return "an array of mixed values" }
        return "an array of \(type.split(separator: " ").last ?? "")s"
    }
}
