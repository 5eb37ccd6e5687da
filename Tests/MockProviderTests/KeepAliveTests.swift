import MockProvider
import Testing

/// What comes while nothing is said: comments, pings, and the recorded streams that say it as it was.
@Suite struct KeepAliveTests {
    private let comment = ": OPENROUTER PROCESSING\n\n"

    private func waiting(_ dialect: TestDialect, _ model: String, until text: String) async throws -> WireResponse {
        try await withServer { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post(
                dialect.rawValue, body: dialect.body(model: model), headers: [("anthropic-version", "2023-06-01")])
            let response = await connection.response(until: text)
            try await connection.close()
            return response
        }
    }

    @Test(arguments: TestDialect.allCases, ["ttft=1m", "silent=first", "pace=1m", "silent=2", "open"])
    func commentsGoOnThroughEveryWait(dialect: TestDialect, wait: String) async throws {
        let response = try await waiting(
            dialect, "count-3+comments+heartbeat=1ms+\(wait)", until: String(repeating: comment, count: 5))
        #expect(response.ending == .open)
        let texts = ["ttft=1m": "", "silent=first": "", "pace=1m": "1", "silent=2": "1 2", "open": "1 2 3"]
        #expect(dialect.text(of: response) == texts[wait])
    }

    @Test(arguments: [
        (TestDialect.messages, "event: ping\ndata: {\"type\": \"ping\"}\n\n"), (.chat, ": ping\n\n"),
        (.responses, ": ping\n\n"),
    ])
    func pingsHaveTheDialectsForm(dialect: TestDialect, ping: String) async throws {
        let response = try await waiting(
            dialect, "count-3+pings+heartbeat=1ms+silent=1", until: String(repeating: ping, count: 5))
        #expect(response.ending == .open)
        #expect(dialect.text(of: response) == "1")
    }

    @Test func heartbeatsAreNoPartOfAStoredStream() async throws {
        try await withServer { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post(
                "/v1/chat/completions", body: TestDialect.chat.body(model: "count-4+pings+heartbeat=1ms+pace=10ms"),
                headers: [("x-conversation-id", "c")])
            #expect(await !connection.response().text.contains(": ping"))
            try await connection.close()
        }
    }

    @Test func playsARecordedStreamWholeOrCut() async throws {
        let recording = Array(": hello\n\ndata: {\"any\":\"thing 🚀\"}\r\n\r\ndata: [DONE]\n\n".utf8)
        var configuration = MockConfiguration()
        configuration.recording = recording
        try await withServer(configuration) { server in
            for dialect in TestDialect.allCases {
                let response = try await server.post(dialect, dialect.body())
                #expect(response.body == recording)
                #expect(response.ending == .complete)
                #expect(response.header("content-type")?.hasPrefix("text/event-stream") == true)
            }
            for byte in 0..<recording.count {
                let response = try await server.post(.chat, TestDialect.chat.body(), query: "?cut=\(byte)")
                #expect(response.body == Array(recording.prefix(byte)))
                #expect(response.ending == .closed)
            }
            #expect(try await server.post(.chat, TestDialect.chat.body(model: "status=503")).status == 503)
        }
    }
}
