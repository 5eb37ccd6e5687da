import MockProvider
import Testing

/// The Responses API's background mode: events by their numbers, states, and the end before the end.
@Suite struct BackgroundResponseTests {
    private func body(model: String, isStreaming: Bool = true) -> String {
        TestDialect.responses.body(model: model, isStreaming: isStreaming, more: #""background":true,"#)
    }

    private func send(
        _ server: MockServer, _ request: (WireConnection) async throws -> Void
    ) async throws -> WireResponse {
        let connection = try await WireConnection.open(port: server.port)
        try await request(connection)
        let response = await connection.response()
        try? await connection.close()
        return response
    }

    private func get(_ path: String, _ server: MockServer) async throws -> WireResponse {
        try await send(server) { try await $0.get("/v1/responses/" + path) }
    }

    private func id(of response: WireResponse) throws -> String {
        try #require(response.strings(at: "response.id").first)
    }

    private func types(of response: WireResponse) -> [String] { response.strings(at: "type") }

    private func numbers(of response: WireResponse) -> [Int] {
        response.data.compactMap { $0["sequence_number"] as? Int }
    }

    @Test func queuesTheResponseFirst() async throws {
        let response = try await withServer { try await $0.post(.responses, body(model: "count-2")) }
        #expect(types(of: response).prefix(3) == ["response.created", "response.queued", "response.in_progress"])
        #expect(response.strings(at: "response.status") == ["queued", "queued", "in_progress", "completed"])
        #expect(JSONText.value(in: response.data[0], at: "response.background") as? Bool == true)
    }

    @Test func givesTheEventsAfterAnyNumber() async throws {
        try await withServer { server in
            let whole = try await server.post(.responses, body(model: "count-4"))
            let id = try id(of: whole)
            let events = whole.events
            #expect(numbers(of: whole) == Array(0..<events.count))
            for number in 0..<events.count {
                let rest = try await get("\(id)?stream=true&starting_after=\(number)", server)
                #expect(rest.events == Array(events[(number + 1)...]))
            }
            #expect(try await get("\(id)?stream=true", server).body == whole.body)
        }
    }

    @Test func goesOnAfterADisconnect() async throws {
        try await withServer { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post("/v1/responses", body: body(model: "count-30+pace=5ms"))
            let begun = await connection.response(until: "\" 3\"")
            try await connection.close()
            let last = try #require(numbers(of: begun).last)
            let rest = try await get("\(try id(of: begun))?stream=true&starting_after=\(last)", server)
            #expect(numbers(of: rest).first == last + 1)
            #expect(begun.responseText + rest.responseText == (1...30).map(String.init).joined(separator: " "))
            #expect(types(of: rest).last == "response.completed")
        }
    }

    @Test func tellsItsStateWhenPolled() async throws {
        try await withServer { server in
            func status(_ model: String) async throws -> [String] {
                let created = try await server.post(.responses, body(model: model, isStreaming: false))
                let id = try #require(created.json["id"] as? String)
                let polled = try await get(id, server)
                return [created, polled].compactMap { $0.json["status"] as? String }
            }
            #expect(try await status("count-2") == ["queued", "completed"])
            #expect(try await status("count-2+ttft=1m") == ["queued", "queued"])
            #expect(try await status("count-2+pace=1m") == ["queued", "in_progress"])
            #expect(try await status("count-9+queued") == ["queued", "queued"])
            let whole = try await server.post(.responses, body(model: "count-2"))
            let polled = try await get(try id(of: whole), server)
            #expect(JSONText.value(in: polled.json, at: "output.0.content.0.text") as? String == "1 2")
            #expect(JSONText.value(in: polled.json, at: "usage.output_tokens") as? Int == 2)
        }
    }

    @Test func isCancelledOnceAndKeepsWhatWasGenerated() async throws {
        try await withServer { server in
            let live = try await WireConnection.open(port: server.port)
            try await live.post("/v1/responses", body: body(model: "count-9+pace=1m"))
            let begun = await live.response(until: "\"1\"")
            let id = try id(of: begun)
            for _ in 0..<2 {
                let cancelled = try await send(server) { try await $0.post("/v1/responses/\(id)/cancel", body: "") }
                #expect(cancelled.json["status"] as? String == "cancelled")
            }
            #expect(await live.response().ending == .complete)
            #expect(try await get(id, server).json["status"] as? String == "cancelled")
            #expect(try await get("\(id)?stream=true", server).responseText == "1")
        }
    }

    @Test func aFinishedResponseStaysWhatItIsWhenCancelled() async throws {
        try await withServer { server in
            let id = try id(of: try await server.post(.responses, body(model: "count-2")))
            let answer = try await send(server) { try await $0.post("/v1/responses/\(id)/cancel", body: "") }
            #expect(answer.json["status"] as? String == "completed")
        }
    }

    @Test func staysQueuedForEverByOption() async throws {
        try await withServer { server in
            let live = try await WireConnection.open(port: server.port)
            try await live.post("/v1/responses", body: body(model: "count-9+queued"))
            let begun = await live.response(until: "response.queued\"")
            #expect(begun.ending == .open)
            #expect(!begun.text.contains("in_progress"))
            let id = try id(of: begun)
            let replay = try await WireConnection.open(port: server.port)
            try await replay.get("/v1/responses/\(id)?stream=true&starting_after=0")
            #expect(types(of: await replay.response(until: "\n\n")) == ["response.queued"])
            _ = try await send(server) { try await $0.post("/v1/responses/\(id)/cancel", body: "") }
            #expect(await live.response().ending == .complete)
            #expect(await replay.response().ending == .complete)
        }
    }

    @Test func isGoneAndIsCutByOption() async throws {
        try await withServer { server in
            let broken = try await server.post(.responses, body(model: "count-9+cut=900+replays=1+replaycut=300"))
            let id = try id(of: broken)
            let cut = try await get("\(id)?stream=true", server)
            #expect(cut.body.count == 300)
            #expect(cut.ending == .closed)
            let gone = try await get("\(id)?stream=true", server)
            #expect(gone.status == 404)
            #expect(gone.text.contains("Response with id '\(id)' not found."))
        }
    }

    @Test func forgetsWhatIsDeletedOrWasNotInTheBackground() async throws {
        try await withServer { server in
            let id = try id(of: try await server.post(.responses, body(model: "count-2")))
            let deleted = try await send(server) { try await $0.delete("/v1/responses/\(id)") }
            #expect(deleted.json["deleted"] as? Bool == true)
            #expect(try await get(id, server).status == 404)
            let plain = try await server.post(.responses, TestDialect.responses.body(model: "count-2"))
            #expect(try await get(try self.id(of: plain), server).status == 404)
        }
    }

    @Test func streamsOnlyWhatWasAskedForAsAStream() async throws {
        try await withServer { server in
            let created = try await server.post(.responses, body(model: "count-2", isStreaming: false))
            let id = try #require(created.json["id"] as? String)
            let response = try await get("\(id)?stream=true", server)
            #expect(response.status == 400)
            #expect(response.text.contains("stream=true"))
            let streamed = try self.id(of: try await server.post(.responses, body(model: "count-2")))
            #expect(try await get("\(streamed)?stream=true&starting_after=x", server).status == 400)
        }
    }
}
