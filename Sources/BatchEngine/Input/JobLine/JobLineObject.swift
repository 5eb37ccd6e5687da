import LLMStreaming

/// An object of a job line, whose members' names are fixed; nulls count as absent.
struct JobLineObject<Field: FieldName> {
    private let object: JSONObject
    let place: LinePlace

    /// Adds a fault for every name that does not exist there or that stands there twice.
    ///
    /// - Parameter allowsEmpty: whether a member of another name may stand there that asks nothing.
    init(_ object: JSONObject, at place: LinePlace, allowsEmpty: Bool = false, faults: inout LineFaults) {
        self.object = object
        self.place = place
        var seen: UInt64 = 0
        for member in object.members {
            guard let position = Field.names.firstIndex(of: member.key) else {
                if allowsEmpty, member.value.asksNothing { continue }
                faults.addUnknown(member.key, at: place, known: Field.names)
                continue
            }
            // Readers of JSON differ in which one they take.
            if seen & 1 << position != 0 { faults.add("'\(member.key)'\(place.suffix) is given twice") }
            seen |= 1 << position
        }
    }

    subscript(_ field: Field) -> JSON? {
        guard let value = object[field.rawValue] else { return nil }
        if case .null = value { return nil }
        return value
    }

    /// The text of a field; a fault and nil where it is something else, nil where it is absent.
    @discardableResult
    func string(_ field: Field, faults: inout LineFaults) -> String? {
        guard let value = self[field] else { return nil }
        if case .string(let text) = value { return text }
        faults.addWrong(field.rawValue, at: place, expected: "a string", found: value)
        return nil
    }

    /// The elements of a field; a fault and nil where it is something else, nil where it is absent.
    func array(_ field: Field, faults: inout LineFaults) -> [JSON]? {
        guard let value = self[field] else { return nil }
        if case .array(let elements) = value { return elements }
        faults.addWrong(field.rawValue, at: place, expected: "an array", found: value)
        return nil
    }

    /// The members of a field; a fault and nil where it is something else, nil where it is absent.
    func object(_ field: Field, faults: inout LineFaults) -> JSONObject? {
        guard let value = self[field] else { return nil }
        if case .object(let object) = value { return object }
        faults.addWrong(field.rawValue, at: place, expected: "an object", found: value)
        return nil
    }
}

extension JSON {
    /// Whether it is null, false, an empty text, list or object, or a list or object of such.
    ///
    /// SDKs write all members that there may be.
    var asksNothing: Bool {
        switch self {
        case .null, .bool(false), .string(""): true
        case .array(let elements): elements.allSatisfy(\.asksNothing)
        case .object(let object): object.members.allSatisfy(\.value.asksNothing)
        default: false
        }
    }
}

/// Where in a job line an object stands, for messages.
enum LinePlace: Sendable {
    case line
    case options
    case extraBody
    case body
    case params
    case message(Int)
    case part(Int, message: Int)
    case toolCall(Int, message: Int)
    case function(toolCall: Int, message: Int)
    case custom(toolCall: Int, message: Int)
    case functionCall(message: Int)

    /// The path of the object in the line; empty for the line itself.
    var path: String {
        switch self {
        case .line: ""
        case .options: "options"
        case .extraBody: "extra_body"
        case .body: "body"
        case .params: "params"
        case .message(let index): "messages[\(index)]"
        case .part(let index, let message): "messages[\(message)].content[\(index)]"
        case .toolCall(let index, let message): "messages[\(message)].tool_calls[\(index)]"
        case .function(let index, let message): "messages[\(message)].tool_calls[\(index)].function"
        case .custom(let index, let message): "messages[\(message)].tool_calls[\(index)].custom"
        case .functionCall(let message): "messages[\(message)].function_call"
        }
    }

    /// What follows a field's name in a message: nothing, or ` in options`.
    var suffix: String { path.isEmpty ? "" : " in \(path)" }
}

/// A name that members of one kind of object in a job line may have.
///
/// The JSON Schema of a job line lists the same names; a test compares them.
protocol FieldName: RawRepresentable<String>, CaseIterable, Sendable {
    /// All names, in the order of the cases.
    static var names: [String] { get }
}

extension CompletionOptions.Name: FieldName {
    static let names = allCases.map(\.rawValue)
}

/// The members of job lines, by the object that they stand in (Contract, "Job lines"; Provider facts, "Batch files").
enum LineField {
    /// The members of a native line.
    enum Native: String, FieldName {
        case id
        case customID = "custom_id"
        case model, messages, prompt, system, options
        case extraBody = "extra_body"
        case metadata, resume, check

        static let names = allCases.map(\.rawValue)

        /// The members that become columns; the others are the stored request.
        static let columns = [id, customID, model, metadata, check].map(\.rawValue)
    }

    /// The members of a line of an OpenAI batch file.
    enum OpenAIBatch: String, FieldName {
        case customID = "custom_id"
        case id, provider, method, url, body, metadata, check

        static let names = allCases.map(\.rawValue)
    }

    /// The members of a line of an Anthropic batch.
    enum AnthropicBatch: String, FieldName {
        case customID = "custom_id"
        case id, provider, params, metadata, check

        static let names = allCases.map(\.rawValue)
    }

    /// The members of a line of a Mistral batch.
    enum MistralBatch: String, FieldName {
        case customID = "custom_id"
        case id, provider, body, metadata, check

        static let names = allCases.map(\.rawValue)
    }

    /// The members of a message of a native line, and what stands beside them in answers that an SDK has dumped.
    enum Message: String, FieldName {
        case role, content, name
        case toolCalls = "tool_calls"
        case toolCallID = "tool_call_id"
        // What a provider may want to see again.
        case annotations, audio, images, prefix, reasoning, refusal
        case extraContent = "extra_content"
        case functionCall = "function_call"
        case reasoningContent = "reasoning_content"
        case reasoningDetails = "reasoning_details"
        // What describes the answer or the file, and asks nothing.
        case id, model, parsed, status, type, usage, weight
        case stopDetails = "stop_details"
        case stopReason = "stop_reason"
        case stopSequence = "stop_sequence"

        static let names = allCases.map(\.rawValue)

        /// Those that are passed on as they are, where they say something.
        static let passedOn: [Message] = [
            .annotations, .audio, .images, .prefix, .reasoning, .reasoningContent, .reasoningDetails, .refusal,
            .extraContent, .functionCall,
        ]

        /// Those that stand for a content.
        static let said: [Message] = [.audio, .images, .refusal, .functionCall]
    }

    /// The members of a tool call in an assistant's message; an index comes from calls that were streamed, and what is
    /// extra Gemini wants to see again.
    enum ToolCall: String, FieldName {
        case id, type, function, custom, index
        case extraContent = "extra_content"

        static let names = allCases.map(\.rawValue)
    }

    /// The members of a custom tool in a tool call.
    enum CustomTool: String, FieldName {
        case name, input

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
