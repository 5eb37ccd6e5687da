import JSONSchema
package import LLMStreaming

/// What is wrong with an answer.
package struct AnswerFinding: Sendable, Equatable, CustomStringConvertible {
    /// The number of the choice, from 0.
    package var choice: Int
    /// Which part of it: `content`, `finish reason` or `tool call 0 (name)`.
    package var part: String
    /// Where in the part's value, as a JSON pointer (RFC 6901); empty for the whole of it.
    package var pointer: String
    /// What stands there, shortened.
    package var found: String
    /// What the check asks for.
    package var asked: String

    init(choice: Int, part: AnswerPart, pointer: String = "", found: String, asked: String) {
        self.choice = choice
        self.part = part.words
        self.pointer = pointer
        self.found = found
        self.asked = asked
    }

    init(choice: Int, part: AnswerPart, _ finding: SchemaFinding) {
        self.init(choice: choice, part: part, pointer: finding.pointer, found: finding.found, asked: finding.asked)
    }

    /// The finding in words, one line.
    package var description: String {
        let place = (choice > 0 ? "choice \(choice), " : "") + part + (pointer.isEmpty ? "" : " \(pointer)")
        return Words.oneLine("\(place): found \(found); asked is \(asked)")
    }

    /// The finding for `check_report`.
    package var json: JSON {
        [
            "choice": .int(choice), "part": .string(part), "pointer": .string(pointer), "found": .string(found),
            "asked": .string(asked),
        ]
    }
}

/// A part of a choice that is watched and judged apart.
enum AnswerPart {
    case content, thinking, finishReason
    case toolCall(Int, name: String)

    var words: String {
        switch self {
        case .content: "content"
        case .thinking: "thinking"
        case .finishReason: "finish reason"
        case .toolCall(let number, let name): "tool call \(number) (\(Words.excerpt(of: name)))"
        }
    }
}

/// What is found in the places that only a check of text looks at.
extension AnswerFinding {
    /// The text around a value, or in its place.
    static func otherText(_ text: some StringProtocol, choice: Int) -> AnswerFinding {
        AnswerFinding(
            choice: choice, part: .content, found: text.isEmpty ? "other text" : "the text \(Words.quoted(text))",
            asked: "a JSON value and nothing beside it")
    }

    static func tooLong(_ found: String, most: Int, choice: Int) -> AnswerFinding {
        AnswerFinding(
            choice: choice, part: .content, found: found, asked: "at most \(Words.characters(most))")
    }

    static func mismatch(_ text: some StringProtocol, regex: ECMARegex, choice: Int) -> AnswerFinding {
        AnswerFinding(
            choice: choice, part: .content, found: Words.quoted(text),
            asked: "a text that matches the regex \(Words.excerpt(of: regex.pattern, most: 200))")
    }

    static func unknownTool(_ part: AnswerPart, _ name: String, _ tools: AskedTools, choice: Int) -> AnswerFinding {
        AnswerFinding(
            choice: choice, part: part, found: "the name \(Words.quoted(name))",
            asked: "the name of a tool: \(Words.list(tools.names))")
    }
}
