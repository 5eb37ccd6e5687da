/// What an accumulator knew of the first answer at a moment.
///
/// ```swift
/// var answer = client.accumulator()
/// for try await chunk in client.stream(conversation) {
///     answer.add(chunk)
///     let now = answer.snapshot
///     print("\(now.usage?.completionTokens ?? now.contentDeltaCount) tokens, \(now.content.count) characters")
/// }
/// ```
public struct AccumulatorSnapshot: Sendable, Equatable {
    /// The text so far.
    public var content: String
    /// The thinking so far; nil where none was shown.
    public var thinking: String?
    /// The tool calls so far; the last one's arguments may be unfinished.
    public var toolCalls: [ToolCall]
    /// The provider's name of the response.
    public var responseID: String?
    /// The model that answers, as it calls itself.
    public var model: String?
    /// Why the answer ended; nil while it goes on.
    public var finishReason: FinishReason?
    /// The tokens, where the provider said.
    public var usage: TokenUsage?
    /// How many pieces of text and thinking came: the tokens, roughly, until the provider says.
    public var contentDeltaCount: Int
}
