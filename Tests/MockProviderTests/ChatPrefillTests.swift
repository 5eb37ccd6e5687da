import MockProvider
import Testing

/// What a chat does with an assistant message at the end.
@Suite struct ChatPrefillTests {
    private let dialect = TestDialect.chat

    private func answer(
        model: String = "count-6", prefix: String, more: String = "", configuration: MockConfiguration = .init()
    ) async throws -> WireResponse {
        try await withServer(configuration) {
            try await $0.post(dialect, dialect.body(model: model, assistant: prefix, more: more))
        }
    }

    @Test func startsAgainUnasked() async throws {
        #expect(try await answer(prefix: "1 2 3").chatText() == "1 2 3 4 5 6")
    }

    @Test(arguments: [
        #""continue_final_message":true,"add_generation_prompt":false,"#, #""continue_final_message":true,"#,
    ])
    func goesOnWhereTheFlagAsksForIt(flags: String) async throws {
        let response = try await answer(
            prefix: "1 2 3", more: flags + #""stream_options":{"include_usage":true},"#)
        #expect(response.chatText() == " 4 5 6")
        let tokens = response.data.compactMap { JSONText.value(in: $0, at: "usage.completion_tokens") as? Int }
        #expect(tokens == [3])
    }

    @Test func goesOnWhereTheMessageIsMarkedAsPrefix() async throws {
        let body =
            #"{"model":"count-6","stream":true,"messages":[{"role":"user","content":"x"},"#
            + #"{"role":"assistant","content":"1 2","prefix":true}]}"#
        #expect(try await withServer { try await $0.post(dialect, body) }.chatText() == " 3 4 5 6")
    }

    @Test func goesOnWhereTheServerAlwaysDoes() async throws {
        var configuration = MockConfiguration()
        configuration.defaultBehavior.imitates = .llamacpp
        #expect(try await answer(prefix: "1 2 3", configuration: configuration).chatText() == " 4 5 6")
        let two = try await withServer(configuration) {
            try await $0.post(
                dialect,
                #"{"model":"m","stream":true,"messages":[{"role":"assistant","content":"1"},"#
                    + #"{"role":"assistant","content":"2"}]}"#)
        }
        #expect(two.status == 400)
    }

    @Test(arguments: [
        ("continue", " 4 5 6"), ("restart", "1 2 3 4 5 6"), ("echo", "1 2 3 4 5 6"),
    ])
    func followsTheOption(option: String, expected: String) async throws {
        let response = try await answer(model: "count-6+prefill=\(option)", prefix: "1 2 3")
        #expect(response.chatText() == expected)
        // An echo repeats the prefix in one piece, a restart word by word.
        #expect(response.strings(at: "choices.0.delta.content").contains("1 2 3") == (option == "echo"))
    }

    @Test func refusesByOptionInTheProvidersWords() async throws {
        let response = try await answer(model: "count-6+prefill=refuse", prefix: "1 2 3")
        #expect(response.status == 400)
        #expect(response.text.contains("does not support assistant message prefill"))
    }

    @Test func startsAgainFromWhatIsNoPrefixOfItsText() async throws {
        #expect(try await answer(model: "count-3+prefill=continue", prefix: "one two").chatText() == "1 2 3")
    }
}
