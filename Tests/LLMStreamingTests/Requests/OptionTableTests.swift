import LLMStreaming
import Testing

/// Every option of a job line for every provider: the exact member that is sent, or the error that names both (SPEC 3).
@Suite struct OptionTableTests {
    /// An option as JSON, and by provider what is sent for it; nil where the provider has no field.
    struct Row: Sendable, CustomTestStringConvertible {
        var option: String
        var openAI: String?
        var openRouter: String?
        var vLLM: String?
        var anthropic: String?

        /// The same for all chat providers.
        init(_ option: String, chat: String, anthropic: String?) {
            self.init(option, openAI: chat, openRouter: chat, vLLM: chat, anthropic: anthropic)
        }

        init(_ option: String, openAI: String?, openRouter: String?, vLLM: String?, anthropic: String?) {
            self.option = option
            self.openAI = openAI
            self.openRouter = openRouter
            self.vLLM = vLLM
            self.anthropic = anthropic
        }

        var testDescription: String { option }
    }

    private static let tool =
        #"{"type":"function","function":{"name":"f","description":"d","parameters":{"z":1,"a":{"type":"number"}},"strict":true}}"#
    private static let schema = #"{"type":"json_schema","json_schema":{"name":"n","schema":{"z":{},"a":{}}}}"#

    private static let rows: [Row] = [
        Row(#""temperature":0.70"#, chat: #""temperature":0.70"#, anthropic: #""temperature":0.70"#),
        Row(#""top_p":1e-1"#, chat: #""top_p":1e-1"#, anthropic: #""top_p":1e-1"#),
        Row(#""max_tokens":100"#, chat: #""max_tokens":100"#, anthropic: ""),
        Row(#""presence_penalty":-1"#, chat: #""presence_penalty":-1"#, anthropic: nil),
        Row(#""frequency_penalty":1.0"#, chat: #""frequency_penalty":1.0"#, anthropic: nil),
        Row(#""stop":"END""#, chat: #""stop":"END""#, anthropic: #""stop_sequences":["END"]"#),
        Row(#""stop":["a","b"]"#, chat: #""stop":["a","b"]"#, anthropic: #""stop_sequences":["a","b"]"#),
        Row(#""seed":7"#, chat: #""seed":7"#, anthropic: nil), Row(#""n":1"#, chat: #""n":1"#, anthropic: ""),
        Row(#""n":2"#, chat: #""n":2"#, anthropic: nil),
        Row(
            #""tools":[\#(tool)]"#, chat: #""tools":[\#(tool)]"#,
            anthropic:
                #""tools":[{"name":"f","description":"d","input_schema":{"z":1,"a":{"type":"number"}},"strict":true}]"#),
        Row(
            #""tools":[{"type":"function","function":{"name":"f"}}]"#,
            chat: #""tools":[{"type":"function","function":{"name":"f"}}]"#,
            anthropic: #""tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}]"#),
        Row(
            #""tools":[{"type":"web_search_20250305","name":"web_search"}]"#,
            chat: #""tools":[{"type":"web_search_20250305","name":"web_search"}]"#,
            anthropic: #""tools":[{"type":"web_search_20250305","name":"web_search"}]"#),
        Row(#""tool_choice":"auto""#, chat: #""tool_choice":"auto""#, anthropic: #""tool_choice":{"type":"auto"}"#),
        Row(#""tool_choice":"none""#, chat: #""tool_choice":"none""#, anthropic: #""tool_choice":{"type":"none"}"#),
        Row(
            #""tool_choice":"required""#, chat: #""tool_choice":"required""#,
            anthropic: #""tool_choice":{"type":"any"}"#),
        Row(
            #""tool_choice":{"type":"function","function":{"name":"f"}}"#,
            chat: #""tool_choice":{"type":"function","function":{"name":"f"}}"#,
            anthropic: #""tool_choice":{"type":"tool","name":"f"}"#),
        Row(#""tool_choice":"perhaps""#, chat: #""tool_choice":"perhaps""#, anthropic: nil),
        Row(#""response_format":\#(schema)"#, chat: #""response_format":\#(schema)"#, anthropic: nil),
        Row(
            #""response_format":{"type":"text"}"#, chat: #""response_format":{"type":"text"}"#, anthropic: ""),
        Row(
            #""reasoning":"low""#, openAI: #""reasoning_effort":"low""#, openRouter: #""reasoning":{"effort":"low"}"#,
            vLLM: #""reasoning_effort":"low""#, anthropic: nil),
        Row(
            #""reasoning":"none""#, openAI: #""reasoning_effort":"none""#,
            openRouter: #""reasoning":{"effort":"none"}"#,
            vLLM: #""reasoning_effort":"none""#, anthropic: ""),
        Row(
            #""reasoning_budget_tokens":2048"#, openAI: nil, openRouter: #""reasoning":{"max_tokens":2048}"#, vLLM: nil,
            anthropic: #""thinking":{"type":"enabled","budget_tokens":2048}"#),
        Row(#""api":"chat""#, openAI: "", openRouter: "", vLLM: "", anthropic: nil),
        Row(#""temperature":null"#, chat: "", anthropic: ""),
    ]

    @Test(arguments: rows)
    func anOptionIsSentExactlyOrRefusedByName(_ row: Row) throws {
        try check(row, "openai", row.openAI)
        try check(row, "openrouter", row.openRouter)
        try check(row, "vllm", row.vLLM)
        try check(row, "anthropic", row.anthropic)
    }

    private func check(_ row: Row, _ name: String, _ sent: String?) throws {
        let members = try #require(try JSONParser.parse("{\(row.option)}").object)
        let provider = Provider.named(name)
        let content = RequestContent.conversation(
            [.user("hi")], CompletionOptions(members: members), extraBody: JSONObject())
        guard let sent else {
            let error = #expect(throws: LLMError.self) {
                try RequestEncoder.encode(content, model: "m", provider: provider)
            }
            #expect(error?.kind == .invalidRequest)
            #expect(error?.message.contains("'\(members.members[0].key)'") == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("'\(name)'") == true, "\(error?.message ?? "")")
            return
        }
        let messages = #""messages":[{"role":"user","content":"hi"}]"#
        let rest = sent.isEmpty ? "" : "," + sent
        let expected =
            switch name {
            case "anthropic":
                #"{"model":"m","max_tokens":\#(row.option == #""max_tokens":100"# ? 100 : 8192),\#(messages)\#(rest),"stream":true}"#
            case "openai":
                #"{"model":"m",\#(messages)\#(rest),"stream":true,"#
                    + #""stream_options":{"include_usage":true,"include_obfuscation":false}}"#
            default: #"{"model":"m",\#(messages)\#(rest),"stream":true,"stream_options":{"include_usage":true}}"#
            }
        let request = try RequestEncoder.encode(content, model: "m", provider: provider)
        #expect(String(decoding: request.body, as: UTF8.self) == expected, "\(name)")
    }

    @Test func everyOptionHasARow() {
        let covered = Set(Self.rows.map { $0.option.split(separator: "\"")[0] })
        #expect(covered == Set(CompletionOptions.Name.allCases.map { $0.rawValue[...] }))
    }

    @Test(
        arguments: [
            ("openai", "o1", true), ("openai", "o3-mini", true), ("openai", "o4-mini-2025-04-16", true),
            ("openai", "gpt-5", true), ("openai", "gpt-5.2-pro", true), ("openai", "ft:gpt-5-mini:org::id", true),
            ("openai", "gpt-4o", false), ("openai", "gpt-4.1", false), ("openai", "omni", false),
            ("azure", "gpt-5-mini", true), ("azure", "my-deployment", false), ("openrouter", "openai/o3", false),
            ("vllm", "o1-replica", false),
        ])
    func reasoningModelsOfOpenAITakeTheirBoundUnderAnotherName(_ name: String, _ model: String, _ isRenamed: Bool)
        throws
    {
        var options = CompletionOptions()
        options.maxTokens = 9
        let request = try RequestEncoder.encode(
            .conversation([.user("hi")], options, extraBody: JSONObject()), model: model, provider: .named(name))
        let body = try JSONParser.parse(request.body)
        #expect(body["max_completion_tokens"] == (isRenamed ? 9 : nil))
        #expect(body["max_tokens"] == (isRenamed ? nil : 9))
    }

    @Test func effortAndBudgetShareOpenRoutersObject() throws {
        let options = CompletionOptions(
            members: JSONObject([
                .init(key: "reasoning", value: "high"), .init(key: "reasoning_budget_tokens", value: 5),
            ]))
        let request = try RequestEncoder.encode(
            .conversation([.user("hi")], options, extraBody: JSONObject()), model: "m", provider: .named("openrouter"))
        #expect(try JSONParser.parse(request.body)["reasoning"] == ["effort": "high", "max_tokens": 5])
    }
}
