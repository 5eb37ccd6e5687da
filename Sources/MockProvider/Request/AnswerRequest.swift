/// The body of a request in any dialect, as far as the mock looks at it.
struct AnswerRequest: Decodable {
    struct StreamOptions: Decodable {
        let include_usage: Bool?
    }
    struct Thinking: Decodable {
        let type: String
    }
    struct TemplateOptions: Decodable {
        let enable_thinking: Bool?
    }
    struct Reasoning: Decodable {
        let summary: String?
    }

    // The members are named as on the wire, which is what a reader compares them with.
    let model: String
    let messages: [RequestMessage]?
    /// What Responses have in place of messages.
    let input: ResponsesInput?
    let instructions: String?
    let background: Bool?
    let reasoning: Reasoning?
    let max_output_tokens: Int?
    let system: RequestContent?
    let stream: Bool?
    let stream_options: StreamOptions?
    let n: Int?
    let max_tokens: Int?
    let max_completion_tokens: Int?
    let tools: [RequestTool]?
    let tool_choice: RequestToolChoice?
    let continue_final_message: Bool?
    let add_generation_prompt: Bool?
    let thinking: Thinking?
    let chat_template_kwargs: TemplateOptions?
    let temperature: Double?
    let top_p: Double?
    let top_k: Double?

    /// The messages, of whatever dialect.
    var turns: [RequestMessage] { messages ?? input?.messages ?? [] }
    /// The text of the last user message.
    var lastUserText: String { turns.last { $0.role == "user" }?.text ?? "" }
    /// The most words that may be sent.
    var tokenLimit: Int { max_output_tokens ?? max_completion_tokens ?? max_tokens ?? .max }
    /// The message at the end if it is the assistant's.
    var trailingAssistant: RequestMessage? { turns.last.flatMap { $0.role == "assistant" ? $0 : nil } }
    /// Whether thinking or a summary of it is asked for.
    var isThinking: Bool {
        thinking.map { $0.type != "disabled" } ?? false || chat_template_kwargs?.enable_thinking == true
    }

    /// Words in all messages.
    var promptTokens: Int {
        turns.reduce(Self.words(in: system?.text ?? instructions)) { $0 + Self.words(in: $1.text) }
    }

    private static func words(in text: String?) -> Int {
        (text ?? "").split(whereSeparator: \.isWhitespace).count
    }

    /// The tool that the request forces to be called, if any; one without a name when none was declared.
    func forcedTool(always: Bool) -> RequestTool? {
        switch tool_choice {
        case .named(let name): tools?.first { $0.name == name } ?? RequestTool(name: name)
        case .required: tools?.first
        default: always ? tools?.first ?? RequestTool(name: "lookup") : nil
        }
    }
}
