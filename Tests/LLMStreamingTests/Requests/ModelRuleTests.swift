import LLMStreaming
import Testing

/// What is sent otherwise, or left out, by the model's name (Provider facts, "Models and presets").
@Suite struct ModelRuleTests {
    @Test(
        arguments: [
            ("claude-haiku-4-5", "2023-06-01", true), ("claude-opus-4-6", "2023-06-01", true),
            ("claude-opus-4-7", "2023-06-01", false), ("claude-opus-4-8-20261001", "2023-06-01", false),
            ("claude-fable-5", "2023-06-01", false), ("anthropic/claude-opus-4.7", "2023-06-01", false),
            ("claude-opus-5-5", "2023-06-01", false), ("claude-sonnet-5", "2023-06-01", false),
            ("claude-haiku-5-5", "2023-06-01", false), ("claude-haiku-4-5", "2026-10-21", false),
        ])
    func samplingIsLeftOutWithANoteWhereModelOrVersionRefusesIt(_ model: String, _ version: String, _ isSent: Bool)
        throws
    {
        var provider = Provider.anthropic
        provider.headers = [HeaderField("anthropic-version", version)]
        var options = CompletionOptions()
        options.temperature = 0.5
        options.topP = 0.9
        options.stop = ["x"]
        let request = try RequestEncoder.encode(
            .conversation([.user("hi")], options, extraBody: JSONObject()), model: model, provider: provider)
        let body = try JSONParser.parse(request.body)
        #expect(body["temperature"] == (isSent ? 0.5 : nil) && body["top_p"] == (isSent ? 0.9 : nil))
        #expect(body["stop_sequences"] == ["x"])
        #expect(request.notes.count == (isSent ? 0 : 2))
        #expect(isSent || request.notes[0].contains("'temperature'") && request.notes[1].contains("'top_p'"))
    }

    @Test(
        arguments: [
            ("claude-haiku-4-5", false), ("claude-3-7-sonnet-latest", false), ("claude-sonnet-4-6", true),
            ("claude-opus-4-8", true), ("claude-mythos", true),
        ])
    func effortGoesToTheClaudeModelsThatHaveIt(_ model: String, _ isSent: Bool) throws {
        let options = CompletionOptions(
            members: JSONObject([
                .init(key: "reasoning", value: "high"), .init(key: "reasoning_budget_tokens", value: 2000),
            ]))
        let content = RequestContent.conversation([.user("hi")], options, extraBody: JSONObject())
        guard isSent else {
            let error = #expect(throws: LLMError.self) {
                try RequestEncoder.encode(content, model: model, provider: .anthropic)
            }
            #expect(error?.message.contains("'reasoning'") == true)
            return
        }
        let body = try JSONParser.parse(try RequestEncoder.encode(content, model: model, provider: .anthropic).body)
        #expect(body["output_config"] == ["effort": "high"])
        #expect(body["thinking"] == ["type": "enabled", "budget_tokens": 2000])
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

    @Test(arguments: [("gemini-3.8-flash", false), ("gemini-3.5-flash-lite", false), ("gemini-3.1-pro-preview", true)])
    func samplingIsLeftOutForTheGeminiModelsThatRefuseIt(_ model: String, _ isSent: Bool) throws {
        var options = CompletionOptions()
        options.temperature = 0.5
        options.topP = 0.9
        options.presencePenalty = 0.1
        let request = try RequestEncoder.encode(
            .conversation([.user("hi")], options, extraBody: JSONObject()), model: model, provider: .named("gemini"))
        let body = try JSONParser.parse(request.body)
        #expect(body["temperature"] == (isSent ? 0.5 : nil) && body["top_p"] == (isSent ? 0.9 : nil))
        #expect(body["presence_penalty"] == 0.1)
        #expect(request.notes.count == (isSent ? 0 : 2))
    }

    @Test(arguments: ["none", "minimal", "low", "medium", "high", "xhigh", "max"])
    func everyEffortIsSentInTheProvidersOwnPlace(_ effort: String) throws {
        let options = CompletionOptions(members: JSONObject([.init(key: "reasoning", value: .string(effort))]))
        let content = RequestContent.conversation([.user("hi")], options, extraBody: JSONObject())
        let body = { (provider: Provider) in
            try JSONParser.parse(try RequestEncoder.encode(content, model: "m", provider: provider).body)
        }
        #expect(try body(.openAI)["reasoning_effort"] == .string(effort))
        #expect(try body(.named("openrouter"))["reasoning"] == ["effort": .string(effort)])
        guard effort != "minimal" else {
            let error = #expect(throws: LLMError.self) { try body(.anthropic) }
            #expect(error?.message == "option 'reasoning': provider 'anthropic' has no effort 'minimal'")
            return
        }
        #expect(try body(.anthropic)["output_config"] == (effort == "none" ? nil : ["effort": .string(effort)]))
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
