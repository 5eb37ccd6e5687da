/// How a server's Responses stream differs from OpenAI's.
///
/// WIRE section 8.
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
