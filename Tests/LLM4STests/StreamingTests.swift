import LLMStreaming
import NIOHTTP1
import Testing

@testable import LLM4S

/// Whole answers, in every way that HTTP carries them.
@Suite struct StreamingTests {
    @Test func sendsOnePostWithTheFieldsOfTheProvider() async throws {
        try await withServer(script: { connection, _ in connection.send(Wire.chunked(Chat.whole)) }) {
            transport, server in
            _ = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            let request = try #require(server.requests.first)
            #expect(request.head.method == .POST)
            #expect(request.head.uri == "/v1/chat/completions")
            #expect(request.head.headers["host"] == ["127.0.0.1:\(server.port)"])
            #expect(request.head.headers["content-type"] == ["application/json"])
            #expect(request.head.headers["accept"] == ["text/event-stream"])
            #expect(request.head.headers["authorization"] == ["Bearer sk-marked-key"])
            #expect(request.head.headers["x-team"] == ["eval"])
            #expect(request.head.headers["user-agent"].first?.hasPrefix("llm4s-batch/") == true)
            #expect(request.head.headers["content-length"] == [String(ProviderRequest.test.body.count)])
            #expect(request.body == String(decoding: ProviderRequest.test.body, as: UTF8.self))
        }
    }

    @Test(arguments: [Dialect.openAIChat, .anthropicMessages])
    func completesWithTextUsageAndTimes(dialect: Dialect) async throws {
        let body = dialect == .openAIChat ? Chat.whole : Messages.whole
        try await withServer(script: { connection, _ in connection.send(Wire.chunked(body)) }) { transport, server in
            let receiver = ChunkCollector()
            let result = await transport.stream(.test, to: try server.endpoint(dialect), receiver: receiver)
            let completion = try #require(result.completion)
            #expect(completion.content == Chat.text)
            #expect(completion.finishReason == .stop)
            #expect(completion.usage?.promptTokens == 3)
            #expect(receiver.text == Chat.text)
            #expect(result.chunkCount == receiver.chunks.count)
            #expect(result.httpStatus == 200)
            #expect(result.requestID == "req-7")
            let firstByte = try #require(result.firstByteMicroseconds)
            let firstChunk = try #require(result.firstChunkMicroseconds)
            #expect(0 <= firstByte && firstByte <= firstChunk && firstChunk <= result.durationMicroseconds)
            #expect(!result.isStaleConnection)
        }
    }

    @Test(arguments: ["200 OK", "429 Too Many Requests"])
    func tellsWhatTheHeadSaysOfLimits(status: String) async throws {
        let head = Wire.head(
            status,
            "x-ratelimit-limit-requests: 60\r\nx-ratelimit-remaining-requests: 59\r\n"
                + "x-ratelimit-reset-requests: 1s\r\n")
        try await withServer(script: { connection, _ in
            connection.send(head + Chat.whole)
            connection.close()
        }) { transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            let limit = RateLimit(.requests, window: .seconds(60), limit: 60, remaining: 59, reset: .seconds(1))
            #expect(result.rateLimits == RateLimitReport([limit]))
        }
    }

    @Test(arguments: [
        Wire.chunked(Chat.whole),
        Wire.counted(Chat.whole),
        Wire.counted(Chat.whole, type: "text/event-stream; charset=utf-8"),
        Wire.counted(Chat.whole, type: nil),
        Wire.head() + Chat.whole,
    ])
    func completesFromSingleBytes(answer: String) async throws {
        try await withServer(script: { connection, _ in
            connection.sendByteByByte(answer)
            // One of the answers ends only with its connection.
            connection.close()
        }) { transport, server in
            let receiver = ChunkCollector()
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: receiver)
            #expect(result.completion?.content == Chat.text)
            #expect(receiver.text == Chat.text)
        }
    }

    @Test(arguments: ["application/json", "application/json; charset=utf-8", nil])
    func takesAWholeJSONCompletionAsAnAnswer(type: String?) async throws {
        let document =
            #"{"id":"chat-9","model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"all at once"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":3}}"#
        try await withServer(script: { connection, _ in connection.send(Wire.counted(document, type: type)) }) {
            transport, server in
            let receiver = ChunkCollector()
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: receiver)
            #expect(result.completion?.content == "all at once")
            #expect(receiver.text == "all at once")
            #expect(result.usage?.completionTokens == 3)
        }
    }

    @Test func refusesAJSONDocumentOverTheBound() async throws {
        var configuration = TransportConfiguration.test
        configuration.limits.maximumEventBytes = 1000
        let document = #"{"x":""# + String(repeating: "a", count: 2000) + "\"}"
        try await withServer(
            configuration,
            script: { connection, _ in
                connection.send(Wire.counted(document, type: "application/json"))
            }
        ) { transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            #expect(result.error?.kind == .oversizedEvent)
        }
    }

    @Test func namesTheTypeAndTheBeginningOfAForeignBody() async throws {
        let page = "<html><body>Welcome to the proxy</body></html>" + String(repeating: " ", count: 100_000)
        try await withServer(script: { connection, _ in connection.send(Wire.counted(page, type: "text/html")) }) {
            transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            let error = try #require(result.error)
            #expect(error.kind == .decode)
            #expect(error.message.contains("text/html"))
            #expect(error.message.contains("Welcome to the proxy"))
            #expect(result.httpStatus == 200)
        }
    }

    @Test func classifiesARefusalByItsBodyAndFields() async throws {
        let body = #"{"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}"#
        let answer = Wire.counted(
            body, status: "429 Too Many Requests", type: "application/json", "retry-after: 7\r\nx-request-id: r-1\r\n")
        try await withServer(script: { connection, _ in connection.send(answer) }) { transport, server in
            let endpoint = try server.endpoint()
            let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
            let error = try #require(result.error)
            #expect(error.kind == .rateLimit)
            #expect(error.message == "slow down")
            #expect(error.retryAfter == .seconds(7))
            #expect(error.requestID == "r-1")
            #expect(result.httpStatus == 429)
            #expect(result.firstByteMicroseconds != nil)
            #expect(result.firstChunkMicroseconds == nil)
            // The refusal was read to its end, so the connection serves again.
            _ = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
            #expect(server.connections.count == 1)
        }
    }

    @Test func judgesARefusalThatNeverEndsByItsBeginning() async throws {
        let answer =
            Wire.head("500 Internal Server Error", type: "text/plain", "content-length: 1000000\r\n")
            + "it broke" + String(repeating: "!", count: 70_000)
        try await withServer(script: { connection, _ in connection.send(answer) }) { transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            #expect(result.error?.kind == .server)
            #expect(result.error?.message.hasPrefix("it broke") == true)
            #expect((result.error?.message.utf8.count ?? 0) <= 2048)
        }
    }

    @Test func callsWhatIsNoHTTPADecodeError() async throws {
        try await withServer(by: [.http1], script: { connection, _ in connection.send("SSH-2.0-OpenSSH_9.9\r\n") }) {
            transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            #expect(result.error?.kind == .decode)
        }
    }

    @Test func streamsTwoHundredAtOnce() async throws {
        try await withServer(script: { connection, _ in
            connection.send(Wire.chunkedHead)
            for event in [Chat.delta("Hello,"), Chat.delta(" w\u{F6}rld"), Chat.finish(), Chat.usage, Chat.done] {
                connection.send(Wire.chunk(event))
            }
            connection.send(Wire.lastChunk)
        }) { transport, server in
            let endpoint = try server.endpoint()
            await withTaskGroup(of: String?.self) { group in
                for _ in 0..<200 {
                    group.addTask {
                        await transport.stream(.test, to: endpoint, receiver: ChunkCollector()).completion?.content
                    }
                }
                for await text in group { #expect(text == Chat.text) }
            }
            #expect(server.requests.count == 200)
        }
    }
}
