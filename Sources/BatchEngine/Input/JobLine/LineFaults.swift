import LLMStreaming

/// All that is wrong with one job line, in words that its author can act on.
///
/// No text of a prompt is in it: only names, ids, numbers and types.
package struct LineFaults: Error, Sendable, Equatable {
    /// How many reasons are kept of a line: one of a million unknown fields must not become a million messages.
    package static let maximumReasons = 50

    /// One of the reasons: its words, and a suggestion, which is looked for only when it is read.
    package struct Reason: Sendable, Equatable {
        private(set) var words: String
        fileprivate var nearest: Nearest?
        fileprivate var isOfUnknownField = false

        fileprivate struct Nearest: Sendable, Equatable {
            var name: String
            var known: [String]
            /// The suggestion where no known name is near.
            var other: String
            var tail: String
        }

        /// A reason that suggests nothing.
        init(_ words: String) { self.words = words }

        fileprivate init(_ words: String, nearest: Nearest) {
            self.words = words
            self.nearest = nearest
        }

        /// What is wrong, in full.
        package var text: String {
            guard let nearest else { return words }
            let hint = NearestName.suggestion(for: nearest.name, among: nearest.known)
            return words + (hint.isEmpty ? nearest.other : hint) + nearest.tail
        }
    }

    /// What is wrong, in the order found.
    package private(set) var listed: [Reason] = []
    /// Those of the reasons that are fields which do not exist.
    var unknownFields: [String] { listed.filter(\.isOfUnknownField).map(\.text) }
    /// What is wrong in words, in the order found.
    package var reasons: [String] { listed.map(\.text) }
    /// How many faults there are; more than the reasons where those are cut off.
    package private(set) var count = 0
    /// The line's id, where it has a usable one.
    package var customID: String?

    package init() {}

    /// All reasons in one text.
    package var summary: String {
        let text = reasons.joined(separator: "; ")
        return count > listed.count ? "\(text); and \((count - listed.count).grouped) more" : text
    }

    package var isEmpty: Bool { count == 0 }

    mutating func add(_ reason: @autoclosure () -> String) {
        count += 1
        if listed.count < Self.maximumReasons { listed.append(Reason(reason())) }
    }

    /// Adds a fault with the known name that an unknown one was probably meant to be.
    mutating func add(
        _ reason: @autoclosure () -> String, nearest name: String, among known: [String], else other: String = "",
        tail: String = ""
    ) {
        count += 1
        guard listed.count < Self.maximumReasons else { return }
        let nearest = Reason.Nearest(name: name, known: known, other: other, tail: tail)
        listed.append(Reason(reason(), nearest: nearest))
    }

    /// Adds a field that does not exist there.
    mutating func addUnknown(_ name: String, at place: LinePlace, known: [String]) {
        let other =
            switch place {
            case .line where !known.contains("options"): ""
            case .line where CompletionOptions.Name(rawValue: name) != nil: "; it belongs in 'options'"
            case .line where name == "max_completion_tokens": "; it is 'max_tokens' in 'options'"
            case .line where name == "reasoning_effort": "; it is 'reasoning' in 'options'"
            case .line where name == "stream" || name == "stream_options": "; leave it out: every answer is streamed"
            case .line where LineField.chatMembers.contains(name): "; it belongs in 'extra_body'"
            case .options: "; fields of one provider's own go in 'extra_body'"
            case .message, .toolCall, .function, .custom, .functionCall: "; a batch line's body is passed on as it is"
            default: ""
            }
        add("unknown field \(name.quotedName)\(place.suffix)", nearest: name, among: known, else: other)
        if count == listed.count { listed[count - 1].isOfUnknownField = true }
    }

    /// Adds a value that is not of the type that its field asks for.
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
