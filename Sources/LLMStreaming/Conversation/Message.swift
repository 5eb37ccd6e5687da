/// One message of a conversation, in the shape of OpenAI's chat messages.
///
/// ```swift
/// let question = Message.user("How is the weather in Lima?")
/// let picture = Message(
///     role: .user,
///     content: .parts([
///         ["type": "text", "text": "What is this?"],
///         ["type": "image_url", "image_url": ["url": "https://example.com/a.png"]],
///     ]))
/// ```
public struct Message: Sendable, Hashable {
    /// Who speaks.
    public enum Role: String, Sendable, Hashable, CaseIterable {
        /// Instructions before the conversation.
        case system
        /// OpenAI's newer word for the same.
        case developer
        /// Who asks.
        case user
        /// The model.
        case assistant
        /// The result of a tool.
        case tool
    }

    /// What is said: a text, or parts (text, image, document) in OpenAI's chat form, kept as given.
    public enum Content: Sendable, Hashable {
        /// A text.
        case text(String)
        /// Texts, images and documents.
        case parts([JSON])
    }

    /// Who speaks.
    public var role: Role
    /// What is said; nil for an assistant's message that only calls tools.
    public var content: Content?
    /// The tools that an assistant called.
    public var toolCalls: [ToolCall]
    /// The call that a tool's message answers.
    public var toolCallID: String?
    /// The speaker's name, where a provider takes one.
    public var name: String?
    /// What a chat message may carry besides, such as `reasoning_content`: passed on by the chat dialect, refused by the
    /// others.
    public var otherMembers = JSONObject()

    /// A message of text.
    public init(role: Role, content: String) {
        self.init(role: role, content: .text(content))
    }

    /// A message of any kind.
    public init(
        role: Role, content: Content?, toolCalls: [ToolCall] = [], toolCallID: String? = nil, name: String? = nil
    ) {
        self.role = role
        self.content = content
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
        self.name = name
    }

    /// A system prompt.
    public static func system(_ text: String) -> Message { Message(role: .system, content: text) }
    /// What the user says.
    public static func user(_ text: String) -> Message { Message(role: .user, content: text) }
    /// What the model said before.
    public static func assistant(_ text: String) -> Message { Message(role: .assistant, content: text) }
    /// The result of a tool call.
    public static func tool(_ text: String, answering callID: String) -> Message {
        Message(role: .tool, content: .text(text), toolCallID: callID)
    }
}
