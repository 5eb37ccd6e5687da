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

    /// The members of a message of a native line.
    enum Message: String, FieldName {
        case role, content, name
        case toolCalls = "tool_calls"
        case toolCallID = "tool_call_id"

        static let names = allCases.map(\.rawValue)
    }

    /// The members of a tool call in an assistant's message; an index comes from calls that were streamed.
    enum ToolCall: String, FieldName {
        case id, type, function, index

        static let names = allCases.map(\.rawValue)
    }

    /// The members of the function in a tool call.
    enum Function: String, FieldName {
        case name, arguments

        static let names = allCases.map(\.rawValue)
    }
}
