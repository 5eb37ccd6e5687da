import LLMStreaming
import Testing

/// Every option of a job line for every provider: the exact member that is sent, or the error that names both.
@Suite struct OptionTableTests {
    /// An option as JSON, and by dialect what is sent for it; nil where there is no field.
    struct Row: Sendable, CustomTestStringConvertible {
        var option: String
        var chat: String?
        var responses: String?
        var anthropic: String?
        /// The chat providers that are not as the others.
        var others: [String: String?]

        init(_ option: String, chat: String?, responses: String?, anthropic: String?, _ others: [String: String?] = [:])
        {
            self.option = option
            self.chat = chat
            self.responses = responses
            self.anthropic = anthropic
            self.others = others
        }

        /// The same for all dialects of OpenAI.
        init(_ option: String, openAI: String, anthropic: String?, _ others: [String: String?] = [:]) {
            self.init(option, chat: openAI, responses: openAI, anthropic: anthropic, others)
        }

        var testDescription: String { option }
    }

    private static let chatProviders = [
        "openai", "azure", "openrouter", "deepseek", "mistral", "groq", "vllm", "sglang", "llamacpp", "ollama",
    ]
    private static let function =
        #""name":"f","description":"d","parameters":{"z":1,"a":{"type":"number"}},"strict":true"#
    private static let tool = #"{"type":"function","function":{\#(function)}}"#
    private static let schema = #""name":"n","schema":{"z":{},"a":{}}"#

    private static let rows: [Row] = [
        Row(#""temperature":0.70"#, openAI: #""temperature":0.70"#, anthropic: #""temperature":0.70"#),
        Row(#""top_p":1e-1"#, openAI: #""top_p":1e-1"#, anthropic: #""top_p":1e-1"#),
        Row(#""max_tokens":100"#, chat: #""max_tokens":100"#, responses: #""max_output_tokens":100"#, anthropic: ""),
        Row(#""presence_penalty":-1"#, chat: #""presence_penalty":-1"#, responses: nil, anthropic: nil),
        Row(#""frequency_penalty":1.0"#, chat: #""frequency_penalty":1.0"#, responses: nil, anthropic: nil),
        Row(#""stop":"END""#, chat: #""stop":"END""#, responses: nil, anthropic: #""stop_sequences":["END"]"#),
        Row(
            #""stop":["a","b"]"#, chat: #""stop":["a","b"]"#, responses: nil, anthropic: #""stop_sequences":["a","b"]"#),
        Row(#""seed":7"#, chat: #""seed":7"#, responses: nil, anthropic: nil, ["mistral": #""random_seed":7"#]),
        Row(#""n":1"#, chat: #""n":1"#, responses: "", anthropic: "", ["ollama": ""]),
        Row(#""n":2"#, chat: #""n":2"#, responses: nil, anthropic: nil, ["ollama": nil]),
        Row(
            #""tools":[\#(tool)]"#, chat: #""tools":[\#(tool)]"#,
            responses: #""tools":[{"type":"function",\#(function)}]"#,
            anthropic:
                #""tools":[{"name":"f","description":"d","input_schema":{"z":1,"a":{"type":"number"}},"strict":true}]"#),
        Row(
            #""tools":[{"type":"function","function":{"name":"f"}}]"#,
            chat: #""tools":[{"type":"function","function":{"name":"f"}}]"#,
            responses:
                #""tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":false}]"#,
            anthropic: #""tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}]"#),
        Row(
            #""tools":[{"type":"web_search_20250305","name":"web_search"}]"#,
            openAI: #""tools":[{"type":"web_search_20250305","name":"web_search"}]"#,
            anthropic: #""tools":[{"type":"web_search_20250305","name":"web_search"}]"#),
        Row(
            #""tools":[{"type":"custom","custom":{"name":"c","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"d"}}}}]"#,
            chat:
                #""tools":[{"type":"custom","custom":{"name":"c","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"d"}}}}]"#,
            responses:
                #""tools":[{"type":"custom","name":"c","format":{"type":"grammar","syntax":"lark","definition":"d"}}]"#,
            anthropic: nil),
        Row(
            #""tool_choice":"auto""#, openAI: #""tool_choice":"auto""#, anthropic: #""tool_choice":{"type":"auto"}"#,
            ["ollama": nil]),
        Row(
            #""tool_choice":"none""#, openAI: #""tool_choice":"none""#, anthropic: #""tool_choice":{"type":"none"}"#,
            ["ollama": nil]),
        Row(
            #""tool_choice":"required""#, openAI: #""tool_choice":"required""#,
            anthropic: #""tool_choice":{"type":"any"}"#, ["ollama": nil]),
        Row(
            #""tool_choice":{"type":"function","function":{"name":"f"}}"#,
            chat: #""tool_choice":{"type":"function","function":{"name":"f"}}"#,
            responses: #""tool_choice":{"type":"function","name":"f"}"#,
            anthropic: #""tool_choice":{"type":"tool","name":"f"}"#, ["ollama": nil]),
        Row(
            #""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}}"#,
            chat:
                #""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}}"#,
            responses:
                #""tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]}"#,
            anthropic: nil, ["ollama": nil]),
        Row(
            #""tool_choice":"perhaps""#, chat: #""tool_choice":"perhaps""#, responses: nil, anthropic: nil,
            ["ollama": nil]),
        Row(
            #""response_format":{"type":"json_schema","json_schema":{\#(schema)}}"#,
            chat: #""response_format":{"type":"json_schema","json_schema":{\#(schema)}}"#,
            responses: #""text":{"format":{"type":"json_schema",\#(schema)}}"#,
            anthropic: #""output_config":{"format":{"type":"json_schema","schema":{"z":{},"a":{}}}}"#),
        Row(
            #""response_format":{"type":"json_object"}"#, chat: #""response_format":{"type":"json_object"}"#,
            responses: #""text":{"format":{"type":"json_object"}}"#, anthropic: nil),
        Row(
            #""response_format":{"type":"text"}"#, chat: #""response_format":{"type":"text"}"#,
            responses: #""text":{"format":{"type":"text"}}"#, anthropic: ""),
        Row(
            #""reasoning":"low""#, chat: #""reasoning_effort":"low""#, responses: #""reasoning":{"effort":"low"}"#,
            anthropic: #""output_config":{"effort":"low"},"thinking":{"type":"adaptive"}"#,
            ["openrouter": #""reasoning":{"effort":"low"}"#]),
        Row(
            #""reasoning":"none""#, chat: #""reasoning_effort":"none""#, responses: #""reasoning":{"effort":"none"}"#,
            anthropic: "",
            ["openrouter": #""reasoning":{"effort":"none"}"#, "deepseek": #""thinking":{"type":"disabled"}"#]),
        Row(
            #""reasoning_budget_tokens":2048"#, chat: nil, responses: nil,
            anthropic: #""thinking":{"type":"enabled","budget_tokens":2048}"#,
            ["openrouter": #""reasoning":{"max_tokens":2048}"#]),
        Row(#""api":"chat""#, chat: "", responses: nil, anthropic: nil),
        Row(
            #""service_tier":"auto""#, openAI: #""service_tier":"auto""#, anthropic: #""service_tier":"auto""#,
            ["deepseek": nil, "vllm": nil, "sglang": nil, "llamacpp": nil, "ollama": nil]),
        Row(
            #""service_tier":"flex""#, openAI: #""service_tier":"flex""#, anthropic: nil,
            ["mistral": nil, "deepseek": nil, "vllm": nil, "sglang": nil, "llamacpp": nil, "ollama": nil]),
        Row(
            #""service_tier":"standard_only""#, chat: nil, responses: nil,
            anthropic: #""service_tier":"standard_only""#,
            ["mistral": #""service_tier":"standard_only""#]),
        Row(#""temperature":null"#, openAI: "", anthropic: ""),
    ]

    @Test(arguments: rows)
    func anOptionIsSentExactlyOrRefusedByName(_ row: Row) throws {
        for name in Self.chatProviders { try check(row, name, row.others[name] ?? row.chat) }
        // There the interface is an option itself.
        if row.option != #""api":"chat""# {
            for name in ["openai", "azure"] { try check(row, name, row.responses, isResponses: true) }
        }
        try check(row, "anthropic", row.anthropic)
    }

    private func check(_ row: Row, _ name: String, _ sent: String?, isResponses: Bool = false) throws {
        let members = try #require(try JSONParser.parse("{\(row.option)}").object)
        let provider = Provider.named(name)
        var options = CompletionOptions(members: members)
        if isResponses { options[.api] = "responses" }
        let content = RequestContent.conversation([.user("hi")], options, extraBody: JSONObject())
        guard let sent else {
            let error = #expect(throws: LLMError.self, "\(name)") {
                try RequestEncoder.encode(content, model: "m", provider: provider)
            }
            #expect(error?.kind == .invalidRequest)
            #expect(error?.message.contains("'\(members.members[0].key)'") == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("'\(name)'") == true, "\(error?.message ?? "")")
            return
        }
        let message = #"[{"role":"user","content":"hi"}]"#
        let rest = sent.isEmpty ? "" : "," + sent
        let expected =
            switch (name, isResponses) {
            case (_, true):
                #"{"model":"m","input":\#(message)\#(rest),"stream":true,"stream_options":{"include_obfuscation":false}}"#
            case ("anthropic", _):
                #"{"model":"m","max_tokens":\#(Self.bound(row)),"messages":\#(message)\#(rest),"stream":true}"#
            case ("openai", _):
                #"{"model":"m","messages":\#(message)\#(rest),"stream":true,"#
                    + #""stream_options":{"include_usage":true,"include_obfuscation":false}}"#
            case ("mistral", _): #"{"model":"m","messages":\#(message)\#(rest),"stream":true}"#
            default:
                #"{"model":"m","messages":\#(message)\#(rest),"stream":true,"stream_options":{"include_usage":true}}"#
            }
        let request = try RequestEncoder.encode(content, model: "m", provider: provider)
        #expect(String(decoding: request.body, as: UTF8.self) == expected, "\(name)")
        #expect(request.dialect == (isResponses ? .openAIResponses : provider.dialect))
    }

    /// The bound that Anthropic is sent; thinking counts towards it.
    private static func bound(_ row: Row) -> Int {
        switch row.option {
        case #""max_tokens":100"#: 100
        case #""reasoning_budget_tokens":2048"#: 8192 + 2048
        default: 8192
        }
    }

    @Test func everyOptionHasARow() {
        let covered = Set(Self.rows.map { $0.option.split(separator: "\"")[0] })
        #expect(covered == Set(CompletionOptions.Name.allCases.map { $0.rawValue[...] }))
    }

    /// A tier of the Responses interface alone, and the words that a provider has.
    @Test func aTierIsOneOfTheInterfacesOwn() throws {
        var options = CompletionOptions()
        options[.serviceTier] = "ultrafast"
        let openAI = Provider.named("openai")
        let error = #expect(throws: LLMError.self) {
            try RequestEncoder.encode(
                .conversation([.user("hi")], options, extraBody: JSONObject()), model: "m", provider: openAI)
        }
        #expect(
            error?.message
                == "option 'service_tier' is one of auto, default, flex, priority, fast, scale at provider 'openai', "
                + "not \"ultrafast\"")
        options[.api] = "responses"
        let request = try RequestEncoder.encode(
            .conversation([.user("hi")], options, extraBody: JSONObject()), model: "m", provider: openAI)
        #expect(String(decoding: request.body, as: UTF8.self).contains(#""service_tier":"ultrafast""#))
        // Of a server that nobody here knows any word is sent.
        options = CompletionOptions()
        options[.serviceTier] = "gold"
        _ = try RequestEncoder.encode(
            .conversation([.user("hi")], options, extraBody: JSONObject()), model: "m", provider: Provider(name: "lab"))
    }

    @Test func anInterfaceThatAProviderDoesNotHaveIsRefused() {
        var options = CompletionOptions()
        options[.api] = "responses"
        let content = RequestContent.conversation([.user("hi")], options, extraBody: JSONObject())
        for name in ProviderCatalog().names where !Provider.named(name).speaks(.openAIResponses) {
            let error = #expect(throws: LLMError.self, "\(name)") {
                try RequestEncoder.encode(content, model: "m", provider: .named(name))
            }
            #expect(error?.message == "option 'api' has no field at provider '\(name)'")
        }
        let speakers = ProviderCatalog().names.filter { Provider.named($0).speaks(.openAIResponses) }
        #expect(speakers == ["azure", "mock", "openai", "vllm"])
    }
}
