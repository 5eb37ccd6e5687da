/// What the mock does with an assistant message at the end of the conversation.
///
/// WIRE section 6.
package enum Prefill: String, Sendable, Hashable, CaseIterable {
    /// Only the rest of the text after that message is sent.
    case `continue`
    /// The answer silently starts again, as OpenAI's does.
    case restart
    /// The answer repeats the message and goes on, as Mistral's does.
    case echo
    /// The request is refused with 400, as Anthropic's newer models do.
    case refuse
    /// The rest is sent without the white space that it begins with.
    case dropSpace = "drop-space"
    /// The rest is sent with the white space that it begins with said twice.
    case doubleSpace = "double-space"
}
