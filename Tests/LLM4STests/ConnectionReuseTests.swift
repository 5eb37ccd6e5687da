import LLMStreaming
import NIOCore
import NIOHTTP2
import Testing

@testable import LLM4S

@Suite struct ConnectionReuseTests {
    @Test func servesRequestAfterRequestOnOneConnection() async throws {
        try await withServer(script: { connection, _ in connection.send(Wire.chunked(Chat.whole)) }) {
            transport, server in
            let endpoint = try server.endpoint()
            for _ in 0..<20 {
                let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
                #expect(result.completion != nil)
            }
            #expect(server.connections.count == 1)
            #expect(transport.statistics.connectionsOpened == 1)
            #expect(transport.statistics.connectionsReused == 19)
            #expect(transport.statistics.connectionsOpen == 1)
        }
    }

    @Test(arguments: ["connection: close\r\n", ""])
    func closesAConnectionThatTheServerWillNotKeep(field: String) async throws {
        let answer =
            field.isEmpty
            ? "HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + Chat.whole
            : Wire.counted(Chat.whole, field)
        try await withServer(
            by: [.http1],
            script: { connection, _ in
                connection.send(answer)
                connection.close()
            }
        ) { transport, server in
            let endpoint = try server.endpoint()
            for _ in 0..<2 {
                let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
                #expect(result.completion != nil)
            }
            #expect(server.connections.count == 2)
        }
    }

    @Test func marksTheFailureOfAConnectionThatHadServedBefore() async throws {
        try await withServer(
            by: [.http1],
            script: { connection, request in
                if request.body.contains("second") {
                    connection.close()
                } else {
                    connection.send(Wire.chunked(Chat.whole))
                }
            }
        ) { transport, server in
            let endpoint = try server.endpoint()
            _ = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
            let second = ProviderRequest(body: Array(#"{"second":true}"#.utf8), choices: 1)
            let result = await transport.stream(second, to: endpoint, receiver: ChunkCollector())
            #expect(result.error?.kind == .connect)
            #expect(result.isStaleConnection)
            // On a fresh connection the same failure is no stale one.
            let again = await transport.stream(second, to: endpoint, receiver: ChunkCollector())
            #expect(again.error?.kind == .connect)
            #expect(!again.isStaleConnection)
        }
    }

    /// A server may end each connection after a number of requests; chance decides which of them it looks at.
    @Test func aRequestThatIsNotLookedAtIsSentUntilOneIs() async throws {
        let refused = Tally()
        let leave = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: .rootStream, errorCode: .noError, opaqueData: nil))
        try await withServer(
            by: [.http2],
            script: { connection, _ in
                guard refused.count < 12, let socket = connection.channel.parent else {
                    return connection.send(Wire.chunked(Chat.whole))
                }
                refused.add()
                socket.writeAndFlush(leave, promise: nil)
            }
        ) { transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            #expect(result.completion?.content == Chat.text, "\(result)")
            #expect(server.connections.count == 13)
        }
    }

    @Test func eachRepetitionWaitsAsLongAsACancellationCan() {
        for count in 2...200 {
            let delay = StreamAttempt.repetitionMilliseconds(count)
            #expect(delay.lowerBound >= 50 && delay.upperBound <= 500, "\(count): \(delay)")
        }
    }

    @Test func forgetsAConnectionThatTheServerClosedWhileIdle() async throws {
        try await withServer(script: { connection, _ in connection.send(Wire.chunked(Chat.whole)) }) {
            transport, server in
            let endpoint = try server.endpoint()
            _ = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
            await server.closeAll()
            while transport.statistics.connectionsOpen > 0 { await Task.yield() }
            let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
            #expect(result.completion != nil)
            #expect(server.connections.count == 2)
        }
    }

    @Test func closesIdleConnectionsAfterTheirLifetime() async throws {
        var configuration = TransportConfiguration.test
        configuration.idleConnectionLifetime = .milliseconds(1)
        try await withServer(configuration, script: { connection, _ in connection.send(Wire.chunked(Chat.whole)) }) {
            transport, server in
            _ = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            await server.closed.reach(1)
        }
    }

    @Test func setsUpNoMoreConnectionsAtOnceThanAllowedAndInOrder() async throws {
        var configuration = TransportConfiguration.test
        configuration.maximumHandshakes = 1
        try await withServer(configuration, script: { connection, _ in connection.send(Wire.chunked(Chat.whole)) }) {
            transport, server in
            let endpoint = try server.endpoint()
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        await transport.stream(.test, to: endpoint, receiver: ChunkCollector()).completion != nil
                    }
                }
                for await isComplete in group { #expect(isComplete) }
            }
            #expect(transport.waitingCount == 0)
            // Whoever waits gets a connection that becomes free.
            #expect(transport.statistics.connectionsOpened + transport.statistics.connectionsReused == 50)
        }
    }

    @Test func theWaitForATurnIsToldApartFromTheSettingUp() async throws {
        let server = try await ScriptedServer(.silent)
        var configuration = TransportConfiguration.test
        configuration.maximumHandshakes = 1
        let transport = StreamingTransport(configuration: configuration)
        let endpoint = try server.endpoint(isSecure: true)
        // A handshake that never ends holds the only place until it is given up.
        let first = Task { await transport.stream(.test, to: endpoint, receiver: ChunkCollector()) }
        await server.connections.reach(1)
        let second = Task { await transport.stream(.test, to: endpoint, receiver: ChunkCollector()) }
        while transport.waitingCount == 0 { await Task.yield() }
        try await Task.sleep(for: .milliseconds(50))
        first.cancel()
        await server.connections.reach(2)
        try await Task.sleep(for: .milliseconds(50))
        second.cancel()
        let held = await first.value
        let waited = await second.value
        #expect(try #require(held.queueMicroseconds) <= held.durationMicroseconds - 50_000)
        let queue = try #require(waited.queueMicroseconds)
        #expect(queue >= 50_000 && queue <= waited.durationMicroseconds - 50_000)
        await transport.shutdown()
        await server.stop()
    }

    @Test func cancelsWhoWaitsForItsTurn() async throws {
        // Nobody accepts: the set-ups hang until their clock runs out.
        var configuration = TransportConfiguration.test
        configuration.maximumHandshakes = 0
        let transport = StreamingTransport(configuration: configuration)
        let endpoint = try Endpoint(
            provider: Provider(name: "lab", needsKey: false), baseURL: "http://127.0.0.1:9", environment: [:])
        let task = Task { await transport.stream(.test, to: endpoint, receiver: ChunkCollector()) }
        while transport.waitingCount == 0 { await Task.yield() }
        task.cancel()
        let result = await task.value
        #expect(result.error?.kind == .cancelled)
        #expect(transport.waitingCount == 0)
        await transport.shutdown()
    }

    @Test func cancelsWhileAConnectionIsBeingSetUp() async throws {
        let server = try await ScriptedServer(.silent)
        let transport = StreamingTransport(configuration: .test)
        let endpoint = try server.endpoint(isSecure: true)
        let task = Task { await transport.stream(.test, to: endpoint, receiver: ChunkCollector()) }
        await server.connections.reach(1)
        task.cancel()
        let result = await task.value
        #expect(result.error?.kind == .cancelled)
        await server.closed.reach(1)
        #expect(transport.statistics == TransportStatistics())
        await transport.shutdown()
        await server.stop()
    }

    @Test func givesUpAConnectionThatIsNotSetUpInTime() async throws {
        let server = try await ScriptedServer(.silent)
        var configuration = TransportConfiguration.test
        configuration.timeouts.connect = .milliseconds(500)
        let transport = StreamingTransport(configuration: configuration)
        let result = await transport.stream(
            .test, to: try server.endpoint(isSecure: true), receiver: ChunkCollector())
        #expect(result.error?.kind == .timeoutConnect)
        let words = "no connection to 127.0.0.1:\(server.port) within 0.5 s: its socket is open, but the server"
        #expect(result.error?.message.hasPrefix(words) == true, "\(result.error)")
        await server.closed.reach(1)
        await transport.shutdown()
        await server.stop()
    }

    @Test func doesNotConnectForEverToAServerThatCloses() async throws {
        let server = try await ScriptedServer(.closing)
        let transport = StreamingTransport(configuration: .test)
        let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
        #expect(result.error?.kind == .connect)
        #expect(!result.isStaleConnection)
        #expect(server.connections.count == 1)
        await transport.shutdown()
        await server.stop()
    }

    @Test func refusesStreamsAfterShutdown() async throws {
        try await withServer(script: { _, _ in }) { transport, server in
            await transport.shutdown()
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            #expect(result.error?.kind == .cancelled)
        }
    }

    @Test func tellsARefusedConnectionFromAnUnknownName() async throws {
        let transport = StreamingTransport(configuration: .test)
        let provider = Provider(name: "lab", needsKey: false)
        let nobody = try RefusedPort()
        let port = nobody.port
        let refused = await transport.stream(
            .test, to: try Endpoint(provider: provider, baseURL: "http://127.0.0.1:\(port)", environment: [:]),
            receiver: ChunkCollector())
        #expect(refused.error?.kind == .connect)
        #expect(refused.error?.message.contains("127.0.0.1:\(port)") == true)
        withExtendedLifetime(nobody) {}
        let unknown = await transport.stream(
            .test, to: try Endpoint(provider: provider, baseURL: "http://no-such-host.invalid", environment: [:]),
            receiver: ChunkCollector())
        #expect(unknown.error?.kind == .dns)
        #expect(unknown.error?.message.contains("no-such-host.invalid") == true)
        #expect(transport.statistics.handshakesFailed == 2)
        await transport.shutdown()
    }
}
