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
    /// The arguments as the model wrote them: JSON text, `{}` where it wrote none.
    public var arguments: String

    /// A call.
    public init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }

    /// The call in OpenAI's chat form.
    package var json: JSON {
        [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": .string(arguments)],
        ]
    }
}
