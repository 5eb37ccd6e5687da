import Foundation
import MockProvider
import Testing

/// What is recorded of each request after its end: what was sent and what is paid for it.
@Suite struct RequestLogTests {
    /// The records of the requests that `body` sends, once all have ended.
    private func records(
        _ configuration: MockConfiguration = .init(), _ body: (MockServer) async throws -> Void
    ) async throws -> [ResponseRecord] {
        var configuration = configuration
        configuration.recordsRequests = true
        configuration.recordsResponses = true
        return try await withServer(configuration) { server in
            try await body(server)
            try await waitUntil("all responses have ended") { server.requests.allSatisfy { $0.response != nil } }
            return server.requests.compactMap(\.response)
        }
    }

    private func delete(_ path: String, _ server: MockServer) async throws {
        let connection = try await WireConnection.open(port: server.port)
        try await connection.delete(path)
        _ = await connection.response()
        try await connection.close()
    }

    @Test(arguments: TestDialect.allCases)
    func holdsWhatWasSentToTheLastByte(dialect: TestDialect) async throws {
        let whole = try await withServer { try await $0.post(dialect, dialect.body(model: "count-9+chunk=2")) }
        let bytes = Array(stride(from: 0, to: whole.body.count, by: 97))
        var received: [WireResponse] = []
        let records = try await records { server in
            for byte in bytes {
                let query = "?cut=\(byte)"
                received.append(try await server.post(dialect, dialect.body(model: "count-9+chunk=2"), query: query))
            }
        }
        for (record, response) in zip(records, received) {
            #expect(record.body == response.body)
            #expect(record.ending == .cut)
            #expect(record.status == 200)
            #expect(record.text == dialect.text(of: response), "what the tests read out of the cut stream")
            #expect(record.responseID != nil)
        }
        #expect(Set(records.map(\.text)).count > 4, "the cuts lie in different chunks")
    }

    @Test(arguments: [
        ("count-9", ResponseRecord.Ending.complete, "1 2 3 4 5 6 7 8 9", 9), ("count-9+end=3", .complete, "1 2 3", 3),
        ("count-9+chunk=2+cutchunk=3", .cut, "1 2 3 4 5 6", 8), ("count-9+reset=0", .reset, "", 0),
        ("count-9+cutusage", .cut, "1 2 3 4 5 6 7 8 9", 9), ("count-9+drop", .dropped, "", 0),
        ("count-9+status=500", .complete, "", 0), ("count-3+reasoning", .complete, "1 2 3", 15),
    ])
    func billsWhatWasGenerated(model: String, ending: ResponseRecord.Ending, text: String, tokens: Int) async throws {
        let records = try await records { _ = try await $0.post(.chat, TestDialect.chat.body(model: model)) }
        #expect(records.map(\.ending) == [ending])
        #expect(records.map(\.text) == [text])
        #expect(records.map(\.billedOutputTokens) == [tokens])
        #expect(records.map(\.billedPromptTokens) == [ending == .dropped || model.contains("500") ? 0 : 2])
        #expect(records[0].status == (ending == .dropped ? nil : model.contains("500") ? 500 : 200))
    }

    @Test func billsAWholeCompletionAndAClientThatCloses() async throws {
        let records = try await records { server in
            _ = try await server.post(.chat, TestDialect.chat.body(model: "count-9", isStreaming: false))
            for option in ["silent=3", "silent=headers"] {
                let connection = try await WireConnection.open(port: server.port)
                let body = TestDialect.chat.body(model: "count-9+\(option)")
                try await connection.post("/v1/chat/completions", body: body)
                if option == "silent=3" { _ = await connection.response(until: " 3") }
                try await waitUntil("the request is there") { server.statistics.activeStreams == 1 }
                try await connection.close()
                try await waitUntil("its end is noticed") { server.statistics.activeStreams == 0 }
            }
        }
        #expect(records.map(\.ending) == [.complete, .closedByClient, .closedByClient])
        #expect(records.map(\.billedOutputTokens) == [9, 3, 0])
        #expect(records.map(\.status) == [200, 200, nil])
    }

    @Test func aRunThatGoesOnWithoutItsClientIsBilledWhole() async throws {
        let records = try await records { server in
            let body = TestDialect.chat.body(model: "count-9+cut=700")
            _ = try await server.post(.chat, body, headers: [("x-conversation-id", "c")])
            let replay = try await WireConnection.open(port: server.port)
            try await replay.get("/v1/stream?conv_id=c&from=700")
            _ = await replay.response()
            try await delete("/v1/stream?conv_id=c", server)
        }
        #expect(records.map(\.billedOutputTokens) == [9, 0, 0])
        #expect(records[1].text == "1 2 3 4 5 6 7 8 9")
        #expect(records[0].responseID == records[1].responseID)
        #expect(records.map(\.billedPromptTokens) == [2, 0, 0])
    }

    @Test func aRunThatIsGivenUpIsBilledUpToThere() async throws {
        let header = [("x-conversation-id", "c")]
        let given = try await records { server in
            let body = TestDialect.chat.body(model: "count-9+pace=1m+cutchunk=0")
            _ = try await server.post(.chat, body, headers: header)
            try await delete("/v1/stream?conv_id=c", server)
        }
        #expect(given.map(\.billedOutputTokens) == [9, -8])
        let replaced = try await records { server in
            _ = try await server.post(
                .chat, TestDialect.chat.body(model: "count-9+pace=1m+cutchunk=0"), headers: header)
            _ = try await server.post(.chat, TestDialect.chat.body(model: "count-3"), headers: header)
        }
        #expect(replaced.map(\.billedOutputTokens) == [9, -5])
        let live = try await records { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post(
                "/v1/chat/completions", body: TestDialect.chat.body(model: "count-9+pace=1m"), headers: header)
            _ = await connection.response(until: "\"1\"")
            try await delete("/v1/stream?conv_id=c", server)
        }
        #expect(live.map(\.billedOutputTokens) == [1, 0])
    }

    @Test func writesALineForEachRequest() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "mock-log-\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        var configuration = MockConfiguration()
        configuration.logPath = file.path
        let sent = TestDialect.chat.body(model: "count-4", user: "hi 🚀")
        let received = try await withServer(configuration) { server in
            let whole = try await server.post(
                .chat, sent, headers: [("Authorization", "Bearer sk-secret"), ("X-Marker", "m-1")])
            let rocket = try await server.post(.chat, TestDialect.chat.body(user: "hi there"))
            let byte = try #require(rocket.body.firstIndex(of: 0xF0))
            _ = try await server.post(.chat, TestDialect.chat.body(user: "hi there"), query: "?cut=\(byte + 2)")
            return whole
        }
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { JSONText.object($0) }
        #expect(lines.count == 3)
        let first = try #require(lines.first { $0["request"] as? Int == 0 })
        #expect(first["body"] as? String == sent)
        #expect(first["sent"] as? String == received.text)
        #expect(first["sent_bytes"] as? Int == received.body.count)
        #expect(first["text"] as? String == "1 2 3 4")
        #expect(first["model"] as? String == "count-4")
        #expect(first["method"] as? String == "POST")
        #expect(first["path"] as? String == "/v1/chat/completions")
        #expect(first["status"] as? Int == 200)
        #expect(first["ending"] as? String == "complete")
        #expect(first["billed_output_tokens"] as? Int == 4)
        #expect(first["billed_prompt_tokens"] as? Int == 2)
        #expect(JSONText.value(in: first, at: "headers.x-marker") as? String == "m-1")
        #expect(try !String(contentsOf: file, encoding: .utf8).contains("sk-secret"))
        let cut = try #require(lines.first { $0["ending"] as? String == "cut" })
        let text = try #require(cut["sent"] as? String)
        #expect(text.utf8.count == (try #require(cut["sent_bytes"] as? Int)) - 2, "without the half character")
    }

    @Test func reportsALogThatCannotBeOpened() async throws {
        var configuration = MockConfiguration()
        configuration.logPath = "/nowhere/at/all"
        await #expect(throws: (any Error).self) { try await MockServer.start(configuration) }
    }
}
