/// What a job asks of a model, in the form that it was given.
public enum RequestContent: Sendable, Hashable {
    /// A conversation in our own form; `extraBody` is merged into the provider's body.
    case conversation(Conversation, CompletionOptions, extraBody: JSONObject)
    /// A body in the provider's own dialect, passed on as it is; only `stream` is ours.
    case body(JSONObject)

    /// The tool, format or count members that forbid to go on from a partial answer (SPEC 8).
    package var members: JSONObject {
        switch self {
        case .conversation(_, let options, let extraBody): options.members.merging(extraBody)
        case .body(let body): body
        }
    }

    /// How many answers are asked for.
    package var choices: Int { max(1, members["n"]?.int ?? 1) }

    /// The largest number of tokens of an answer; nil where none is set.
    package var maximumTokens: Int? {
        ["max_tokens", "max_completion_tokens"].lazy.compactMap { members[$0]?.int }.first
    }
}
