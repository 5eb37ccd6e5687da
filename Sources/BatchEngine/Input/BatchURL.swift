import LLMStreaming

/// The endpoints that an OpenAI Batch line may name; Azure's files leave the version out (WIRE.md 7).
enum BatchURL {
    /// The dialect of an endpoint; nil where it is not one of ours.
    private static let dialects: [String: Dialect] = [
        "/v1/chat/completions": .openAIChat, "/chat/completions": .openAIChat,
        "/v1/responses": .openAIResponses, "/responses": .openAIResponses,
    ]

    static func isKnown(_ url: String) -> Bool { dialects[url] != nil }

    /// The dialect of a body for that endpoint; chat where none is named.
    static func dialect(of url: String?) -> Dialect { url.flatMap { dialects[$0] } ?? .openAIChat }
}
