/// The texts that output items of a Responses stream have; each comes in `delta` events and whole in a `done` event
/// (WIRE.md 3).
enum ResponseTextForm: String {
    case outputText = "response.output_text"
    case refusal = "response.refusal"
    case reasoningSummary = "response.reasoning_summary_text"
    case reasoningText = "response.reasoning_text"
    case functionArguments = "response.function_call_arguments"
    case customInput = "response.custom_tool_call_input"

    /// What a piece of it is.
    var kind: StreamedChunk.Kind {
        switch self {
        case .outputText: .text
        case .refusal: .refusal
        case .reasoningSummary, .reasoningText: .reasoning
        case .functionArguments, .customInput: .toolArguments
        }
    }

    /// The text that a member holds.
    func text(_ value: JSON?) -> String {
        (self == .functionArguments ? value?.argumentsText : value?.string) ?? ""
    }

    /// The type of the items that have it.
    var itemType: String {
        switch self {
        case .outputText, .refusal: "message"
        case .reasoningSummary, .reasoningText: "reasoning"
        case .functionArguments: "function_call"
        case .customInput: "custom_tool_call"
        }
    }

    /// The member that tells an item's texts of this form apart.
    var indexMember: String { self == .reasoningSummary ? "summary_index" : "content_index" }

    /// The member of a `done` event, or of an item's part, that holds the whole text.
    var wholeMember: String {
        switch self {
        case .outputText, .reasoningSummary, .reasoningText: "text"
        case .refusal: "refusal"
        case .functionArguments: "arguments"
        case .customInput: "input"
        }
    }
}
