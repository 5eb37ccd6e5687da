import Foundation
import MockProvider
import Testing

/// OpenAI chat completions as the mock speaks them.
@Suite struct ChatStreamTests {
    private let dialect = TestDialect.chat

    /// The body's bytes with the id and the time taken out.
    private func layout(of response: WireResponse) -> String {
        response.text.replacing(/"chatcmpl-[0-9a-f]{16}","object":"([a-z.]+)","created":[0-9]{10}/) { match in
            #""ID","object":"\#(match.output.1)","created":0"#
        }
    }

    @Test func streamsChunksAsOpenAIDoes() async throws {
        let response = try await withServer {
            try await $0.post(
                dialect, dialect.body(model: "count-2", more: #""stream_options":{"include_usage":true},"#))
        }
        let head =
            #"data: {"id":"ID","object":"chat.completion.chunk","created":0,"model":"count-2","#
            + #""service_tier":"default","system_fingerprint":"fp_mock","choices":["#
        let usage =
            #""usage":{"prompt_tokens":2,"completion_tokens":2,"total_tokens":4,"#
            + #""prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"#
            + #""completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"#
            + #""accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}"#
        #expect(response.status == 200)
        #expect(response.header("content-type") == "text/event-stream; charset=utf-8")
        #expect(response.header("x-request-id")?.hasPrefix("req_") == true)
        #expect(response.ending == .complete)
        #expect(
            layout(of: response) == """
                \(head){"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,\
                "finish_reason":null}],"usage":null}

                \(head){"index":0,"delta":{"content":"1"},"logprobs":null,"finish_reason":null}],"usage":null}

                \(head){"index":0,"delta":{"content":" 2"},"logprobs":null,"finish_reason":null}],"usage":null}

                \(head){"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}

                \(head)],\(usage)}

                data: [DONE]


                """)
    }

    @Test func sendsNoUsageUnasked() async throws {
        try await withServer { server in
            let unasked = try await server.post(dialect, dialect.body(model: "count-2"))
            #expect(!unasked.text.contains("usage"))
            let asked = dialect.body(model: "count-2+nousage", more: #""stream_options":{"include_usage":true},"#)
            #expect(try await !server.post(dialect, asked).text.contains("prompt_tokens"))
        }
    }

    @Test func answersInOneJSONCompletionWhereNoStreamIsAskedFor() async throws {
        try await withServer { server in
            let response = try await server.post(dialect, dialect.body(model: "count-3+reasoning", isStreaming: false))
            #expect(response.header("content-type") == "application/json")
            let value = { JSONText.value(in: response.json, at: $0) }
            #expect(value("object") as? String == "chat.completion")
            #expect(value("choices.0.message.content") as? String == "1 2 3")
            #expect(value("choices.0.message.reasoning_content") as? String != nil)
            #expect(value("choices.0.finish_reason") as? String == "stop")
            #expect(value("usage.completion_tokens") as? Int == 15)
            #expect(value("usage.completion_tokens_details.reasoning_tokens") as? Int == 12)
        }
    }

    @Test func theStreamAndTheCompletionHaveTheTextThatIsForeseeable() async throws {
        try await withServer { server in
            let expected = AnswerText(lastUserText: "Tell me.", model: "m").whole
            #expect(try await server.post(dialect, dialect.body()).chatText() == expected)
            #expect(try await server.post(dialect, dialect.body(model: "m+chunk=7")).chatText() == expected)
            let whole = try await server.post(dialect, dialect.body(isStreaming: false))
            #expect(JSONText.value(in: whole.json, at: "choices.0.message.content") as? String == expected)
        }
    }

    @Test func choicesTakeTurnsAndEndAlone() async throws {
        let response = try await withServer {
            try await $0.post(dialect, dialect.body(more: #""n":3,"stream_options":{"include_usage":true},"#))
        }
        let texts = (0..<3).map { AnswerText(lastUserText: "Tell me.", model: "m", choice: $0) }
        for (choice, text) in texts.enumerated() { #expect(response.chatText(choice: choice) == text.whole) }
        let indices = response.data.compactMap { JSONText.value(in: $0, at: "choices.0.index") as? Int }
        #expect(indices.prefix(9) == [0, 1, 2, 0, 1, 2, 0, 1, 2])
        #expect(response.strings(at: "choices.0.finish_reason") == ["stop", "stop", "stop"])
        #expect(response.text.components(separatedBy: "[DONE]").count == 2)
        let tokens = response.data.compactMap { JSONText.value(in: $0, at: "usage.completion_tokens") as? Int }
        #expect(tokens == [texts.reduce(0) { $0 + $1.wordCount }])
    }

    @Test(arguments: [
        #""tool_choice":"required""#, #""tool_choice":{"type":"function","function":{"name":"find"}}"#, #""x":0"#,
    ])
    func streamsAToolCall(choice: String) async throws {
        let tools =
            #""tools":[{"type":"function","function":{"name":"find","parameters":{"type":"object","properties":"#
            + #"{"city":{"type":"string"},"limit":{"type":"integer","minimum":42,"maximum":43},"kind":{"enum":["a"]}},"#
            + #""required":["city","limit","kind"]}}}],"#
        let model = choice.contains("x") ? "tool" : "m"
        let response = try await withServer {
            try await $0.post(dialect, dialect.body(model: model, more: tools + choice + ","))
        }
        let path = "choices.0.delta.tool_calls.0"
        #expect(response.strings(at: path + ".function.name") == ["find"])
        #expect(response.strings(at: path + ".id").count == 1)
        let pieces = response.strings(at: path + ".function.arguments")
        #expect(pieces.count > 3)
        let arguments = JSONText.object(pieces.joined())
        #expect([42, 43].contains(arguments["limit"] as? Int))
        #expect(arguments["kind"] as? String == "a")
        #expect((arguments["city"] as? String)?.isEmpty == false)
        #expect(dialect.finish(of: response) == "tool_calls")
        #expect(response.chatText().isEmpty)
    }

    @Test func doesNotCallAToolUnforced() async throws {
        let tools = #""tools":[{"type":"function","function":{"name":"find"}}],"tool_choice":"auto","#
        let response = try await withServer { try await $0.post(dialect, dialect.body(more: tools)) }
        #expect(dialect.finish(of: response) == "stop")
    }

    @Test func sendsRefusalsAndReasoningInTheirOwnMembers() async throws {
        try await withServer { server in
            let refused = try await server.post(dialect, dialect.body(model: "refusal"))
            #expect(refused.strings(at: "choices.0.delta.refusal").count == 8)
            #expect(refused.chatText().isEmpty)
            let reasoned = try await server.post(dialect, dialect.body(model: "count-2+reasoning"))
            #expect(reasoned.strings(at: "choices.0.delta.reasoning_content").count == 12)
            #expect(reasoned.chatText() == "1 2")
        }
    }

    @Test(arguments: ["max_tokens", "max_completion_tokens"])
    func endsAtTheTokenLimit(member: String) async throws {
        let response = try await withServer {
            try await $0.post(dialect, dialect.body(model: "count-9", more: #""\#(member)":4,"#))
        }
        #expect(response.chatText() == "1 2 3 4")
        #expect(dialect.finish(of: response) == "length")
    }

    @Test func sendsCommentsBeforeAndBetweenChunks() async throws {
        let response = try await withServer {
            try await $0.post(dialect, dialect.body(model: "count-2+comments"))
        }
        let isComment = response.events.map { $0 == ": OPENROUTER PROCESSING" }
        #expect(isComment == [true, false, true, false, true, false, false, false])
        #expect(response.chatText() == "1 2")
    }

    @Test(arguments: ["chat/completions", "openai/deployments/gpt/chat/completions?api-version=2026-01-01"])
    func answersAtAnyPathThatEndsSo(path: String) async throws {
        try await withServer { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post("/" + path, body: dialect.body(model: "count-2"))
            #expect(await connection.response().chatText() == "1 2")
        }
    }

    @Test func hasOpenRoutersExtras() async throws {
        let response = try await withServer {
            try await $0.post(.chat, TestDialect.chat.body(model: "count-3+reasoning+extras=openrouter", user: "a b"))
        }
        #expect(response.chatText() == "1 2 3")
        #expect(Set(response.strings(at: "provider")) == ["Mock"])
        #expect(response.strings(at: "id").allSatisfy { $0.hasPrefix("gen-") })
        #expect(response.strings(at: "choices.0.native_finish_reason") == ["stop"])
        let details = response.strings(at: "choices.0.delta.reasoning_details.0.text")
        #expect(details.count == 12)
        #expect(response.strings(at: "choices.0.delta.reasoning") == details)
        let usage = response.data.compactMap { $0["usage"] as? [String: Any] }
        #expect(usage.count == 1, "on its own chunk, unasked")
        // Two tokens of prompt for a dollar a million, 15 of answer for two.
        #expect(usage.first?["cost"] as? Double == 0.000_032)
        #expect(response.data.last.flatMap { JSONText.value(in: $0, at: "choices.0.delta.content") } as? String == "")
    }

    @Test func hasAzuresExtras() async throws {
        let response = try await withServer {
            try await $0.post(.chat, TestDialect.chat.body(model: "count-3+extras=azure"))
        }
        let first = try #require(response.data.first)
        #expect(first["id"] as? String == "")
        #expect((first["choices"] as? [Any])?.isEmpty == true)
        #expect(first["prompt_filter_results"] != nil)
        #expect(
            response.data.dropFirst().allSatisfy {
                JSONText.value(in: $0, at: "choices.0.content_filter_results") != nil
            })
        #expect(response.chatText() == "1 2 3")
        #expect(TestDialect.chat.finish(of: response) == "stop")
    }
}
