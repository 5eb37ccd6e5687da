import LLMStreaming

/// The endpoints that an OpenAI Batch line may name, in whatever way files write them: Azure's leave the version out,
/// others have a version, a host or a deployment of their own before it.
package enum BatchURL {
    static func isKnown(_ url: String) -> Bool { known(url) != nil }

    /// The dialect of a body for that endpoint; chat where none is named.
    static func dialect(of url: String?) -> Dialect { url.flatMap(known) ?? .openAIChat }

    /// The provider that a body for that endpoint goes to, where nothing else is said.
    package static func usualProvider(of url: String) -> String {
        known(url) == .anthropicMessages ? "anthropic" : "openai"
    }

    /// The dialect of the endpoint that a path ends in; nil where it is not one of ours.
    private static func known(_ url: String) -> Dialect? {
        let steps = url.prefix { $0 != "?" }.split(separator: "/")
        if steps.suffix(2) == ["chat", "completions"] { return .openAIChat }
        return switch steps.last {
        case "responses": .openAIResponses
        case "messages": .anthropicMessages
        default: nil
        }
    }
}
