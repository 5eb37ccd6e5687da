import LLMStreaming
import Testing

@Suite struct RequestEncoderTests {
    private static func body(
        _ content: RequestContent, _ provider: Provider, prefix: String? = nil, maximumTokens: Int? = nil
    ) throws -> String {
        String(
            decoding: try RequestEncoder.encode(
                content, model: "m", provider: provider, continuation: prefix.map(Continuation.prefill),
                maximumTokens: maximumTokens
            ).body, as: UTF8.self)
    }

    private static func json(_ text: String) throws -> JSONObject {
        try #require(try JSONParser.parse(text).object)
    }

    @Test func aConversationGoesToChatAsItIs() throws {
        let conversation: Conversation = [
            .system("be brief"),
            Message(role: .user, content: .parts([["type": "text", "text": "hi"]]), name: "ann"),
            Message(
                role: .assistant, content: nil, toolCalls: [ToolCall(id: "a", name: "f", arguments: #"{"x": 1.0}"#)]),
            .tool("42", answering: "a"),
        ]
        #expect(
            try Self.body(.conversation(conversation, CompletionOptions(), extraBody: JSONObject()), .named("vllm"))
                == #"{"model":"m","messages":[{"role":"system","content":"be brief"},"#
                + #"{"role":"user","content":[{"type":"text","text":"hi"}],"name":"ann"},"#
                + #"{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","#
                + #""function":{"name":"f","arguments":"{\"x\": 1.0}"}}]},"#
                + #"{"role":"tool","content":"42","tool_call_id":"a"}],"#
                + #""stream":true,"stream_options":{"include_usage":true}}"#)
    }

    @Test func extraMembersGoOverTheOthersInTheirOrder() throws {
        var options = CompletionOptions()
        options.temperature = 0.5
        let extra = try Self.json(#"{"top_k":40,"temperature":0.10,"z":{"b":1,"a":2}}"#)
        #expect(
            try Self.body(.conversation([.user("hi")], options, extraBody: extra), .named("llamacpp"))
                == #"{"model":"m","messages":[{"role":"user","content":"hi"}],"temperature":0.10,"top_k":40,"#
                + #""z":{"b":1,"a":2},"stream":true,"stream_options":{"include_usage":true}}"#)
    }

    @Test func aBatchBodyIsPassedOnButForTheStream() throws {
        let given = #"{"messages":[],"model":"x/y","temperature":0.50,"stream":false,"logprobs":true,"n":2,"#
        let chat = try Self.json(given + #""stream_options":{"include_usage":false,"foo":1},"zz":null}"#)
        let sent = try RequestEncoder.encode(.body(chat, .openAIChat), model: "m", provider: .named("vllm"))
        #expect(
            String(decoding: sent.body, as: UTF8.self)
                == given.replacing(#""stream":false"#, with: #""stream":true"#)
                + #""stream_options":{"include_usage":true,"foo":1},"zz":null}"#)
        #expect(sent.choices == 2)
        let params = try Self.json(
            #"{"model":"claude","max_tokens":5,"messages":[],"system":[{"type":"text","text":"s"}]}"#)
        #expect(
            try Self.body(.body(params, .anthropicMessages), .anthropic)
                == #"{"model":"claude","max_tokens":5,"messages":[],"system":[{"type":"text","text":"s"}],"stream":true}"#
        )
    }

    @Test func aBodyWithoutAModelGetsTheJobs() throws {
        #expect(
            try Self.body(.body(try Self.json(#"{"messages":[]}"#), .anthropicMessages), .anthropic)
                == #"{"messages":[],"model":"m","stream":true}"#)
    }

    @Test func aProviderWithoutStreamOptionsGetsNone() throws {
        var provider = Provider.openAI
        provider.streamOptions = JSONObject()
        let content = RequestContent.body(
            try Self.json(#"{"model":"m","messages":[],"stream_options":null}"#), .openAIChat)
        #expect(try Self.body(content, provider) == #"{"model":"m","messages":[],"stream":true}"#)
    }

    @Test(
        arguments: [
            (Provider.ResumeCapability.assistant, #"{"role":"assistant","content":"so far"}"#, ""),
            (.prefix, #"{"role":"assistant","content":"so far","prefix":true}"#, ""),
            (
                .continueFinalMessage, #"{"role":"assistant","content":"so far"}"#,
                #""continue_final_message":true,"add_generation_prompt":false,"#
            ),
        ])
    func aPrefixIsTheLastMessageInTheProvidersForm(
        _ resume: Provider.ResumeCapability, _ message: String, _ flags: String
    ) throws {
        var provider = Provider.named("vllm")
        provider.resume = resume
        let rest = #","messages":[{"role":"user","content":"hi"},\#(message)],"#
        let chat = #"{"model":"m""# + rest + flags + #""stream":true,"stream_options":{"include_usage":true}}"#
        let conversation = RequestContent.conversation([.user("hi")], CompletionOptions(), extraBody: JSONObject())
        #expect(try Self.body(conversation, provider, prefix: "so far") == chat)
        let given = RequestContent.body(
            try Self.json(#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#), .openAIChat)
        #expect(try Self.body(given, provider, prefix: "so far") == chat)
        guard resume == .assistant else { return }
        var anthropic = Provider.anthropic
        anthropic.resume = .assistant
        #expect(
            try Self.body(conversation, anthropic, prefix: "so far")
                == #"{"model":"m","max_tokens":8192"# + rest + #""stream":true}"#)
    }

    @Test func aBoundIsLoweredWhereItIsSetAndNowhereElse() throws {
        let set = try Self.json(#"{"model":"m","messages":[],"max_completion_tokens":100}"#)
        #expect(
            try Self.body(.body(set, .openAIChat), .openAI, maximumTokens: 16).contains(#""max_completion_tokens":16"#))
        let both = try Self.json(#"{"model":"m","messages":[],"max_tokens":100,"max_completion_tokens":100}"#)
        #expect(
            try Self.body(.body(both, .openAIChat), .openAI, maximumTokens: 16)
                .contains(#""max_tokens":16,"max_completion_tokens":16"#))
        let unset = try Self.json(#"{"model":"m","messages":[]}"#)
        #expect(!(try Self.body(.body(unset, .openAIChat), .openAI, maximumTokens: 16)).contains("16"))
        var options = CompletionOptions()
        options.maxTokens = 100
        let content = RequestContent.conversation([.user("hi")], options, extraBody: JSONObject())
        #expect(try Self.body(content, .anthropic, maximumTokens: 16).contains(#""max_tokens":16"#))
        #expect(content.maximumTokens == 100)
        #expect(RequestContent.body(both, .openAIChat).maximumTokens == 100)
        #expect(RequestContent.body(unset, .openAIChat).maximumTokens == nil)
    }

    @Test func theSameContentGivesTheSameBytes() throws {
        let content = RequestContent.body(
            try Self.json(
                #"{"model":"m","messages":[{"role":"user","content":"a\u0000\u001f/\ud83d\ude00\\"}],"x":-0.0e+1}"#),
            .openAIChat)
        let first = try Self.body(content, .openAI)
        #expect(try Self.body(content, .openAI) == first)
        #expect(first.contains(#""content":"a\u0000\u001f/😀\\""#))
        #expect(first.contains(#""x":-0.0e+1"#))
    }

    @Test func aNullInTheExtraBodyTakesAMemberOut() throws {
        func body(_ extra: String, _ api: String = "chat") throws -> String {
            var options = CompletionOptions()
            (options.maxTokens, options.temperature) = (5, 1)
            options[.api] = .string(api)
            let content = RequestContent.conversation([.user("x")], options, extraBody: try Self.json(extra))
            let request = try RequestEncoder.encode(
                content, model: "m", provider: try #require(ProviderCatalog()["openai"]))
            return String(decoding: request.body, as: UTF8.self)
        }
        let chat = #"{"model":"m","messages":[{"role":"user","content":"x"}]"#
        #expect(
            try body(#"{"stream_options":null}"#) == chat + #","max_tokens":5,"temperature":1,"stream":true}"#)
        #expect(
            try body(#"{"max_tokens":null,"temperature":null,"zz":null,"stream_options":{"a":1}}"#)
                == chat
                + #","stream_options":{"a":1,"include_usage":true,"include_obfuscation":false},"stream":true}"#)
        #expect(!(try body(#"{"stream_options":null}"#, "responses").contains("stream_options")))
    }
}
