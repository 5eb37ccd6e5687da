/// How a server's Responses stream differs from OpenAI's.
///
/// Provider facts, "Servers of others".
package struct ResponsesShape: Sendable, Hashable {
    /// Leaves out the `event:` lines, as LiteLLM and transformers do.
    package var omitsEventNames = false
    /// Leaves out `sequence_number`, as llama.cpp does.
    package var omitsSequenceNumbers = false
    /// Leaves out `output_index`, `content_index` and `summary_index`, as llama.cpp does.
    package var omitsIndices = false
    /// Sends `[DONE]` after the terminal event, as LiteLLM and OpenRouter do.
    package var sendsDone = false
    /// Names the terminal event `response.completed` whatever the response's status is, as vLLM does.
    package var endsAsCompleted = false

    package init() {}
}

/// A provider's own additions to chat chunks.
///
/// Provider facts, "Chat streams".
package enum ChatExtras: String, Sendable, Hashable, CaseIterable {
    /// `provider`, `native_finish_reason`, `reasoning` with `reasoning_details`, and usage with its cost unasked.
    case openrouter
    /// A first chunk of no choices with the prompt's filter results, and filter results in each choice.
    case azure
}

/// The form of an error in a stream; a dialect that does not have a form uses its own.
///
/// Provider facts, "Errors in a stream".
package enum InBandErrorForm: String, Sendable, Hashable, CaseIterable {
    /// Chat: `data: {"error":{…}}`; Responses: the error is a member of the `error` event; Messages: `event: error`.
    case nested
    /// Responses: the error's members are those of the `error` event.
    case flat
    /// Responses: `response.failed` alone.
    case failed
    /// Responses: the nested `error` event, then `response.failed`.
    case both
    /// Chat: a line `error: {…}`, as llama.cpp sent it.
    case field
    /// Chat: an event named `error`, as Groq sends it.
    case named
    /// Chat: a chunk with an `error` member and the finish reason `error`, as OpenRouter sends it.
    case chunk
    /// Chat: a chunk with an empty delta, as Ollama sends it.
    case empty
    /// Chat: the JSON without `data:`.
    case raw
}

/// A load of equal events, rendered once.
package struct BulkLoad: Sendable, Hashable {
    /// Events of content in a stream.
    package var events: Int
    /// Events in each packet; the pace is the time between packets.
    package var eventsPerPacket = 1
    /// Whether each event has the sender's clock in place of a word: Unix microseconds, 16 digits.
    package var isStamped = false

    package init(events: Int) { self.events = events }
}

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
