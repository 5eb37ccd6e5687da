import MockProvider
import Testing

/// Equal events that were rendered once.
@Suite struct BulkLoadTests {
    private func answer(_ dialect: TestDialect, _ model: String, more: String = "") async throws -> WireResponse {
        try await withServer { try await $0.post(dialect, dialect.body(model: model, more: more)) }
    }

    @Test(arguments: [TestDialect.chat, .messages], [(10, 1), (10, 4), (7, 7), (3, 100), (0, 1)])
    func sendsSoManyEventsAndTheAnswersOwnFrame(dialect: TestDialect, load: (events: Int, packet: Int)) async throws {
        let usage = dialect == .chat ? #""stream_options":{"include_usage":true},"# : ""
        let response = try await answer(dialect, "bulk=\(load.events)+packet=\(load.packet)", more: usage)
        #expect(dialect.text(of: response) == String(repeating: " tick", count: load.events))
        #expect(dialect.finish(of: response) == (dialect == .chat ? "stop" : "end_turn"))
        #expect(response.text.hasSuffix(dialect == .chat ? "data: [DONE]\n\n" : "\"message_stop\"}\n\n"))
        let path = dialect == .chat ? "usage.completion_tokens" : "usage.output_tokens"
        #expect(response.data.compactMap { JSONText.value(in: $0, at: path) as? Int }.last == load.events)
    }

    @Test func hasTheEventsOfAnOrdinaryAnswer() async throws {
        let bulk = try await answer(.chat, "bulk=1")
        let plain = try await answer(.chat, "count-1")
        let first = { (response: WireResponse) in response.data.map { $0.keys.sorted() } }
        #expect(first(bulk) == first(plain))
    }

    @Test func waitsBetweenPacketsOnly() async throws {
        try await withServer { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post(
                "/v1/chat/completions", body: TestDialect.chat.body(model: "bulk=9+packet=3+pace=1m"))
            let response = await connection.response(until: "tick\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n")
            #expect(response.chatText() == " tick tick tick")
            #expect(response.ending == .open)
            try await connection.close()
        }
    }

    @Test func stampsEachEventWithTheSendersClock() async throws {
        let response = try await answer(.chat, "bulk=5+packet=2+stamp")
        let stamps = response.chatText().split(separator: " ").compactMap { Int($0) }
        #expect(stamps.count == 5)
        #expect(stamps.allSatisfy { $0 > 1_700_000_000_000_000 && $0 < 9_999_999_999_999_999 })
        #expect(stamps == stamps.sorted())
    }

    @Test func endsAtTheTokenLimitAndIsCutAnywhere() async throws {
        let limited = try await answer(.chat, "bulk=9+packet=4", more: #""max_tokens":5,"#)
        #expect(limited.chatText() == String(repeating: " tick", count: 5))
        #expect(TestDialect.chat.finish(of: limited) == "length")
        let cut = try await answer(.chat, "bulk=9+packet=4+cut=777")
        #expect(cut.body.count == 777)
        #expect(cut.ending == .closed)
    }

    @Test(arguments: ["packet=3", "stamp", "bulk=2+packet=0", "bulk=2+stamp=1"])
    func namesWhatItCannotRead(options: String) {
        #expect(throws: InvalidBehaviorOption.self) { try MockBehavior(parsing: options) }
    }
}
