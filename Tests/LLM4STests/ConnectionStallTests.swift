import Dispatch
import LLMStreaming
import NIOCore
import Synchronization
import Testing

@testable import LLM4S

/// What never ends holds up nobody else: names, handshakes, connections that a server has not taken.
@Suite struct ConnectionStallTests {
    @Test(.timeLimit(.minutes(15)), arguments: [1, 3])
    func idleConnectionsMakeRoomForRequestsThatTheServerHasNotTaken(waiting: Int) async throws {
        var configuration = TransportConfiguration.test
        configuration.idleConnectionLifetime = .seconds(3600)
        configuration.timeouts.firstToken = .seconds(60)
        let held = Mutex<[ServerConnection]?>([])
        let server = try await ScriptedServer(takes: 2) { connection, _ in
            let isHeld = held.withLock { $0?.append(connection) != nil }
            if !isHeld { connection.send(Wire.chunked(Chat.whole)) }
        }
        let transport = StreamingTransport(configuration: configuration)
        let endpoint = try server.endpoint()
        let streams = (0..<2 + waiting).map { _ in
            Task { await transport.stream(.test, to: endpoint, receiver: ChunkCollector()) }
        }
        // All are connected before the first is answered; the two that are taken then have nothing to do.
        await server.connections.reach(2 + waiting)
        await server.receive(2)
        #expect(server.requests.count == 2)
        for connection in held.withLock({ $0.take() }) ?? [] { connection.send(Wire.chunked(Chat.whole)) }
        for stream in streams {
            let result = await stream.value
            #expect(result.completion?.content == Chat.text, "\(String(describing: result.error))")
        }
        #expect(server.requests.count == 2 + waiting)
        #expect(server.closed.count >= waiting)
        // The end of a connection is counted a moment behind it.
        while transport.statistics.connectionsOpen > 2 { await Task.yield() }
        await transport.shutdown()
        await server.stop()
    }

    @Test func aNameThatHangsHoldsUpNoOther() async throws {
        let isOver = DispatchSemaphore(value: 0)
        let lookups = Tally()
        var configuration = TransportConfiguration.test
        configuration.eventLoopThreads = 1
        configuration.lookUp = { host, port in
            if host == "hanging.example" {
                lookups.add()
                isOver.wait()
                // The next one does not hang any more.
                isOver.signal()
            }
            return [try SocketAddress(ipAddress: "127.0.0.1", port: port)]
        }
        try await withServer(configuration, script: { connection, _ in connection.send(Wire.chunked(Chat.whole)) }) {
            transport, server in
            let hanging = try server.endpoint(host: "hanging.example")
            let streams = (0..<20).map { _ in
                Task { await transport.stream(.test, to: hanging, receiver: ChunkCollector()) }
            }
            await lookups.reach(1)
            for host in ["first.example", "second.example"] {
                let other = try server.endpoint(host: host)
                let result = await transport.stream(.test, to: other, receiver: ChunkCollector())
                #expect(result.completion != nil)
            }
            // All that waited for it get its addresses.
            isOver.signal()
            for stream in streams { #expect(await stream.value.completion != nil) }
        }
    }

    @Test func handshakesThatHangLeaveRoomForOthers() async throws {
        let certificates = try #require(TestCertificates.shared)
        let good = try await ScriptedServer(tls: try certificates.server(.good)) { connection, _ in
            connection.send(Wire.chunked(Chat.whole))
        }
        let silent = try await ScriptedServer(.silent)
        let hangs = Mutex(true)
        var configuration = TransportConfiguration.test
        configuration.caFile = certificates.caFile
        // One of two hosts behind a name never answers; all places that there are at first go to it.
        configuration.lookUp = { _, _ in
            let port = hangs.withLock { $0 } ? silent.port : good.port
            return [try SocketAddress(ipAddress: "127.0.0.1", port: port)]
        }
        let transport = StreamingTransport(configuration: configuration)
        let endpoint = try good.endpoint(host: "localhost", isSecure: true)
        let hanging = (0..<8).map { _ in
            Task { await transport.stream(.test, to: endpoint, receiver: ChunkCollector()) }
        }
        await silent.connections.reach(8)
        hangs.withLock { $0 = false }
        let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
        #expect(result.completion != nil, "\(String(describing: result.error))")
        #expect(silent.closed.count == 0)
        for stream in hanging { stream.cancel() }
        for stream in hanging { #expect(await stream.value.error?.kind == .cancelled) }
        await transport.shutdown()
        await good.stop()
        await silent.stop()
    }

    @Test func aVanishedPeerIsToldAsThat() {
        let timedOut = IOError(errnoCode: POSIX.timedOut, reason: "read")
        #expect(ConnectionLoss(timedOut) == .broken("the other side has vanished: it acknowledged nothing any more"))
        #expect(ConnectionLoss(IOError(errnoCode: 104, reason: "read")) != ConnectionLoss(timedOut))
    }
}
