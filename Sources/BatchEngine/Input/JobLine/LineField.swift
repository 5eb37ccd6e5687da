/// The members of job lines, by the object that they stand in (SPEC 3, WIRE.md 7).
enum LineField {
    /// The members of a native line.
    enum Native: String, FieldName {
        case id
        case customID = "custom_id"
        case model, messages, prompt, system, options
        case extraBody = "extra_body"
        case metadata, resume

        static let names = allCases.map(\.rawValue)

        /// The members that become columns; the others are the stored request.
        static let columns = [id, customID, model, metadata].map(\.rawValue)
    }

    /// The members of a line of an OpenAI batch file.
    enum OpenAIBatch: String, FieldName {
        case customID = "custom_id"
        case id, method, url, body

        static let names = allCases.map(\.rawValue)
    }

    /// The members of a line of an Anthropic batch.
    enum AnthropicBatch: String, FieldName {
        case customID = "custom_id"
        case id, params

        static let names = allCases.map(\.rawValue)
    }

    /// The members of a line of a Mistral batch.
    enum MistralBatch: String, FieldName {
        case customID = "custom_id"
        case id, body

        static let names = allCases.map(\.rawValue)
    }

    /// The members of a message of a native line, and what stands beside them in answers that an SDK has dumped.
    enum Message: String, FieldName {
        case role, content, name
        case toolCalls = "tool_calls"
        case toolCallID = "tool_call_id"
        // What a provider may want to see again.
        case annotations, audio, images, prefix, reasoning, refusal
        case reasoningContent = "reasoning_content"
        case reasoningDetails = "reasoning_details"
        // What tells of the answer or of the file, and asks nothing.
        case id, model, parsed, status, type, usage, weight
        case stopDetails = "stop_details"
        case stopReason = "stop_reason"
        case stopSequence = "stop_sequence"

        static let names = allCases.map(\.rawValue)

        /// Those that are passed on as they are, where they say something.
        static let passedOn: [Message] = [
            .annotations, .audio, .images, .prefix, .reasoning, .reasoningContent, .reasoningDetails, .refusal,
        ]

        /// Those that stand for a content.
        static let said: [Message] = [.audio, .images, .refusal]
    }

    /// The members of a tool call in an assistant's message; an index comes from calls that were streamed.
    enum ToolCall: String, FieldName {
        case id, type, function, index

        static let names = allCases.map(\.rawValue)
    }

    /// The members of the function in a tool call; the parsed arguments are an SDK's reading of the others.
    enum Function: String, FieldName {
        case name, arguments
        case parsedArguments = "parsed_arguments"

        static let names = allCases.map(\.rawValue)
    }

    /// Members of chat bodies that are no options: those that users know from the SDKs' calls.
    static let chatMembers: Set<String> = [
        "cache_control", "chat_template_kwargs", "enable_thinking", "function_call", "functions", "ignore_eos",
        "logit_bias", "logprobs", "min_p", "min_tokens", "modalities", "parallel_tool_calls", "prediction",
        "prompt_cache_key", "provider", "repetition_penalty", "safety_identifier", "store", "thinking", "top_k",
        "top_logprobs", "user", "verbosity", "web_search_options",
    ]
}
