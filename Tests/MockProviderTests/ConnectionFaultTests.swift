import MockProvider
import Testing

/// Faults of the connection itself: where it falls silent, is cut, reset, left open or closed.
@Suite struct ConnectionFaultTests {
    /// A text whose first words hold characters of several bytes, so that cuts fall inside them.
    private let user = "hi there"

    @Test(arguments: TestDialect.allCases)
    func cutsAfterExactlySoManyBytes(dialect: TestDialect) async throws {
        try await withRecordingServer { server in
            let whole = try await server.post(dialect, dialect.body(user: user, more: ""), query: "?words=6")
            try #require(whole.text.contains("🚀"))
            for bytes in Array(stride(from: 0, to: whole.body.count, by: 7)) + [1, 2, whole.body.count] {
                let response = try await server.post(
                    dialect, dialect.body(user: user), query: "?words=6&cut=\(bytes)")
                #expect(response.body.count == bytes)
                #expect(response.ending == .closed)
                #expect(server.requests.last?.bodyBytesWritten == bytes)
            }
            let beyond = try await server.post(
                dialect, dialect.body(user: user), query: "?words=6&cut=\(whole.body.count + 1)")
            #expect(beyond.ending == .complete)
        }
    }

    @Test func cutsInsideACharacter() async throws {
        try await withServer { server in
            let whole = try await server.post(.chat, TestDialect.chat.body(user: user))
            let rocket = try #require(whole.body.firstIndex(of: 0xF0))
            let response = try await server.post(.chat, TestDialect.chat.body(user: user), query: "?cut=\(rocket + 2)")
            #expect(Array(response.body.suffix(2)) == [0xF0, 0x9F])
        }
    }

    @Test(arguments: [0, 1, 300])
    func resetsAfterExactlySoManyBytes(bytes: Int) async throws {
        let response = try await withServer {
            try await $0.post(.chat, TestDialect.chat.body(model: "reset=\(bytes)"))
        }
        #expect(response.body.count == bytes)
        #expect(response.ending == .reset)
    }

    @Test(arguments: TestDialect.allCases)
    func cutsInsideAChunksEvent(dialect: TestDialect) async throws {
        let response = try await withServer {
            try await $0.post(dialect, dialect.body(model: "count-8+cutchunk=middle"))
        }
        #expect(response.ending == .closed)
        #expect(dialect.text(of: response) == "1 2 3 4")
        #expect(!response.text.hasSuffix("\n\n"))
    }

    @Test func cutsAWholeCompletionShortOfItsLength() async throws {
        let response = try await withServer {
            try await $0.post(.chat, TestDialect.chat.body(model: "cut=10", isStreaming: false))
        }
        #expect(response.body.count == 10)
        #expect(response.ending == .closed)
    }

    @Test func dropsTheConnectionWithoutAnAnswer() async throws {
        try await withServer { server in
            let body = TestDialect.chat.body(model: "drop+times=1")
            let response = try await server.post(.chat, body)
            #expect(response.head == nil)
            #expect(response.ending == .closed)
            #expect(try await server.post(.chat, body).status == 200)
        }
    }

    @Test func resetsTheConnectionWithoutAnAnswer() async throws {
        let response = try await withServer { try await $0.post(.chat, TestDialect.chat.body(model: "dropreset")) }
        #expect(response.head == nil)
        #expect(response.ending == .reset)
    }

    @Test func saysNothingBeforeTheHeaders() async throws {
        try await withRecordingServer { server in
            let silent = try await WireConnection.open(port: server.port)
            try await silent.post("/v1/chat/completions", body: TestDialect.chat.body(model: "silent=headers"))
            try await waitUntil("the silent request is under way") { server.statistics.activeStreams == 1 }
            #expect(
                try await server.post(.chat, TestDialect.chat.body()).status == 200, "others are answered meanwhile")
            try await silent.close()
            try await waitUntil("the client's close is noticed") { server.statistics.clientsClosedEarly == 1 }
            let response = await silent.response()
            #expect(response.head == nil)
            #expect(server.requests[0].bodyBytesWritten == 0)
        }
    }

    @Test(arguments: [("first", ""), ("middle", "1 2 3"), ("2", "1 2")])
    func fallsSilentInTheStream(place: String, text: String) async throws {
        try await withRecordingServer { server in
            let connection = try await WireConnection.open(port: server.port)
            let body = TestDialect.chat.body(model: "count-6+silent=\(place)+comments+pace=1ms")
            try await connection.post("/v1/chat/completions", body: body)
            // Comments go on in the silence: more of them than the answer itself would have.
            let comments = String(repeating: ": OPENROUTER PROCESSING\n\n", count: 8)
            let response = await connection.response(until: comments)
            #expect(response.ending == .open)
            #expect(response.chatText() == text)
            #expect(!response.text.contains("finish_reason\":\"stop"))
            try await connection.close()
            try await waitUntil("the client's close is noticed") { server.requests[0].wasClosedByClient }
            #expect(server.statistics.activeStreams == 0)
        }
    }

    @Test func sendsTheOpeningBeforeItFallsSilentAtTheFirstChunk() async throws {
        try await withServer { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post(
                "/v1/messages", body: TestDialect.messages.body(model: "silent=first"),
                headers: [("anthropic-version", "2023-06-01")])
            let response = await connection.response(until: "\n\n")
            #expect(response.events.count == 1)
            #expect(response.text.hasPrefix("event: message_start\n"))
            #expect(server.statistics.bodyBytesWritten == response.body.count)
            try await connection.close()
        }
    }

    @Test func leavesTheBodyOpenAfterTheAnswer() async throws {
        try await withServer { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post("/v1/chat/completions", body: TestDialect.chat.body(model: "count-2+open"))
            let response = await connection.response(until: "[DONE]\n\n")
            #expect(response.chatText() == "1 2")
            #expect(response.ending == .open)
            #expect(server.statistics.activeStreams == 1)
            try await connection.close()
            try await waitUntil("the stream is over") { server.statistics.activeStreams == 0 }
            #expect(server.statistics.clientsClosedEarly == 0, "the answer was whole")
        }
    }

    @Test func closesTheConnectionAfterTheAnswerWhereTold() async throws {
        try await withServer { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post("/v1/chat/completions", body: TestDialect.chat.body(model: "count-2+close"))
            let response = await connection.response()
            #expect(response.ending == .complete)
            #expect(response.header("connection") == "close")
            #expect(await connection.response().ending == .closed)
        }
    }
}
