import MockProvider
import Testing

/// llama.cpp's replay: the rest of a byte stream that goes on without its client.
@Suite struct ConversationReplayTests {
    private let header = [("X-Conversation-Id", "c1")]

    private func request(
        _ method: (WireConnection) async throws -> Void, _ server: MockServer
    ) async throws -> WireResponse {
        let connection = try await WireConnection.open(port: server.port)
        try await method(connection)
        let response = await connection.response()
        try? await connection.close()
        return response
    }

    private func replay(_ query: String, _ server: MockServer) async throws -> WireResponse {
        try await request({ try await $0.get("/v1/stream" + query) }, server)
    }

    private func delete(_ query: String, _ server: MockServer) async throws -> WireResponse {
        try await request({ try await $0.delete("/v1/stream" + query) }, server)
    }

    @Test func aReplayThatBeginsAnewGivesAllOfTheStreamFromAnywhere() async throws {
        try await withServer { server in
            let whole = try await server.post(
                .chat, TestDialect.chat.body(model: "count-9+replayanew"), headers: header)
            #expect(try await replay("?conv_id=c1&from=200", server).body == whole.body)
        }
    }

    @Test(arguments: [TestDialect.chat, .messages])
    func givesTheSameBytesFromAnywhere(dialect: TestDialect) async throws {
        try await withServer { server in
            let whole = try await server.post(dialect, dialect.body(model: "count-9+comments"), headers: header)
            #expect(dialect.text(of: whole) == "1 2 3 4 5 6 7 8 9")
            for byte in stride(from: 0, through: whole.body.count + 1, by: 11) {
                let rest = try await replay("?conv_id=c1&from=\(byte)", server)
                #expect(rest.body == Array(whole.body.dropFirst(byte)))
                #expect(rest.ending == .complete)
            }
            #expect(try await replay("?conv_id=c1", server).body == whole.body)
            #expect(try await replay("?conv_id=c1&from=-1", server).body.isEmpty)
        }
    }

    @Test(arguments: ["cut=700", "reset=700", "cutchunk=middle", "cutusage", "end=3", "silent=4"])
    func aFaultOfTheConnectionIsNotInTheStoredStream(fault: String) async throws {
        try await withServer { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post(
                "/v1/chat/completions?\(fault)", body: TestDialect.chat.body(model: "count-9"), headers: header)
            let broken = await connection.response(until: fault == "silent=4" ? " 4" : nil)
            try? await connection.close()
            #expect(!broken.text.contains("[DONE]"))
            let rest = try await replay("?conv_id=c1&from=\(broken.body.count)", server)
            var joined = broken
            joined.body += rest.body
            #expect(joined.chatText() == "1 2 3 4 5 6 7 8 9")
            #expect(joined.text.hasSuffix("data: [DONE]\n\n"))
        }
    }

    @Test func followsAStreamThatIsStillBeingGenerated() async throws {
        try await withServer { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post(
                "/v1/chat/completions", body: TestDialect.chat.body(model: "count-20+pace=5ms"), headers: header)
            let begun = await connection.response(until: " 3")
            try await connection.close()
            let rest = try await replay("?conv_id=c1&from=\(begun.body.count)", server)
            var joined = begun
            joined.body += rest.body
            #expect(joined.chatText() == (1...20).map(String.init).joined(separator: " "))
        }
    }

    @Test func endsEveryReaderWhenItIsDeleted() async throws {
        try await withServer { server in
            let live = try await WireConnection.open(port: server.port)
            try await live.post(
                "/v1/chat/completions", body: TestDialect.chat.body(model: "count-9+pace=1m"), headers: header)
            _ = await live.response(until: "\"1\"")
            let reader = try await WireConnection.open(port: server.port)
            try await reader.get("/v1/stream?conv_id=c1&from=0")
            _ = await reader.response(until: "\"1\"")
            #expect(try await delete("?conv_id=c1", server).status == 204)
            for connection in [live, reader] {
                let end = await connection.response()
                #expect(end.ending == .complete)
                #expect(end.body.isEmpty)
            }
            #expect(try await replay("?conv_id=c1", server).status == 404)
            #expect(try await delete("?conv_id=c1", server).status == 204)
        }
    }

    @Test func endsAReaderThatIsInASilence() async throws {
        try await withServer { server in
            let live = try await WireConnection.open(port: server.port)
            try await live.post(
                "/v1/chat/completions", body: TestDialect.chat.body(model: "count-9+silent=3"), headers: header)
            _ = await live.response(until: " 3")
            #expect(try await delete("?conv_id=c1", server).status == 204)
            #expect(await live.response().ending == .complete)
        }
    }

    @Test func aSecondStreamOfTheSameConversationTakesThePlaceOfTheFirst() async throws {
        try await withServer { server in
            let first = try await WireConnection.open(port: server.port)
            try await first.post(
                "/v1/chat/completions", body: TestDialect.chat.body(model: "count-9+pace=1m"), headers: header)
            _ = await first.response(until: "\"1\"")
            let second = try await server.post(.chat, TestDialect.chat.body(model: "count-3"), headers: header)
            #expect(await first.response().ending == .complete)
            #expect(try await replay("?conv_id=c1", server).body == second.body)
        }
    }

    @Test(
        arguments: [
            ("?from=0", 400, "Missing conversation id in path"), ("?conv_id=x&from=one", 400, "Invalid 'from' offset"),
            ("?conv_id=x", 404, "File Not Found"),
        ] as [(String, UInt, String)])
    func refusesInLlamaCppsWords(query: String, status: UInt, message: String) async throws {
        let response = try await withServer { try await replay(query, $0) }
        #expect(response.status == status)
        #expect(JSONText.value(in: response.json, at: "error.message") as? String == message)
        #expect(JSONText.value(in: response.json, at: "error.code") as? Int == Int(status))
    }

    @Test func isGoneAndIsCutByOption() async throws {
        try await withServer { server in
            let body = TestDialect.chat.body(model: "count-9+cut=700+replays=1+replaycut=300")
            let broken = try await server.post(.chat, body, headers: header)
            let cut = try await replay("?conv_id=c1&from=\(broken.body.count)", server)
            #expect(cut.body.count == 300)
            #expect(cut.ending == .closed)
            #expect(try await replay("?conv_id=c1&from=\(broken.body.count + 300)", server).status == 404)
        }
    }

    @Test func othersIgnoreTheHeaderAndWholeCompletionsAreNotStored() async throws {
        try await withServer { server in
            _ = try await server.post(.chat, TestDialect.chat.body(model: "count-3+like=vllm"), headers: header)
            _ = try await server.post(
                .chat, TestDialect.chat.body(model: "count-3", isStreaming: false), headers: header)
            #expect(try await replay("?conv_id=c1", server).status == 404)
        }
    }

    @Test func demandsTheKeyForAReplayToo() async throws {
        var configuration = MockConfiguration()
        configuration.requiredKey = "k"
        #expect(try await withServer(configuration) { try await replay("?conv_id=x", $0) }.status == 401)
    }
}
