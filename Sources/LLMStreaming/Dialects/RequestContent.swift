/// What a job asks of a model, in the form that it was given.
public enum RequestContent: Sendable, Hashable {
    /// A conversation in our own form; `extraBody` is merged into the provider's body.
    case conversation(Conversation, CompletionOptions, extraBody: JSONObject)
    /// A body in a dialect, passed on as it is; only `stream` is ours.
    case body(JSONObject, Dialect)

    /// The dialect in which a provider is asked: the one place that says so, for body, path and answer alike.
    public func dialect(at provider: Provider) -> Dialect {
        switch self {
        case .body(_, let dialect): dialect
        case .conversation(_, let options, _):
            switch options[.api] {
            case "responses": .openAIResponses
            case "chat": .openAIChat
            default: provider.dialect
            }
        }
    }

    /// The tool, format or count members that forbid going on from a partial answer.
    package var members: JSONObject {
        switch self {
        case .conversation(_, let options, let extraBody): options.members.merging(extraBody)
        case .body(let body, _): body
        }
    }

    /// The service tier that it names; nil where it names none.
    package var askedTier: String? { members[CompletionOptions.Name.serviceTier.rawValue]?.string }

    /// Names a service tier, where it names none yet.
    package mutating func ask(forTier tier: String) {
        guard askedTier == nil else { return }
        switch self {
        case .conversation(let conversation, var options, let extraBody):
            // Taken out by the line: then it stays out.
            guard extraBody[CompletionOptions.Name.serviceTier.rawValue] == nil else { return }
            options[.serviceTier] = .string(tier)
            self = .conversation(conversation, options, extraBody: extraBody)
        case .body(var body, let dialect):
            guard body[CompletionOptions.Name.serviceTier.rawValue] == nil else { return }
            body[CompletionOptions.Name.serviceTier.rawValue] = .string(tier)
            self = .body(body, dialect)
        }
    }

    /// How many answers are asked for.
    package var choices: Int { (members["n"]?.int ?? 1).clamped(to: 1...NumberGate.counts.upperBound) }

    /// The largest number of tokens of an answer; nil where none is set.
    package var maximumTokens: Int? {
        Self.boundMembers.lazy.compactMap { members[$0]?.int?.clamped(to: NumberGate.counts) }.first
    }

    /// The members of the dialects' bodies that bound an answer's tokens.
    static let boundMembers = ["max_tokens", "max_completion_tokens", "max_output_tokens"]
}

/// How a request has its model go on from partial text (Contract, "Going on from partial output").
public enum Continuation: Sendable, Hashable {
    /// The text is the last assistant message, which the provider continues in its own form.
    case prefill(String)
    /// The text is an assistant message, and a user message asks to go on.
    case ask(after: String)
    /// The message of a turn that the provider paused, sent back as it is: the provider goes on with it.
    case turn(JSON)
    /// An answer that was not right is an assistant message, and a user message says what is to be corrected.
    case correct(answer: String, request: String)

    /// The words that ask a model to go on; the last ones that it said show it where.
    static func question(after text: String) -> String {
        let end = String(text.suffix(40)).trimmingPrefix { !$0.isWhitespace }.trimmingPrefix { $0.isWhitespace }
        return """
            Your previous response was interrupted and ended with "\(end.isEmpty ? text.suffix(40) : end)". \
            Continue from exactly where it left off. Do not repeat any of it and add no introduction.
            """
    }
}
