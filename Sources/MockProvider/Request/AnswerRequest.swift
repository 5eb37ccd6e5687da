/// The body of a request in any dialect: the members that the mock reads.
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

    // The members have their names on the wire, so that a reader can compare them.
    let model: String
    let messages: [RequestMessage]?
    /// Responses have it in place of messages.
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
    /// The places of a schema: of chat, of Responses, of Messages and of Messages until 2025.
    let response_format: JSON?
    let text: JSON?
    let output_config: JSON?
    let output_format: JSON?

    /// The messages, in any dialect.
    var turns: [RequestMessage] { messages ?? input?.messages ?? [] }
    /// The text of the last user message.
    var lastUserText: String { turns.last { $0.role == "user" }?.text ?? "" }
    /// The most words that may be sent.
    var tokenLimit: Int { max_output_tokens ?? max_completion_tokens ?? max_tokens ?? .max }
    /// The last message if it is the assistant's.
    var trailingAssistant: RequestMessage? { turns.last.flatMap { $0.role == "assistant" ? $0 : nil } }
    /// Whether thinking is enabled.
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

    /// The tool that must be called, if there is one: by the request, or always.
    func forcedTool(always: Bool) -> RequestTool? {
        switch tool_choice {
        case .named(let name): tools?.first { $0.name == name } ?? RequestTool(name: name)
        case .required: tools?.first
        default: always ? tools?.first ?? RequestTool(name: "lookup") : nil
        }
    }
}

/// One message of a request.
struct RequestMessage: Decodable {
    let role: String
    let content: RequestContent?
    /// Whether the mock is asked to go on from this message (DeepSeek, Mistral).
    let prefix: Bool?

    /// Whether it is to be continued although it is not the assistant's.
    var isBadPrefix: Bool { prefix == true && role != "assistant" }
    var text: String { content?.text ?? "" }
}

/// The content of a message: a text or parts.
enum RequestContent: Decodable {
    struct Part: Decodable {
        let type: String
        let text: String?
        /// Of a tool result.
        let content: RequestContent?
    }

    case text(String)
    case parts([Part])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .parts(try container.decode([Part].self))
        }
    }

    /// All texts, one after the other.
    var text: String {
        switch self {
        case .text(let text): text
        case .parts(let parts): parts.map { $0.text ?? $0.content?.text ?? "" }.joined()
        }
    }

    /// Whether a text block is empty, which Anthropic refuses.
    var hasEmptyText: Bool {
        switch self {
        case .text(let text): text.isEmpty
        case .parts(let parts): parts.contains { $0.type == "text" && ($0.text ?? "").isEmpty }
        }
    }
}

/// The `input` of a Responses request: a text, or items in the order of a conversation.
enum ResponsesInput: Decodable {
    case text(String)
    case items([Item])

    /// A message, a call or its output; other items have none of these members.
    struct Item: Decodable {
        let type: String?
        let role: String?
        let content: RequestContent?
        /// Of a call's output.
        let output: RequestContent?
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .items(try container.decode([Item].self))
        }
    }

    /// The input as messages.
    var messages: [RequestMessage] {
        switch self {
        case .text(let text): [RequestMessage(role: "user", content: .text(text), prefix: nil)]
        case .items(let items):
            items.map { item in
                let isOutput = item.type?.hasSuffix("_output") == true
                return RequestMessage(
                    role: item.role ?? (isOutput ? "tool" : "assistant"), content: item.content ?? item.output,
                    prefix: nil)
            }
        }
    }
}

/// A tool of a request, in any dialect's shape.
struct RequestTool: Decodable {
    let name: String
    let description: String?
    /// The JSON Schema of its arguments.
    let schema: JSON?

    private enum Keys: String, CodingKey {
        case name, description, function, parameters, input_schema
    }

    init(name: String) {
        self.name = name
        description = nil
        schema = nil
    }

    init(from decoder: any Decoder) throws {
        let tool = try decoder.container(keyedBy: Keys.self)
        if tool.contains(.function) {
            let function = try tool.nestedContainer(keyedBy: Keys.self, forKey: .function)
            name = try function.decode(String.self, forKey: .name)
            description = try? function.decode(String.self, forKey: .description)
            schema = try function.decodeIfPresent(JSON.self, forKey: .parameters)
        } else {
            name = try tool.decode(String.self, forKey: .name)
            description = try? tool.decode(String.self, forKey: .description)
            schema =
                try tool.decodeIfPresent(JSON.self, forKey: .input_schema)
                ?? tool.decodeIfPresent(JSON.self, forKey: .parameters)
        }
    }
}

/// Which tool must be called, in any dialect's shape.
enum RequestToolChoice: Decodable, Equatable {
    case free
    case required
    case named(String)

    private enum Keys: String, CodingKey {
        case type, name, function
    }

    init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(String.self) {
            self = word == "required" ? .required : .free
            return
        }
        let choice = try decoder.container(keyedBy: Keys.self)
        switch try choice.decode(String.self, forKey: .type) {
        case "any": self = .required
        case "tool": self = .named(try choice.decode(String.self, forKey: .name))
        case "function" where choice.contains(.name): self = .named(try choice.decode(String.self, forKey: .name))
        case "function":
            let function = try choice.nestedContainer(keyedBy: Keys.self, forKey: .function)
            self = .named(try function.decode(String.self, forKey: .name))
        default: self = .free
        }
    }
}
