import MockProvider
import NIOHTTP2
import Testing

/// Runs `body` with a server that speaks HTTP/2 and keeps its requests, and a client of it.
func withHTTP2Server(
    _ configuration: MockConfiguration = .init(), streams: Int = 100,
    _ body: (MockServer, HTTP2Client) async throws -> Void
) async throws {
    var configuration = configuration
    configuration.http2 = HTTP2Limits(maximumConcurrentStreams: streams)
    configuration.recordsRequests = true
    configuration.recordsResponses = true
    try await withServer(configuration) { server in
        let client = try await HTTP2Client.open(port: server.port)
        try await body(server, client)
        try? await client.close()
    }
}

/// HTTP/2 beside HTTP/1.1 on the server's port: what is answered, and what is counted.
@Suite struct HTTP2Tests {
    private let chat = TestDialect.chat

    @Test(arguments: TestDialect.allCases)
    func answersAsOverHTTP1(dialect: TestDialect) async throws {
        try await withHTTP2Server { server, client in
            let other = try await server.post(dialect, dialect.body(model: "count-9"))
            let response = try await client.post(dialect, dialect.body(model: "count-9"))
            #expect(response.status == 200)
            #expect(response.ending == .complete)
            #expect(dialect.text(of: response) == "1 2 3 4 5 6 7 8 9")
            #expect(response.events.count == other.events.count)
            #expect(response.header("content-type") == other.header("content-type"))
            #expect(response.header("connection") == nil)
            #expect(server.requests.map(\.isHTTP2) == [false, true])
            #expect(server.requests.map(\.path) == [dialect.rawValue, dialect.rawValue])
            #expect(server.requests[1].header("host") == "mock")
            #expect(server.requests[1].header("transfer-encoding") == nil)
        }
    }

    @Test func answersManyStreamsOfOneConnectionAtOnce() async throws {
        try await withHTTP2Server(streams: 200) { server, client in
            _ = try await client.serverSettings()
            server.hold(afterBodyBytes: 0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...150 {
                    group.addTask {
                        let response = try await client.post(.chat, chat.body(model: "count-\(number)"))
                        #expect(response.ending == .complete)
                        #expect(response.chatText() == (1...number).map(String.init).joined(separator: " "))
                    }
                }
                try await waitUntil("all streams are under way") { server.statistics.activeStreams == 150 }
                server.hold(afterBodyBytes: nil)
                try await group.waitForAll()
            }
            #expect(server.statistics.connectionsAccepted == 1)
            #expect(server.statistics.openConnections == 1)
            #expect(server.statistics.maximumConcurrentStreams == 150)
            #expect(server.requests.allSatisfy { $0.connection == 0 && $0.isHTTP2 })
            try await client.close()
            try await waitUntil("the client's close is noticed") { server.statistics.openConnections == 0 }
            #expect(server.statistics.clientsClosedEarly == 0)
        }
    }

    @Test func tellsItsBoundInItsSettings() async throws {
        try await withHTTP2Server(streams: 7) { _, client in
            let settings = try await client.serverSettings()
            #expect(settings.first { $0.parameter == .maxConcurrentStreams }?.value == 7)
        }
    }

    @Test func knowsThePrefaceInPieces() async throws {
        try await withHTTP2Server { server, _ in
            let client = try await HTTP2Client.open(port: server.port, sendsSingleBytes: true)
            #expect(try await client.post(.chat, chat.body(model: "count-2")).chatText() == "1 2")
            try await client.close()
        }
    }

    @Test func servesPlainPagesAndControls() async throws {
        try await withHTTP2Server { server, client in
            let health = try await client.stream()
            try await health.get("/health")
            #expect(await health.response().text == #"{"status":"ok"}"#)
            let control = try await client.stream()
            try await control.post("/mock/control", body: "behavior=status=402")
            #expect(await control.response().status == 200)
            #expect(try await client.post(.chat, chat.body()).status == 402)
        }
    }

    @Test func isRefusedWhereItWasNotAskedFor() async throws {
        try await withServer { server in
            let client = try await HTTP2Client.open(port: server.port)
            try await client.closed()
        }
    }

    @Test func isChosenByALPN() async throws {
        guard let certificate = try ServerCertificate() else { return print("skipped: openssl is missing") }
        var configuration = MockConfiguration()
        configuration.http2 = HTTP2Limits()
        configuration.tls = certificate.files
        configuration.recordsRequests = true
        try await withServer(configuration) { server in
            let client = try await HTTP2Client.open(port: server.port, trusting: certificate.files.certificates)
            #expect(try await client.post(.chat, chat.body(model: "count-2")).chatText() == "1 2")
            try await client.close()
            for protocols in [["http/1.1"], []] {
                let tls = try clientTLS(trusting: certificate.files.certificates, protocols: protocols)
                let other = try await WireConnection.open(port: server.port, tls: tls)
                try await other.post(chat.rawValue, body: chat.body(model: "count-2"))
                #expect(await other.response().chatText() == "1 2")
                try await other.close()
            }
            #expect(server.requests.map(\.isHTTP2) == [true, false, false])
            #expect(server.statistics.connectionsAccepted == 3)
        }
    }
}
