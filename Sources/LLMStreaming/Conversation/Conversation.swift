/// The messages that a model is asked to answer, oldest first.
///
/// ```swift
/// var conversation: Conversation = [.system("Answer in one word."), .user("The capital of Peru?")]
/// let answer = try await client.streamComplete(conversation)
/// conversation = conversation.appending(answer.message).appending(.user("And of Chile?"))
/// ```
public struct Conversation: Sendable, Hashable, ExpressibleByArrayLiteral {
    /// The messages, oldest first.
    public var messages: [Message]

    /// A conversation of these messages.
    public init(_ messages: [Message]) { self.messages = messages }

    /// A conversation of these messages.
    public init(arrayLiteral elements: Message...) { self.init(elements) }

    /// A question to a model, with an optional system prompt before it.
    public init(prompt: String, system: String? = nil) {
        self.init((system.map { [Message.system($0)] } ?? []) + [.user(prompt)])
    }

    /// The conversation with one more message at its end.
    public func appending(_ message: Message) -> Conversation { Conversation(messages + [message]) }

    /// Refuses members of messages that only the chat dialect takes, so that none is dropped in silence.
    ///
    /// - Parameter place: whose form has no place for them, in words.
    func refuseOtherMembers(at place: String) throws(LLMError) {
        for (index, message) in messages.enumerated() {
            if message.role == .function {
                throw LLMError(
                    .invalidRequest,
                    "the role 'function' in messages[\(index)] has no form \(place): a call with an id and the role "
                        + "'tool' have one")
            }
            if let member = message.otherMembers.members.first {
                throw LLMError(.invalidRequest, "'\(member.key)' in messages[\(index)] has no field \(place)")
            }
            for (position, call) in message.toolCalls.enumerated() {
                guard let member = call.otherMembers.members.first else { continue }
                throw LLMError(
                    .invalidRequest,
                    "'\(member.key)' in messages[\(index)].tool_calls[\(position)] has no field \(place)")
            }
        }
    }
}

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
        /// OpenAI's older form of a result, which names its function and no call; taken by the chat dialect alone.
        case function
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
    /// The speaker's name, where a provider takes one; in the role `function` that of the function.
    public var name: String?
    /// What a chat message may carry besides, such as `reasoning_content` or the older `function_call`: passed on by the
    /// chat dialect, refused by the others.
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

/// A call of a tool that a model asked for.
///
/// ```swift
/// var next = conversation.appending(completion.message)
/// for call in completion.toolCalls {
///     print("calls \(call.name) with \(call.arguments)")
///     next = next.appending(.tool("24 degrees", answering: call.id))
/// }
/// ```
public struct ToolCall: Sendable, Hashable {
    /// The provider's name of the call; a tool message answers it.
    public var id: String
    /// The tool's name.
    public var name: String
    /// The arguments as the model wrote them: JSON text, `{}` where it wrote none; of a custom tool any text.
    public var arguments: String
    /// Whether one of OpenAI's custom tools is called, whose input is a text of any form.
    public var isCustom = false
    /// What a call of the chat dialect may carry besides, such as Gemini's `extra_content` with the signature of a
    /// thought: passed on by that dialect, refused by the others.
    public var otherMembers = JSONObject()

    /// A call.
    public init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }

    /// The call in OpenAI's chat form.
    package var json: JSON {
        let form = isCustom ? "custom" : "function"
        var call = JSONObject([.init(key: "id", value: .string(id)), .init(key: "type", value: .string(form))])
        call[form] = ["name": .string(name), isCustom ? "input" : "arguments": .string(arguments)]
        return .object(call.merging(otherMembers))
    }
}
