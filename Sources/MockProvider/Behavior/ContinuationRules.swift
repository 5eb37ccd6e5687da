/// The provider or server whose rules for a trailing assistant message the mock follows to the letter.
///
/// Without one, every form of asking for a continuation is granted. Provider facts, "Resuming a stream".
package enum ImitatedProvider: String, Sendable, Hashable, CaseIterable {
    /// The message is history: the answer starts again.
    case openai
    /// It is continued unasked; two of them, or one with thinking enabled, are refused.
    case llamacpp
    /// It is continued with `continue_final_message: true` and `add_generation_prompt: false`, else started again.
    case vllm
    /// It is continued with `prefix: true`, else started again.
    case deepseek
    /// It is echoed and continued with `prefix: true`, else refused.
    case mistral
    /// It is continued, by models from 4.6 on refused.
    case anthropic
}

/// What the mock does with an assistant message at the end of the conversation.
///
/// Provider facts, "Resuming a stream".
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
    /// The rest is sent with the white space that it begins with sent twice.
    case doubleSpace = "double-space"
}

/// What is repeated where a user message asks to go on from the partial answer before it.
package enum Seam: Sendable, Hashable {
    /// The last words of the partial answer, a cut one whole; with none the rest follows exactly.
    case words(Int)
    /// The rest, without the white space that it begins with.
    case bare
    /// The whole text from its start.
    case whole
    /// Another text: the answer to the message that asks.
    case anew
}
