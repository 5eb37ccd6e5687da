import MockProvider
import NIOCore
import Synchronization
import Testing

/// The server around the answers: routes, options, keys, scripts, connections.
@Suite struct ServerTests {
    private let chat = TestDialect.chat

    private func get(_ path: String, _ server: MockServer) async throws -> WireResponse {
        let connection = try await WireConnection.open(port: server.port)
        try await connection.get(path)
        return await connection.response()
    }

    @Test func tellsItsHealthAndItsModels() async throws {
        try await withServer { server in
            #expect(server.baseURL == "http://127.0.0.1:\(server.port)/v1")
            #expect(try await get("/health", server).text == #"{"status":"ok"}"#)
            let models = try await get("/v1/models", server)
            #expect(JSONText.value(in: models.json, at: "data.0.object") as? String == "model")
            #expect(try await get("/v1/nothing", server).status == 404)
            #expect(try await get("/v1/chat/completions", server).status == 405)
            #expect(server.statistics.requests == 0, "only POSTs for answers are counted")
        }
    }

    @Test(arguments: [
        ("{", "could not parse"), ("[]", "Input does not match"), (#"{"messages":[]}"#, "model: Field required"),
        (#"{"model":"m","messages":[]}"#, "at least one message"),
        (#"{"model":"m","messages":[{"role":"user","content":7}]}"#, "messages.0.content"),
        (#"{"model":"m","messages":[{"role":"robot","content":"x"}]}"#, "robot"),
        (#"{"model":"m","stream":"yes","messages":[{"role":"user","content":"x"}]}"#, "stream"),
        (#"{"model":"m","n":0,"messages":[{"role":"user","content":"x"}]}"#, "'n'"),
        (#"{"model":"m","max_tokens":0,"messages":[{"role":"user","content":"x"}]}"#, "max_tokens"),
        (
            #"{"model":"m","continue_final_message":true,"add_generation_prompt":true,"messages":"#
                + #"[{"role":"assistant","content":"x"}]}"#, "Cannot set both"
        ),
    ])
    func refusesABodyWithTheReason(body: String, reason: String) async throws {
        let response = try await withServer { try await $0.post(chat, body) }
        #expect(response.status == 400)
        #expect(response.text.contains(reason), "\(response.text)")
        #expect(JSONText.value(in: response.json, at: "error.type") as? String == "invalid_request_error")
    }

    @Test func namesABehaviourOptionThatItCannotRead() async throws {
        try await withServer { server in
            for (model, query, headers) in [
                ("m+pacee=1ms", "", []), ("m", "?pace=soon", []), ("m", "", [("x-mock", "comments,pace=")]),
            ] as [(String, String, [(String, String)])] {
                let response = try await server.post(chat, chat.body(model: model), query: query, headers: headers)
                #expect(response.status == 400)
                #expect(response.text.contains("mock option 'pace"))
            }
        }
    }

    @Test func takesOptionsFromTheQueryAndTheHeaderToo() async throws {
        try await withServer { server in
            let query = try await server.post(chat, chat.body(), query: "?api-version=2026-01-01&words=3&chunk=3")
            #expect(query.strings(at: "choices.0.delta.content").filter { !$0.isEmpty }.count == 1)
            let header = try await server.post(chat, chat.body(), headers: [("X-Mock", "count-3, chunk=2")])
            #expect(header.strings(at: "choices.0.delta.content") == ["", "1 2", " 3"])
        }
    }

    @Test func answersUnknownModelsAsAnyOther() async throws {
        try await withServer { server in
            for model in ["gpt-9", "vendor/model:free", "command-r+", "count-down"] {
                let response = try await server.post(chat, chat.body(model: model))
                #expect(response.status == 200, "\(model)")
                #expect(response.strings(at: "model").first == model)
                #expect(
                    response.chatText()
                        == AnswerText(lastUserText: "Tell me.", model: model.replacing("+", with: "")).whole)
            }
        }
    }

    @Test func optionsDoNotChangeTheText() async throws {
        try await withServer { server in
            let plain = try await server.post(chat, chat.body(model: "m")).chatText()
            #expect(try await server.post(chat, chat.body(model: "m+chunk=4+comments")).chatText() == plain)
        }
    }

    @Test(arguments: [[("authorization", "Bearer k")], [("x-api-key", "k")], [("api-key", "k")]])
    func demandsItsKeyInAnyForm(header: [(String, String)]) async throws {
        var configuration = MockConfiguration()
        configuration.requiredKey = "k"
        try await withServer(configuration) { server in
            let wrong = header.map { ($0.0, $0.1 + "x") }
            for (headers, status) in [(header, 200), ([], 401), (wrong, 401)] as [([(String, String)], UInt)] {
                for dialect in TestDialect.allCases {
                    let response = try await server.post(dialect, dialect.body(), headers: headers)
                    #expect(response.status == status)
                }
            }
        }
    }

    @Test func aScriptSeesTheRequestAndItsBehaviourHoldsAlone() async throws {
        let seen = Mutex<[String]>([])
        var configuration = MockConfiguration()
        configuration.script = { request in
            let summary = "\(request.number) \(request.path) \(request.model) \(request.lastUserText)"
            seen.withLock { $0.append(summary) }
            var behavior = MockBehavior()
            behavior.fault.status = 503
            return request.number == 1 ? behavior : nil
        }
        try await withServer(configuration) { server in
            var statuses: [UInt?] = []
            for model in ["a", "b", "status=429"] {
                statuses.append(try await server.post(chat, chat.body(model: model, user: "hi")).status)
            }
            #expect(statuses == [200, 503, 429])
            #expect(seen.withLock { $0 }.prefix(2) == ["0 /v1/chat/completions a hi", "1 /v1/chat/completions b hi"])
        }
    }

    /// A task that is cancelled in the turn of the event loop in which it is due runs all the same.
    @Test func aResponseEndsOnceWhereItsConnectionClosesAsItsWaitEnds() async throws {
        let opened = Mutex<(any Channel)?>(nil)
        var configuration = MockConfiguration()
        configuration.configureChannel = { channel in opened.withLock { $0 = channel } }
        configuration.script = { _ in
            let channel = opened.withLock { $0 }
            // Both are due in the next turn: first this one, then the wait of no time.
            channel?.eventLoop.scheduleTask(in: .zero) { channel?.close(promise: nil) }
            var behavior = MockBehavior()
            behavior.timeToFirstToken = .zero
            return behavior
        }
        try await withServer(configuration) { server in
            let response = try await server.post(chat, chat.body())
            #expect(response.ending == .closed)
            let channel = try #require(opened.withLock { $0 })
            try await channel.eventLoop.submit {}.get()
            #expect(server.statistics.activeStreams == 0)
            #expect(server.statistics.blockedStreams == 0)
        }
    }

    @Test func keepsConnectionsAliveAndRecordsRequests() async throws {
        try await withRecordingServer { server in
            let connection = try await WireConnection.open(port: server.port)
            var written: [Int] = []
            for number in 0..<5 {
                try await connection.post(
                    "/v1/chat/completions?chunk=2", body: chat.body(user: "number \(number)"),
                    headers: [("x-test", "yes")])
                let response = await connection.response()
                #expect(response.ending == .complete)
                written.append(response.body.count)
            }
            _ = try await server.post(chat, chat.body())
            let requests = server.requests
            #expect(requests.map(\.number) == Array(0..<6))
            #expect(requests.map(\.connection) == [0, 0, 0, 0, 0, 1])
            #expect(requests[..<5].map(\.bodyBytesWritten) == written)
            #expect(requests[3].lastUserText == "number 3")
            #expect(requests[3].bodyText == chat.body(user: "number 3"))
            #expect(requests[3].header("X-Test") == "yes")
            #expect(requests[3].method == "POST")
            #expect(requests[3].path == "/v1/chat/completions?chunk=2")
            #expect(server.statistics.connectionsAccepted == 2)
            #expect(server.statistics.requests == 6)
        }
    }

    @Test func answersPipelinedRequestsInTheirOrder() async throws {
        try await withServer { server in
            let connection = try await WireConnection.open(port: server.port)
            for last in [3, 2, 1] {
                try await connection.post("/v1/chat/completions", body: chat.body(model: "count-\(last)+pace=1ms"))
            }
            var texts: [String] = []
            for _ in 0..<3 { texts.append(await connection.response().chatText()) }
            #expect(texts == ["1 2 3", "1 2", "1"])
        }
    }

    @Test func keepsNoRequestsUnasked() async throws {
        try await withServer { server in
            _ = try await server.post(chat, chat.body())
            #expect(server.requests.isEmpty)
            #expect(server.statistics.requests == 1)
        }
    }

    @Test func configuresAChannelBeforeItsOwnHandlers() async throws {
        let pipelines = Mutex<[String]>([])
        var configuration = MockConfiguration()
        configuration.configureChannel = { channel in
            let pipeline = channel.pipeline.debugDescription
            pipelines.withLock { $0.append(pipeline) }
            try channel.pipeline.syncOperations.addHandler(UppercasingHandler())
        }
        try await withServer(configuration) { server in
            let response = try await server.post(chat, chat.body(model: "count-2"))
            #expect(response.text.contains("[DONE]".uppercased()))
            #expect(response.text.contains("CHAT.COMPLETION.CHUNK"), "the handler stands between the socket and HTTP")
        }
        #expect(pipelines.withLock { $0.count == 1 && !$0[0].contains("HTTP") })
    }

    @Test func refusesConnectionsOnceStopped() async throws {
        let server = try await MockServer.start()
        await server.stop()
        await server.stop()
        await #expect(throws: (any Error).self) { try await WireConnection.open(port: server.port) }
    }

    @Test func reportsAPortThatIsTaken() async throws {
        try await withServer { server in
            var configuration = MockConfiguration()
            configuration.port = server.port
            await #expect(throws: (any Error).self) { try await MockServer.start(configuration) }
        }
    }
}

/// Makes the letters of all outgoing bytes large, but for the head's.
private final class UppercasingHandler: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let buffer = unwrapOutboundIn(data)
        let isBody = buffer.readableBytesView.starts(with: Array("data: ".utf8))
        let text = String(buffer: buffer)
        context.write(wrapOutboundOut(isBody ? ByteBuffer(string: text.uppercased()) : buffer), promise: promise)
    }
}
