/// A whole answer: every choice ended with a finish reason.
///
/// ```swift
/// let completion = try await client.streamComplete(conversation)
/// if completion.finishReason == .length { print("the bound of tokens was reached") }
/// for choice in completion.choices { print(choice.index, choice.content) }
/// ```
public struct Completion: Sendable, Equatable {
    /// One of the answers; there is more than one only with the option `n`.
    public struct Choice: Sendable, Equatable {
        /// Its number, from 0.
        public var index: Int
        /// The answer's text.
        public var content: String
        /// The model's thinking, where it was shown.
        public var reasoning: String?
        /// The text of a refusal.
        public var refusal: String?
        /// The tools that the model wants called.
        public var toolCalls: [ToolCall]
        /// Why it ended.
        public var finishReason: FinishReason
        /// Why it ended, in the provider's own word.
        public var nativeFinishReason: String?
        /// The message that a next turn must send back, in the provider's own form, signatures included.
        public var message: JSON

        /// An answer; made by whoever has put it together.
        package init(
            index: Int, content: String, reasoning: String? = nil, refusal: String? = nil, toolCalls: [ToolCall],
            finishReason: FinishReason, nativeFinishReason: String? = nil, message: JSON
        ) {
            self.index = index
            self.content = content
            self.reasoning = reasoning
            self.refusal = refusal
            self.toolCalls = toolCalls
            self.finishReason = finishReason
            self.nativeFinishReason = nativeFinishReason
            self.message = message
        }
    }

    /// The provider's name of the response.
    public var id: String?
    /// The model that answered, as it calls itself.
    public var model: String?
    /// The answers, by number; at least one.
    public var choices: [Choice]
    /// The tokens, where the provider said.
    public var usage: TokenUsage?

    /// A whole answer; `choices` has one at least.
    package init(id: String?, model: String?, choices: [Choice], usage: TokenUsage?) {
        self.id = id
        self.model = model
        self.choices = choices
        self.usage = usage
    }

    /// The text of the first answer.
    public var content: String { choices[0].content }
    /// Why the first answer ended.
    public var finishReason: FinishReason { choices[0].finishReason }
    /// The thinking of the first answer.
    public var thinking: String? { choices[0].reasoning }
    /// The tool calls of the first answer.
    public var toolCalls: [ToolCall] { choices[0].toolCalls }

    /// The first answer as the conversation's next message.
    ///
    /// ```swift
    /// let next = conversation.appending(completion.message).appending(.user("And why?"))
    /// ```
    /// Thinking is not in it; the choice's own `message` has it, in the provider's form.
    public var message: Message {
        let text = content.isEmpty && !toolCalls.isEmpty ? nil : Message.Content.text(content)
        return Message(role: .assistant, content: text, toolCalls: toolCalls)
    }
}
