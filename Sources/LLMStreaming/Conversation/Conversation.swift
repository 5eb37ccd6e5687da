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

    /// Refuses members of messages that only the chat dialect takes; never dropped in silence (SPEC 3).
    ///
    /// - Parameter place: whose form has no place for them, in words.
    func refuseOtherMembers(at place: String) throws(LLMError) {
        for (index, message) in messages.enumerated() {
            guard let member = message.otherMembers.members.first else { continue }
            throw LLMError(.invalidRequest, "'\(member.key)' in messages[\(index)] has no field \(place)")
        }
    }
}
