// One import for users of the library: conversations, options, chunks, completions and errors live in the pure targets.
@_exported public import LLMStreaming
@_exported public import ServerSentEvents
