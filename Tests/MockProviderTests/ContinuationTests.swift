import MockProvider
import Testing

/// The rules by which each provider goes on from a partial answer, and the ways in which it goes wrong.
@Suite struct ContinuationTests {
    private func post(_ dialect: TestDialect = .chat, _ body: String, query: String = "") async throws -> WireResponse {
        try await withServer { try await $0.post(dialect, body, query: query) }
    }

    private func messages(_ turns: [(role: String, content: String)], more: String = "") -> String {
        let list = turns.map { #"{"role":"\#($0.role)","content":"\#($0.content)"\#(more)}"# }
        return #""messages":[\#(list.joined(separator: ","))]"#
    }

    @Test(arguments: [
        ("openai", "", "1 2 3 4 5 6"), ("llamacpp", "", " 4 5 6"), ("vllm", "", "1 2 3 4 5 6"),
        ("vllm", #""continue_final_message":true,"add_generation_prompt":false,"#, " 4 5 6"),
        ("deepseek", "", "1 2 3 4 5 6"), ("anthropic", "", " 4 5 6"),
        // Only a message that the provider would have continued can be continued badly.
        ("vllm+prefill=drop-space", "", "1 2 3 4 5 6"), ("llamacpp+prefill=drop-space", "", "4 5 6"),
        ("llamacpp+prefill=double-space", "", "  4 5 6"), ("llamacpp+prefill=restart", "", "1 2 3 4 5 6"),
    ])
    func imitatesAProvidersRule(like: String, flags: String, expected: String) async throws {
        let body = TestDialect.chat.body(model: "count-6+like=\(like)", assistant: "1 2 3", more: flags)
        #expect(try await post(.chat, body).chatText() == expected)
    }

    @Test(arguments: [
        ("deepseek", " 3 4 5 6"), ("mistral", "1 2 3 4 5 6"), ("openai", "1 2 3 4 5 6"), ("", " 3 4 5 6"),
    ])
    func takesAMessageMarkedAsPrefix(like: String, expected: String) async throws {
        let body =
            #"{"model":"count-6\#(like.isEmpty ? "" : "+like=" + like)","stream":true,"messages":["#
            + #"{"role":"user","content":"x"},{"role":"assistant","content":"1 2","prefix":true}]}"#
        let response = try await post(.chat, body)
        #expect(response.chatText() == expected)
        #expect(response.strings(at: "choices.0.delta.content").contains("1 2") == (like == "mistral"))
    }

    @Test(arguments: [
        ("like=mistral", "", "Expected last role User or Tool"),
        ("like=vllm", #""continue_final_message":true,"#, "Cannot set both"),
        ("like=llamacpp", #""chat_template_kwargs":{"enable_thinking":true},"#, "incompatible with enable_thinking"),
        ("claude-opus-4-6", "", "does not support assistant message prefill"),
    ])
    func refusesInTheProvidersWords(model: String, more: String, reason: String) async throws {
        let body = TestDialect.chat.body(
            model: model.hasPrefix("claude") ? model + "+like=anthropic" : model, assistant: "1 2", more: more)
        let response = try await post(.chat, body)
        #expect(response.status == 400)
        #expect(response.text.contains(reason), "\(response.text)")
    }

    @Test func llamaCppContinuesWhereThinkingIsSwitchedOff() async throws {
        let off = #""chat_template_kwargs":{"enable_thinking":false},"#
        let body = TestDialect.chat.body(model: "count-4+like=llamacpp", assistant: "1 2", more: off)
        #expect(try await post(.chat, body).chatText() == " 3 4")
    }

    @Test(arguments: [
        ("claude-haiku-4-5-20251001", true), ("claude-3-5-sonnet-latest", true), ("claude-opus-4-20250514", true),
        ("claude-opus-4-6", false), ("claude-sonnet-4-6-20260115", false), ("claude-opus-4-8", false),
        ("claude-fable-5-1", false), ("claude-haiku-5-5", false), ("claude-mythos-preview", false),
        ("anthropic/claude-opus-4-7", false), ("some-model-9", true),
    ])
    func aMessageIsContinuedByTheModelsThatDoSo(model: String, isContinued: Bool) async throws {
        let response = try await post(
            .messages, TestDialect.messages.body(model: model + "+count-4", assistant: "1 2"))
        #expect(response.status == (isContinued ? 200 : 400))
        #expect(response.messageText == (isContinued ? " 3 4" : ""))
        #expect(response.text.contains("The conversation must end with a user message.") == !isContinued)
    }

    @Test(arguments: [TestDialect.chat, .messages])
    func refusesTwoAssistantMessagesAtTheEnd(dialect: TestDialect) async throws {
        let turns = messages([("user", "x"), ("assistant", "1"), ("assistant", " 2")])
        let body = #"{"model":"count-4+prefill=continue","max_tokens":9,"stream":true,\#(turns)}"#
        let response = try await post(dialect, body)
        #expect(response.status == 400)
        #expect(response.text.contains("Cannot have 2 or more assistant messages at the end of the list."))
    }

    @Test func refusesAPrefixThatIsNotTheLastAssistantMessage() async throws {
        for turns in [[("user", "1")], [("assistant", "1"), ("user", "x")]] as [[(role: String, content: String)]] {
            let body = #"{"model":"m",\#(messages(turns, more: #","prefix":true"#))}"#
            let response = try await post(.chat, body)
            #expect(response.status == 400)
            #expect(response.text.contains("prefix:"))
        }
    }

    @Test(
        arguments: TestDialect.allCases,
        [
            ("", " 4 5 6"), ("seam=0", " 4 5 6"), ("seam=bare", "4 5 6"), ("seam=2", "2 3 4 5 6"),
            ("seam=9", "1 2 3 4 5 6"), ("seam=whole", "1 2 3 4 5 6"),
        ])
    func goesOnFromAPartialAnswerWhereTheUserAsksForIt(
        dialect: TestDialect, option: (name: String, expected: String)
    ) async throws {
        var turns = messages([("user", "count to 6"), ("assistant", "1 2 3"), ("user", "Please go on.")])
        if dialect == .responses { turns = turns.replacing(#""messages""#, with: #""input""#) }
        let limit = dialect == .messages ? #""max_tokens":99,"# : ""
        let body = #"{"model":"m",\#(limit)"stream":true,\#(turns)}"#
        let response = try await post(dialect, body, query: "?" + option.name)
        #expect(dialect.text(of: response) == option.expected)
    }

    @Test func saysACutWordWholeInAnOverlap() async throws {
        let turns = messages([("user", "count to 12"), ("assistant", "9 "), ("user", "go on")])
        let begun = messages([("user", "count to 12"), ("assistant", "1 2 3 4 5 6 7 8 9 10 1"), ("user", "go on")])
        let overlapping = try await post(.chat, #"{"model":"m","stream":true,\#(begun)}"#, query: "?seam=2")
        #expect(overlapping.chatText() == "10 11 12")
        let exact = try await post(.chat, #"{"model":"m","stream":true,\#(begun)}"#)
        #expect(exact.chatText() == "1 12")
        let foreign = try await post(.chat, #"{"model":"m","stream":true,\#(turns)}"#)
        #expect(!foreign.chatText().hasPrefix("1"), "what is no part of the answer is an ordinary turn")
    }

    @Test func beginsAnewWhereToldOrWhereTheAnswerWasWhole() async throws {
        let partial = messages([("user", "count to 6"), ("assistant", "1 2 3"), ("user", "count to 2")])
        let anew = try await post(.chat, #"{"model":"m","stream":true,\#(partial)}"#, query: "?seam=anew")
        #expect(anew.chatText() == "1 2")
        let whole = messages([("user", "count to 3"), ("assistant", "1 2 3"), ("user", "count to 2")])
        #expect(try await post(.chat, #"{"model":"m","stream":true,\#(whole)}"#).chatText() == "1 2")
    }

    @Test func aTryThatGoesOnIsCountedWithTheFirst() async throws {
        try await withServer { server in
            let first = #"{"model":"end=middle+times=1","stream":true,\#(messages([("user", "count to 6")]))}"#
            let firstAnswer = try await server.post(.chat, first)
            #expect(firstAnswer.chatText() == "1 2 3")
            let turns = messages([("user", "count to 6"), ("assistant", "1 2 3"), ("user", "go on")])
            let second = #"{"model":"end=middle+times=1","stream":true,\#(turns)}"#
            let secondAnswer = try await server.post(.chat, second)
            #expect(secondAnswer.chatText() == " 4 5 6")
        }
    }
}
