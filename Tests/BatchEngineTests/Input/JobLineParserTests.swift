import LLMStreaming
import Testing

@testable import BatchEngine

/// What lines without fault become, and how lines with several are told.
@Suite struct JobLineParserTests {
    // MARK: - Shapes

    @Test func aPromptIsAConversationOfOneMessage() throws {
        let line = try parse(#"{"id":"a","model":"mock/m","prompt":"Hi"}"#)
        #expect(line.customID == "a")
        #expect(line.model == ModelName(provider: "mock", model: "m"))
        #expect(line.content == .conversation([.user("Hi")], CompletionOptions(), extraBody: JSONObject()))
        #expect(line.metadata == nil)
    }

    @Test func aSystemTextStandsBeforeThePrompt() throws {
        let line = try parse(#"{"model":"mock/m","prompt":"Hi","system":"Be brief."}"#)
        #expect(
            line.content
                == .conversation([.system("Be brief."), .user("Hi")], CompletionOptions(), extraBody: JSONObject()))
    }

    @Test func messagesKeepRoleContentNameAndToolCalls() throws {
        let line = try parse(
            #"""
            {"model":"mock/m","messages":[{"role":"developer","content":"D"},
             {"role":"user","content":[{"type":"text","text":"T"}],"name":"N"},
             {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}},
              {"id":"2","function":{"name":"g"}}]},
             {"role":"tool","tool_call_id":"2","content":"R2"},{"role":"tool","tool_call_id":"1","content":"R1"},
             {"role":"assistant","content":"A","tool_calls":[]}]}
            """#)
        let expected: Conversation = [
            Message(role: .developer, content: "D"),
            Message(role: .user, content: .parts([["type": "text", "text": "T"]]), name: "N"),
            Message(
                role: .assistant, content: nil,
                toolCalls: [
                    ToolCall(id: "1", name: "f", arguments: "{}"), ToolCall(id: "2", name: "g", arguments: "{}"),
                ]),
            .tool("R2", answering: "2"), .tool("R1", answering: "1"), .assistant("A"),
        ]
        #expect(line.content == .conversation(expected, CompletionOptions(), extraBody: JSONObject()))
    }

    @Test func aToolMessageMayAnswerOnlyTheLatestAssistantMessage() throws {
        let line = #"""
            {"model":"mock/m","messages":[{"role":"user","content":"u"},
             {"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"1","content":"r"},
             {"role":"assistant","tool_calls":[{"id":"2","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"1","content":"r"}]}
            """#
        #expect(
            try faults(of: line) == [
                "messages[4] answers the tool call '1', which the assistant message before it does not make"
            ])
    }

    @Test func anOpenAIBatchLineGoesToOpenAIWithItsModelVerbatim() throws {
        let line = try parse(
            #"{"custom_id":"c","method":"POST","url":"/v1/chat/completions","body":{"model":"ft:gpt/4","messages":[{"role":"function","name":"f","content":"x"}],"logit_bias":{"1":2}}}"#
        )
        #expect(line.customID == "c")
        #expect(line.model == ModelName(provider: "openai", model: "ft:gpt/4"))
        #expect(
            line.content
                == .body(
                    JSONObject([
                        .init(key: "model", value: "ft:gpt/4"),
                        .init(key: "messages", value: [["role": "function", "name": "f", "content": "x"]]),
                        .init(key: "logit_bias", value: ["1": 2]),
                    ]), .openAIChat))
    }

    @Test(arguments: ["/v1/responses", "/responses"])
    func aBatchLineForResponsesGoesThere(_ url: String) throws {
        let body = #"{"model":"gpt-5","input":[{"role":"user","content":"x"}]}"#
        let line = try parse(#"{"custom_id":"c","url":"\#(url)","body":\#(body)}"#)
        guard case .body(let sent, let dialect) = line.content else { return #expect(Bool(false)) }
        #expect(JSON.object(sent).text == body)
        #expect(dialect == .openAIResponses)
        #expect(try JobRequest(stored: line.request).content == line.content)
    }

    @Test(
        arguments: [
            (#""input":"""#, "'input' in body is empty"), (#""input":[]"#, "'input' in body is empty"),
            (#""messages":[{"role":"user","content":"x"}]"#, "'input' is missing in body"),
            (#""input":7"#, "'input' in body must be a string or an array, not 7"),
            (#""input":[{"role":"usr","content":"x"}]"#, "unknown role 'usr' in body.input[0]; did you mean 'user'?"),
        ])
    func aResponsesBodyThatAsksNothingIsAFault(_ members: String, _ fault: String) throws {
        #expect(try faults(of: #"{"url":"/v1/responses","body":{"model":"m",\#(members)}}"#) == [fault])
    }

    @Test func theMockTakesBatchLinesOfAllDialects() throws {
        let mock = try InputDefaults(provider: "mock")
        for line in [
            #"{"url":"/v1/responses","body":{"model":"m","input":"x"}}"#,
            #"{"params":{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}]}}"#,
        ] {
            #expect(try parse(line, mock).model == ModelName(provider: "mock", model: "m"))
        }
    }

    @Test func aMistralBatchLineGoesToMistralWithTheModelOfItsBody() throws {
        let line = try parse(#"{"custom_id":"0","body":{"model":"a/b","messages":[{"role":"user","content":"Hi"}]}}"#)
        #expect(line.model == ModelName(provider: "mistral", model: "a/b"))
        #expect(line.customID == "0")
        #expect(try JobRequest(stored: line.request).content == line.content)
        guard case .body(_, .openAIChat) = line.content else {
            Issue.record("\(line.content)")
            return
        }
    }

    @Test func aMistralBatchLineMayLeaveItsModelToTheOption() throws {
        let body = #"{"custom_id":"0","body":{"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}}"#
        let line = try parse(body, InputDefaults(model: "mistral/mistral-small"))
        #expect(line.model == ModelName(provider: "mistral", model: "mistral-small"))
        let other = try parse(body, InputDefaults(model: "small", provider: "vllm"))
        #expect(other.model == ModelName(provider: "vllm", model: "small"))
        #expect(
            try faults(of: body, InputDefaults(model: "anthropic/c")) == [
                "'body' speaks openai-chat and cannot go to provider 'anthropic', which speaks anthropic-messages"
            ])
    }

    @Test func aDocumentAmongLinesIsAFault() throws {
        for line in [#"{"requests":[]}"#, #"{"model":"m","requests":[{"custom_id":"a"}]}"#] {
            #expect(
                try faults(of: line) == [
                    #"a batch as one document must be alone in its file and be {"requests": [...]}, "#
                        + "without another member"
                ])
        }
    }

    @Test func anAnthropicBatchLineGoesToAnthropic() throws {
        let line = try parse(
            #"{"custom_id":"c","params":{"model":"claude-haiku-4-5","max_tokens":9,"messages":[{"role":"user","content":"x"}]}}"#
        )
        #expect(line.model == ModelName(provider: "anthropic", model: "claude-haiku-4-5"))
    }

    @Test(arguments: [
        "/v1/chat/completions", "/chat/completions", "/v1/chat/completions/", "v1/chat/completions",
        "/v4/chat/completions", "/openai/v1/chat/completions", "https://api.openai.com/v1/chat/completions",
        "/openai/deployments/m/chat/completions?api-version=2024-10-21", "/api/paas/v4/chat/completions",
    ])
    func everyFormOfTheChatURLIsTakenAndKept(url: String) throws {
        let line = try parse(
            #"{"method":"post","url":"\#(url)","body":{"model":"m","messages":[{"role":"user","content":"x"}]}}"#)
        guard case .body(_, .openAIChat) = line.content else { return #expect(Bool(false)) }
        #expect(try JobRequest(stored: line.request).content == line.content)
    }

    @Test(arguments: [
        "/v1/messages", "/messages/", "https://api.anthropic.com/v1/messages", "/anthropic/v1/messages?b=1",
    ])
    func aBatchLineForMessagesSpeaksAnthropics(url: String) throws {
        let body = #"{"model":"claude-haiku-4-5","max_tokens":9,"messages":[{"role":"user","content":"x"}]}"#
        let line = try parse(#"{"custom_id":"c","method":"POST","url":"\#(url)","body":\#(body)}"#)
        #expect(line.model == ModelName(provider: "anthropic", model: "claude-haiku-4-5"))
        guard case .body(let sent, .anthropicMessages) = line.content else { return #expect(Bool(false)) }
        #expect(JSON.object(sent).text == body)
        #expect(try JobRequest(stored: line.request).content == line.content)
        #expect(
            try faults(of: #"{"url":"\#(url)","body":\#(body)}"#, InputDefaults(provider: "groq")) == [
                "'body' speaks anthropic-messages and cannot go to provider 'groq', which speaks openai-chat"
            ])
    }

    @Test(arguments: [
        "/v1/messages/batches", "/v1/messages/count_tokens", "/v1/embeddings", "/v1/completions", "/v1/moderations",
        "/v1/images/generations", "", "/",
        "/v1/chat/completions/x", "/v1/audio?x=/chat/completions", "completions",
    ])
    func aLineForAnotherEndpointHasOneFault(url: String) throws {
        for body in [#"{"input":"x"}"#, #"{"model":7,"messages":[]}"#] {
            #expect(
                try faults(of: #"{"custom_id":"e","method":"POST","url":"\#(url)","body":\#(body)}"#) == [
                    "'url': '\(url)' is not available; /v1/chat/completions, /v1/responses and /v1/messages are"
                ])
        }
    }

    /// What a server makes of its roles and calls is its own matter.
    @Test(arguments: [
        (#""url":"/v1/chat/completions","body""#, #"{"role":"control","content":"thinking"}"#),
        (#""url":"/v1/chat/completions","body""#, #"{"role":"document 1","content":"x"}"#),
        (#""url":"/v1/chat/completions","body""#, #"{"role":"ipython","content":"x"}"#),
        (#""url":"/v1/chat/completions","body""#, #"{"role":"tool","content":"no id"}"#),
        (#""url":"/v1/chat/completions","body""#, #"{"role":"tool","tool_call_id":"cut away","content":"4"}"#),
        (#""url":"/v1/chat/completions","body""#, #"{"role":"tool","tool_call_id":7,"content":"4"}"#),
        (#""body""#, #"{"role":"latest_reminder","content":"x"}"#),
        (#""params""#, #"{"role":"tool","content":"x"}"#),
    ])
    func aBodyKeepsTheRolesAndCallsThatItHas(place: String, message: String) throws {
        let body = #"{"model":"m","messages":[\#(message),{"role":"user","content":"x"}]}"#
        let line = try parse(#"{"custom_id":"c",\#(place):\#(body)}"#)
        guard case .body(let sent, _) = line.content else { return #expect(Bool(false)) }
        #expect(JSON.object(sent).text == body)
    }

    /// A server's chat template may know a word that looks misspelt; a hosted interface lists all of its words.
    @Test func aRoleThatLooksMisspeltIsAFaultOnlyWhereTheRolesAreKnown() throws {
        let line = { (place: String) in
            #"{"custom_id":"c",\#(place):{"model":"m","messages":[{"role":"tools","content":"x"}]}}"#
        }
        let (chat, messages) = (line(#""url":"/v1/chat/completions","body""#), line(#""params""#))
        for provider in ["vllm", "llamacpp", "sglang", "ollama", "openrouter", "together"] {
            #expect(try faults(of: chat, InputDefaults(provider: provider)) == [], "\(provider)")
        }
        #expect(try faults(of: chat) == ["unknown role 'tools' in body.messages[0]; did you mean 'tool'?"])
        #expect(try faults(of: chat, InputDefaults(provider: "mock")).count == 1)
        // Anthropic has no role tool.
        #expect(try faults(of: messages) == [])
        let modelless = chat.replacing(#""model":"m","#, with: "")
        #expect(try faults(of: modelless, InputDefaults(model: "vllm/m")) == [])
        #expect(try faults(of: modelless, InputDefaults(model: "openai/m")).count == 1)
    }

    /// Nothing of it may go to Anthropic as if it were one of its own.
    @Test(arguments: [
        #""model":"gpt-3.5-turbo","messages":[{"role":"user","content":"x"}]"#,
        #""model":"m","messages":[],"tools":[{"type":"function","function":{"name":"f"}}]"#,
    ])
    func openAIsRequestInAnthropicsFormIsAFault(params: String) throws {
        let faults = try faults(of: #"{"custom_id":"a","params":{\#(params)}}"#)
        #expect(faults.count == 1)
        #expect(faults.first?.hasPrefix("'params' is the form of Anthropic's batches") == true)
    }

    @Test func aResponsesItemKeepsTheRoleThatItHas() throws {
        #expect(
            try faults(of: #"{"url":"/responses","body":{"model":"m","input":[{"role":"critic","content":"x"}]}}"#)
                == [])
    }

    /// `message.model_dump()` of SDKs: all members that there are, most of them null.
    @Test(arguments: [
        #""refusal":null,"annotations":[],"audio":null,"function_call":null,"tool_calls":null"#,
        #""refusal":null,"function_call":null,"tool_calls":[],"reasoning_content":null,"provider_specific_fields":null"#,
        #""parsed":null,"reasoning":null,"reasoning_details":[],"images":[],"citations":null"#,
        #""provider_specific_fields":{"refusal":null,"citations":[[]]},"reasoning_content":"","prefix":false"#,
        #""id":"msg_1","type":"message","model":"m","stop_reason":"end_turn","stop_sequence":null,"container":null"#,
        #""usage":{"input_tokens":1},"stop_details":{"type":"x"},"diagnostics":null,"status":"completed","phase":null"#,
        #""weight":0,"parsed":{"answer":4}"#,
    ])
    func emptyMembersOfADumpedMessageMeanNothing(dumped: String) throws {
        let line = { (members: String) in
            #"{"model":"mock/m","messages":[{"role":"user","content":"x"},"#
                + #"{"role":"assistant","content":"Lima."\#(members)},{"role":"user","content":"y"}]}"#
        }
        let (plain, full) = (try parse(line("")), try parse(line("," + dumped)))
        #expect(full.content == plain.content)
        #expect(full.hash == plain.hash)
        #expect(try JobRequest(stored: full.request).content == plain.content)
    }

    @Test func emptyMembersOfADumpedCallMeanNothing() throws {
        let line = try parse(
            #"{"model":"mock/m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"#
                + #""tool_calls":[{"id":"c","index":0,"type":"function","custom":null,"#
                + #""function":{"name":"f","arguments":"{}","parsed_arguments":null}}]},"#
                + #"{"role":"tool","tool_call_id":"c","content":"4","name":null,"tool_calls":null}]}"#)
        guard case .conversation(let conversation, _, _) = line.content else { return #expect(Bool(false)) }
        #expect(conversation.messages[1].toolCalls == [ToolCall(id: "c", name: "f", arguments: "{}")])
    }

    /// What an answer said besides its text goes back to a provider of chat completions, and to no other unsaid.
    @Test(arguments: [
        #""refusal":"No.""#, #""audio":{"id":"a"}"#, #""annotations":[{"type":"url_citation"}]"#,
        #""reasoning_content":"Hm.""#, #""reasoning":"Hm.""#, #""reasoning_details":[{"type":"x"}]"#,
        #""images":[{"type":"image_url"}]"#, #""prefix":true"#,
    ])
    func aMemberOfADumpedMessageThatSaysSomethingIsPassedOnOrAFault(member: String) throws {
        let name = String(member.split(separator: "\"")[0])
        let line = { (model: String, options: String) in
            #"{"model":"\#(model)","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y",\#(member)},"#
                + #"{"role":"user","content":"z"}]\#(options)}"#
        }
        let parsed = try parse(line("vllm/m", ""))
        let provider = try #require(ProviderCatalog()["vllm"])
        let sent = try JSONParser.parse(RequestEncoder.encode(parsed.content, model: "m", provider: provider).body)
        #expect(
            sent["messages"]?.array?[1] == (try JSONParser.parse(#"{"role":"assistant","content":"y",\#(member)}"#)))
        #expect(try JobRequest(stored: parsed.request).content == parsed.content)
        // It is part of what is asked.
        #expect(parsed.hash != (try parse(line("vllm/m", "").replacing("," + member, with: ""))).hash)
        #expect(
            try faults(of: line("anthropic/m", "")) == ["'\(name)' in messages[1] has no field at provider 'anthropic'"]
        )
        #expect(
            try faults(of: line("openai/m", #","options":{"api":"responses"}"#)) == [
                "'\(name)' in messages[1] has no field in the Responses interface of provider 'openai'"
            ])
    }

    @Test func aRefusalStandsForAContentAndThoughtsDoNot() throws {
        let line = { (member: String) in
            #"{"model":"mock/m","messages":[{"role":"assistant","content":null,\#(member)}]}"#
        }
        #expect(try faults(of: line(#""refusal":"No.""#)) == [])
        #expect(try faults(of: line(#""refusal":"""#)) == ["'content' is missing in messages[0]"])
        #expect(try faults(of: line(#""reasoning_content":"Hm.""#)) == ["'content' is missing in messages[0]"])
        #expect(
            try faults(of: line(#""refusal":"No.""#).replacing("assistant", with: "user")) == [
                "'content' is missing in messages[0]"
            ])
    }

    @Test func whatANativeMessageHasNoFieldForIsToldToGoAsABody() throws {
        let hint = "; a batch line's body is passed on as it is"
        #expect(
            try faults(of: #"{"model":"mock/m","messages":[{"role":"assistant","content":"x","phase":"final"}]}"#)
                == ["unknown field 'phase' in messages[0]" + hint])
        #expect(
            try faults(
                of:
                    #"{"model":"mock/m","messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"custom","custom":{"name":"f","input":"x","cost":1}}]}]}"#
            ) == ["unknown field 'cost' in messages[0].tool_calls[0].custom" + hint])
    }

    // MARK: - What only some dialects have

    /// A conversation with one answer in the middle that has what only some dialects have.
    private func conversation(_ model: String, _ middle: String, api: String = "chat") -> String {
        let options = model.hasPrefix("openai") ? #","options":{"api":"\#(api)"}"# : ""
        return #"{"model":"\#(model)","messages":[{"role":"user","content":"x"},\#(middle),"#
            + #"{"role":"user","content":"z"}]\#(options)}"#
    }

    private static let signed =
        #"{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s=="}}}]},{"role":"tool","content":"4","tool_call_id":"c"}"#
    private static let custom =
        #"{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"custom","custom":{"name":"sql","input":"SELECT 1"}}]},{"role":"tool","content":"1","tool_call_id":"c"}"#
    private static let legacy =
        #"{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{\"a\":1}"}},{"role":"function","content":"4","name":"f"}"#

    @Test(arguments: [signed, custom, legacy], ["gemini/m", "vllm/m", "openai/m", "mock/m"])
    func whatAChatProviderReadsIsSentToItAsGiven(middle: String, model: String) throws {
        let parsed = try parse(conversation(model, middle))
        let provider = try #require(ProviderCatalog()[parsed.model.provider])
        let sent = try JSONParser.parse(RequestEncoder.encode(parsed.content, model: "m", provider: provider).body)
        let given = try JSONParser.parse("[\(middle)]").array ?? []
        #expect(sent["messages"]?.array?[1...2].elementsEqual(given) == true, "\(sent.text)")
        // What is stored is sent alike, and is part of what is asked.
        #expect(try JobRequest(stored: parsed.request).content == parsed.content)
        let plain = middle.replacing("s==", with: "t==").replacing("SELECT 1", with: "SELECT 2").replacing(
            "4", with: "5")
        #expect(parsed.hash != (try parse(conversation(model, plain))).hash)
    }

    @Test func whatADialectHasNoFormForIsAFault() throws {
        let anthropic = { (middle: String) in try faults(of: self.conversation("anthropic/m", middle)) }
        let responses = { (middle: String) in try faults(of: self.conversation("openai/m", middle, api: "responses")) }
        let interface = "in the Responses interface of provider 'openai'"
        let extra = "'extra_content' in messages[1].tool_calls[0] has no field "
        #expect(try anthropic(Self.signed) == [extra + "at provider 'anthropic'"])
        #expect(try responses(Self.signed) == [extra + interface])
        #expect(
            try anthropic(Self.custom) == [
                "tool call 'c' is of a custom tool, which Anthropic's Messages have no form for"
            ])
        #expect(try anthropic(Self.legacy) == ["'function_call' in messages[1] has no field at provider 'anthropic'"])
        #expect(try responses(Self.legacy) == ["'function_call' in messages[1] has no field \(interface)"])
        // A file of fine-tuning may have the result alone.
        let result = #"{"model":"anthropic/m","messages":[{"role":"function","name":"f","content":"4"}]}"#
        #expect(try faults(of: result).count == 2)
        #expect(
            try faults(of: result).last == "the role 'function' in messages[0] has no form at provider 'anthropic': "
                + "a call with an id and the role 'tool' have one")
    }

    @Test func aCustomToolsCallAndItsResultHaveTheirFormInResponses() throws {
        let parsed = try parse(conversation("openai/m", Self.custom, api: "responses"))
        let provider = try #require(ProviderCatalog()["openai"])
        let sent = try JSONParser.parse(RequestEncoder.encode(parsed.content, model: "m", provider: provider).body)
        #expect(
            sent["input"]?.array?[1...2].elementsEqual([
                ["type": "custom_tool_call", "call_id": "c", "name": "sql", "input": "SELECT 1"],
                ["type": "custom_tool_call_output", "call_id": "c", "output": "1"],
            ]) == true, "\(sent.text)")
    }

    @Test(arguments: [
        (
            #"{"role":"assistant","tool_calls":[{"id":"c","type":"custom","function":{"name":"f"}}]}"#,
            [
                "'function' in messages[1].tool_calls[0] belongs to a call of that type only",
                "'custom' is missing in messages[1].tool_calls[0]",
            ]
        ),
        (
            #"{"role":"assistant","tool_calls":[{"id":"c","type":"custom","custom":{"name":"f","input":{}}}]}"#,
            ["'input' in messages[1].tool_calls[0].custom must be a string, not an object"]
        ),
        (
            #"{"role":"assistant","tool_calls":[{"id":"c","type":"web","function":{"name":"f"}}]}"#,
            ["'type' in messages[1].tool_calls[0] must be 'function' or 'custom'"]
        ),
        (
            #"{"role":"assistant","function_call":"f"}"#,
            ["'function_call' in messages[1] must be an object, not a string"]
        ),
        (
            #"{"role":"assistant","function_call":{"arguments":"{}"}}"#,
            ["'name' is missing in messages[1].function_call"]
        ),
        (
            #"{"role":"user","content":"x","function_call":{"name":"f"}}"#,
            ["'function_call' in messages[1] belongs to the role assistant only"]
        ),
        (
            #"{"role":"function","content":"4"}"#, ["'name' is missing in messages[1]: that of the function"]
        ),
        (
            #"{"role":"assistant","function_call":{"name":"g"}},{"role":"function","name":"f","content":"4"}"#,
            ["messages[2] answers the function 'f', which the assistant message before it does not call"]
        ),
    ])
    func aCallOfALessUsualFormIsCheckedToo(middle: String, reasons: [String]) throws {
        #expect(try faults(of: conversation("mock/m", middle)) == reasons)
    }

    @Test func aBatchLineMayNameItsProvider() throws {
        let body = #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#
        let lines = [
            #"{"url":"/v1/chat/completions","body":\#(body),"provider":"groq"}"#,
            #"{"body":\#(body),"provider":"groq"}"#,
        ]
        let others = try InputDefaults(provider: "vllm")
        for line in lines {
            #expect(try parse(line).model == ModelName(provider: "groq", model: "m"))
            // It goes before --provider, as a native line's does.
            #expect(try parse(line, others).model == ModelName(provider: "groq", model: "m"))
            #expect(try parse(line.replacing(#","provider":"groq""#, with: ""), others).model.provider == "vllm")
            #expect(
                try faults(of: line.replacing("groq", with: "grok")).first
                    == "'provider': unknown provider 'grok'; did you mean 'groq'?")
            #expect(
                try faults(of: line.replacing(#""groq""#, with: "7")) == ["'provider' must be a string, not 7"])
        }
        #expect(try parse(#"{"params":\#(body),"provider":"mock"}"#).model.provider == "mock")
        #expect(try faults(of: #"{"params":\#(body),"provider":"groq"}"#).count == 1)
        // A body without a model has the default's, and goes where the line says.
        let bare = #"{"body":{"messages":[{"role":"user","content":"x"}]},"provider":"groq"}"#
        #expect(try parse(bare, InputDefaults(model: "vllm/n")).model == ModelName(provider: "groq", model: "n"))
    }

    @Test(arguments: [
        ("parallel_tool_calls", "; it belongs in 'extra_body'"), ("top_k", "; it belongs in 'extra_body'"),
        ("max_completion_tokens", "; it is 'max_tokens' in 'options'"),
        ("reasoning_effort", "; it is 'reasoning' in 'options'"), ("tools", "; it belongs in 'options'"),
        ("stream", "; leave it out: every answer is streamed"),
    ])
    func aMemberOfAnSDKsCallIsToldItsPlace(name: String, hint: String) throws {
        #expect(
            try faults(of: #"{"model":"mock/m","messages":[{"role":"user","content":"x"}],"\#(name)":1}"#)
                == ["unknown field '\(name)'" + hint])
        // A batch line has neither.
        #expect(
            try faults(
                of: #"{"custom_id":"a","body":{"model":"m","messages":[{"role":"user","content":"x"}]},"\#(name)":1}"#
            )
            .allSatisfy { !$0.contains("'options'") && !$0.contains("'extra_body'") })
    }

    @Test func aBatchBodyGoesOnlyToAProviderOfItsOwnDialect() throws {
        let openAI = #"{"url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"x"}]}}"#
        let anthropic = #"{"params":{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}]}}"#
        let toVLLM = try InputDefaults(provider: "vllm")
        let toAnthropic = try InputDefaults(provider: "anthropic")
        #expect(try parse(openAI, toVLLM).model == ModelName(provider: "vllm", model: "m"))
        #expect(
            try faults(of: openAI, toAnthropic) == [
                "'body' speaks openai-chat and cannot go to provider 'anthropic', which speaks anthropic-messages"
            ])
        #expect(try parse(anthropic, toAnthropic).model == ModelName(provider: "anthropic", model: "m"))
        #expect(
            try faults(of: anthropic, toVLLM) == [
                "'params' speaks anthropic-messages and cannot go to provider 'vllm', which speaks openai-chat and openai-responses"
            ])
    }

    @Test func aBatchBodyWithoutAModelIsSentWithTheDefaultOne() throws {
        let defaults = try InputDefaults(model: "mock/m")
        let line = try parse(
            #"{"url":"/v1/chat/completions","body":{"messages":[{"role":"user","content":"x"}]}}"#, defaults)
        #expect(line.model == ModelName(provider: "mock", model: "m"))
        let body = try JSONParser.parse(RequestEncoder.encode(line.content, model: "m", provider: mock).body)
        #expect(body["model"] == "m")
    }

    private var mock: Provider { ProviderCatalog()["mock"]! }

    // MARK: - Nulls, metadata, ids

    @Test func nullsCountAsAbsent() throws {
        let line = try parse(
            #"""
            {"id":null,"custom_id":null,"model":"mock/m","messages":[{"role":"user","content":"Hi","name":null,"tool_calls":null,"tool_call_id":null}],
             "prompt":null,"system":null,"options":null,"extra_body":null,"metadata":null,"resume":null,"url":null,"body":null,"params":null,"requests":null}
            """#.replacing(#","url":null,"body":null,"params":null,"requests":null"#, with: ""))
        #expect(line.customID == nil)
        #expect(line.metadata == nil)
        #expect(line.content == .conversation([.user("Hi")], CompletionOptions(), extraBody: JSONObject()))
    }

    /// Beside the body, which is sent as it is.
    @Test(arguments: [
        #"{"url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"x"}]}}"#,
        #"{"body":{"model":"m","messages":[{"role":"user","content":"x"}]}}"#,
        #"{"params":{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}}"#,
    ])
    func metadataOfABatchLineIsKept(line: String) throws {
        let with = try parse(line.dropLast() + #","metadata":{"b":1.50}}"#)
        let without = try parse(line)
        #expect(with.metadata == Array(#"{"b":1.50}"#.utf8) && without.metadata == nil)
        #expect(with.request == without.request && with.hash == without.hash)
        #expect(
            try faults(of: line.dropLast() + #","metadata":3}"#) == ["'metadata' must be an object, not 3"])
    }

    @Test func metadataIsKeptAsGiven() throws {
        let line = try parse(#"{"model":"mock/m","prompt":"Hi","metadata":{"b":1.50,"a":[null]}}"#)
        #expect(line.metadata == Array(#"{"b":1.50,"a":[null]}"#.utf8))
    }

    @Test func anIDHasUpTo256CharactersOfAnyLength() throws {
        let longest = String(repeating: "é", count: 256)
        #expect(try parse(#"{"custom_id":"\#(longest)","model":"mock/m","prompt":"Hi"}"#).customID == longest)
    }

    @Test func theWordOnPartialOutputIsPartOfTheStoredRequest() throws {
        for policy in ResumePolicy.allCases {
            let line = try parse(#"{"model":"llamacpp/m","prompt":"Hi","resume":"\#(policy.rawValue)"}"#)
            #expect(try JobRequest(stored: line.request).resume == policy)
        }
    }

    // MARK: - Options

    @Test(arguments: [
        #"{"temperature":0,"top_p":1.0,"presence_penalty":-2,"frequency_penalty":2e0}"#,
        #"{"temperature":2,"max_tokens":1,"n":3,"seed":-9,"stop":"x","reasoning":"none"}"#,
        #"{"stop":["a","b"],"tools":[{}],"tool_choice":"auto","response_format":{"type":"text"},"api":"chat"}"#,
        #"{"tool_choice":{"type":"function"},"max_tokens":5.0,"reasoning":"high","seed":null,"api":null}"#,
    ])
    func optionsWithinTheirRangesAreTaken(options: String) throws {
        let line = try parse(#"{"model":"mock/m","prompt":"Hi","options":\#(options)}"#)
        guard case .conversation(_, let read, _) = line.content else { return #expect(Bool(false)) }
        #expect(JSON.object(read.members).text == options)
    }

    @Test func everyOptionWithoutAFieldAtTheProviderIsNamed() throws {
        let line = #"""
            {"model":"anthropic/m","prompt":"Hi","options":{"seed":1,"temperature":1,"n":2,"presence_penalty":1,"reasoning_budget_tokens":2000,"frequency_penalty":1}}
            """#
        #expect(
            try faults(of: line)
                == ["seed", "n", "presence_penalty", "frequency_penalty"].map {
                    "option '\($0)' has no field at provider 'anthropic'"
                })
    }

    // MARK: - Several faults

    @Test func allFaultsOfALineAreReportedTogether() throws {
        let line = #"""
            {"id":7,"model":"nope/m","mesages":[],"messages":[{"role":"usr","content":"x"},{"role":"user"}],
             "options":{"temprature":1,"n":0},"extra_body":{"model":"x","input":1},"metadata":[],"resume":"x"}
            """#
        #expect(
            try faults(of: line) == [
                "unknown field 'mesages'; did you mean 'messages'?",
                "'id' must be a string, not 7",
                "'metadata' must be an object, not an empty array",
                "'model': 'nope/m': unknown provider 'nope'; known are "
                    + ProviderCatalog().names.joined(separator: ", ") + "; or give --provider",
                "unknown role 'usr' in messages[0]; did you mean 'user'?",
                "'content' is missing in messages[1]",
                "unknown field 'temprature' in options; did you mean 'temperature'?",
                "'n' in options must be a whole number from 1, not 0",
                "'model' in extra_body may not be set; it is made from the rest of the line",
                "'input' in extra_body may not be set; it is made from the rest of the line",
                "'resume' must be one of 'auto', 'replay', 'prefill', 'continue', 'restart', not 'x'",
            ])
    }

    @Test func providersAreAskedAboutTheGoodOptionsOfABadLine() throws {
        let line = #"{"model":"anthropic/m","prompt":"Hi","id":1,"options":{"seed":1,"top_p":7}}"#
        #expect(
            try faults(of: line) == [
                "'id' must be a string, not 1", "'top_p' in options must be a number from 0 to 1, not 7",
                "option 'seed' has no field at provider 'anthropic'",
            ])
    }

    @Test func aLineOfAThousandFaultsGivesFiftyReasonsAndTheirNumber() {
        let fields = (0..<1000).map { #""x\#($0)":1"# }.joined(separator: ",")
        do throws(LineFaults) {
            _ = try JobLineParser(defaults: standardDefaults).parse(Array("{\(fields)}".utf8))
            Issue.record("no fault")
        } catch {
            #expect(error.reasons.count == 50)
            // And one each for the missing model and the missing prompt.
            #expect(error.count == 1002)
            #expect(error.summary.hasSuffix("; and 952 more"))
        }
    }

    @Test func noTextOfAPromptIsInAFault() throws {
        let secret = "my-secret-prompt"
        let lines = [
            #"{"model":"mock/m","prompt":{"x":"\#(secret)"}}"#, #"{"model":"mock/m","messages":"\#(secret)"}"#,
            #"{"model":"mock/m","messages":["\#(secret)"]}"#,
            #"{"model":"mock/m","messages":[{"role":"tool","content":"\#(secret)"}],"system":"\#(secret)"}"#,
            #"{"model":"mock/m","prompt":"\#(secret)"#,
            #"{"model":"mock/m","prompt":"\#(secret)","options":"\#(secret)"}"#,
            #"{"model":"mock/m","prompt":"\#(secret)","options":{"temperature":"\#(secret)","stop":[1,"\#(secret)"]}}"#,
        ]
        for line in lines {
            let reasons = try faults(of: line)
            #expect(!reasons.isEmpty)
            #expect(!reasons.contains { $0.contains(secret) })
        }
    }

    @Test func controlCharactersOfALineReachNoTerminal() throws {
        let reasons = try faults(of: #"{"model":"mock/m","prompt":"Hi","a\u001b[2J\u202eb":1}"#)
        #expect(reasons == [#"unknown field 'a\u{1b}[2J\u{202e}b'"#])
    }

    @Test func escapedSurrogatePairsAndEscapedBackslashesAreNoFault() throws {
        let line = try parse(#"{"model":"mock/m","prompt":"\ud83d\ude42 \\ud83d \\\\"}"#)
        #expect(line.content == .conversation([.user("🙂 \\ud83d \\\\")], CompletionOptions(), extraBody: JSONObject()))
    }

    @Test(arguments: [#"\ud83d"#, #"\ude42"#, #"\ud83d\ud83d\ude42"#, #"\ud83dx\ude42"#, #"\\\ud83d"#])
    func halfASurrogatePairIsAFault(text: String) throws {
        let reasons = try faults(of: #"{"model":"mock/m","prompt":"\#(text)"}"#)
        #expect(reasons.count == 1 && reasons[0].hasPrefix("not Unicode: half of a surrogate pair"))
    }
}
