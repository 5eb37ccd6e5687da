/// The protocol that a provider speaks.
public enum Dialect: String, Sendable, Hashable, CaseIterable {
    /// OpenAI's chat completions.
    case openAIChat = "openai-chat"
    /// OpenAI's Responses.
    case openAIResponses = "openai-responses"
    /// Anthropic's Messages.
    case anthropicMessages = "anthropic-messages"

    /// What follows the base URL.
    package var path: String {
        switch self {
        case .openAIChat: "/chat/completions"
        case .openAIResponses: "/responses"
        case .anthropicMessages: "/v1/messages"
        }
    }

    /// Header fields that every request needs, where the provider has none of that name.
    package var headers: [(name: String, value: String)] {
        self == .anthropicMessages ? [("anthropic-version", "2023-06-01")] : []
    }
}
