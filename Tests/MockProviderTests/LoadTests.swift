import MockProvider
import Testing

/// Many streams, slow readers and paces.
@Suite struct LoadTests {
    private let chat = TestDialect.chat

    @Test func writesNoFurtherThanAReaderThatDoesNotRead() async throws {
        var configuration = MockConfiguration()
        configuration.sendBufferBytes = 4_096
        configuration.recordsRequests = true
        try await withServer(configuration) { server in
            let streams = 20
            var connections: [WireConnection] = []
            for _ in 0..<streams {
                let connection = try await WireConnection.open(port: server.port, isReading: false)
                try await connection.post("/v1/chat/completions", body: chat.body(model: "count-20000+chunk=1"))
                connections.append(connection)
            }
            try await waitUntil("every stream is blocked") { server.statistics.blockedStreams == streams }
            let blocked = server.statistics.bodyBytesWritten
            // An answer has 4 MB; what the kernel's buffers and one slice hold is far below that.
            #expect(blocked < streams * 300_000, "\(blocked) bytes rendered")
            #expect(server.statistics.activeStreams == streams)

            for connection in connections { try await connection.startReading() }
            let text = AnswerText(lastUserText: "", model: "", behavior: try .init(parsing: "count-20000")).whole
            for connection in connections.prefix(2) { #expect(await connection.response().chatText() == text) }
            for connection in connections.dropFirst(2) { #expect(await connection.response().ending == .complete) }
            #expect(server.statistics.blockedStreams == 0)
        }
    }

    @Test func forgetsABlockedStreamWhoseClientLeaves() async throws {
        var configuration = MockConfiguration()
        configuration.sendBufferBytes = 4_096
        try await withServer(configuration) { server in
            let connection = try await WireConnection.open(port: server.port, isReading: false)
            try await connection.post("/v1/chat/completions", body: chat.body(model: "count-20000"))
            try await waitUntil("the stream is blocked") { server.statistics.blockedStreams == 1 }
            try await connection.close()
            try await waitUntil("the connection's end is counted") { server.statistics.openConnections == 0 }
            #expect(server.statistics.activeStreams == 0)
            #expect(server.statistics.blockedStreams == 0)
            #expect(server.statistics.clientsClosedEarly == 1)
        }
    }

    @Test func carriesAThousandStreamsAtOnce() async throws {
        try await withServer { server in
            let streams = 1_000
            try OpenFiles.raiseLimit()
            try await withThrowingTaskGroup(of: (WireConnection, String).self) { group in
                for _ in 0..<streams {
                    group.addTask {
                        let connection = try await WireConnection.open(port: server.port)
                        // Silent half way until all are there: they really are open at the same time.
                        try await connection.post(
                            "/v1/chat/completions", body: TestDialect.chat.body(model: "count-4+silent=middle"))
                        return (connection, await connection.response(until: #"" 2""#).chatText())
                    }
                }
                var connections: [WireConnection] = []
                for try await (connection, text) in group {
                    connections.append(connection)
                    #expect(text == "1 2")
                }
                #expect(server.statistics.maximumConcurrentStreams == streams)
                for connection in connections { try await connection.close() }
            }
            try await waitUntil("all streams are over") { server.statistics.activeStreams == 0 }
            #expect(server.statistics.clientsClosedEarly == streams)
        }
    }

    @Test(arguments: [1, 2])
    func pacesChunksOnEachThread(threads: Int) async throws {
        var configuration = MockConfiguration()
        configuration.threads = threads
        try await withServer(configuration) { server in
            // The waits add up to at least the paces; how much more depends on the machine.
            let start = ContinuousClock.now
            let response = try await server.post(.chat, chat.body(model: "count-5+ttft=20ms+pace=10ms"))
            #expect(response.chatText() == "1 2 3 4 5")
            #expect(ContinuousClock.now - start >= .milliseconds(60))
        }
    }

    @Test func sendsAnUnpacedAnswerInFewPieces() async throws {
        try await withServer { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post("/v1/chat/completions", body: chat.body(model: "count-200"))
            let response = await connection.response()
            #expect(response.events.count == 203)
            // Three writes of 16 KiB; the client may read each in several parts.
            #expect(response.bodyParts < 100)
        }
    }
}
