/// The form of an error in a stream; in a dialect that does not know a form it is the dialect's own.
///
/// WIRE sections 3 and 5.3.
package enum InBandErrorForm: String, Sendable, Hashable, CaseIterable {
    /// Chat: `data: {"error":{…}}`; Responses: the error is a member of the `error` event; Messages: `event: error`.
    case nested
    /// Responses: the error's members are those of the `error` event.
    case flat
    /// Responses: `response.failed` alone.
    case failed
    /// Responses: the nested `error` event, then `response.failed`.
    case both
    /// Chat: a line `error: {…}`, as llama.cpp had it.
    case field
    /// Chat: an event named `error`, as Groq has it.
    case named
    /// Chat: a chunk with an `error` member and the finish reason `error`, as OpenRouter has it.
    case chunk
    /// Chat: a chunk with an empty delta, as Ollama has it.
    case empty
    /// Chat: the JSON without `data:`.
    case raw
}
