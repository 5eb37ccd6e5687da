import LLMStreaming
import Testing

@testable import BatchWatch

/// What HTTP allows a client besides what browsers do, over sockets.
@Suite struct WatchFormsTests {
    /// A server that answers with the request's path.
    private static func start() async throws -> WatchServer {
        try await WatchServer.start(port: 0) { port in
            let gate = LocalGuard(port: port)
            return { request in
                gate.refusal(of: request) ?? .json(["path": .array(request.path.map { .string($0) })])
            }
        }
    }

    /// A body that is too large, too: of a HEAD that is refused no more than the head is written.
    @Test func aHeadThatIsRefusedGetsNoBody() async throws {
        let server = try await Self.start()
        let connection = try LoopbackHTTP(port: server.port)
        connection.send("HEAD / HTTP/1.1\r\nHost: localhost:\(server.port)\r\nContent-Length: 999999\r\n\r\n")
        let response = try LoopbackHTTP.response(await connection.receive())
        #expect(response.status == 413 && response.body.isEmpty, "\(response)")
        await server.stop()
    }

    /// Who waits to be told to go on before it sends its body is told so; one whose body is too large is not.
    @Test func aBodyIsAskedFor() async throws {
        let server = try await Self.start()
        let head = "POST /a HTTP/1.1\r\nHost: localhost:\(server.port)\r\nExpect: 100-continue\r\nContent-Length: "
        let connection = try LoopbackHTTP(port: server.port)
        connection.send(head + "3\r\n\r\n")
        let told = await connection.receive { $0.contains("\r\n\r\n") }
        #expect(told == "HTTP/1.1 100 Continue\r\n\r\n")
        connection.send("abc")
        let answer = await connection.receive { $0.contains("]}") }
        #expect(try LoopbackHTTP.response(answer).status == 200, "\(answer)")
        let large = try LoopbackHTTP(port: server.port)
        large.send(head + "999999\r\n\r\n")
        #expect(try LoopbackHTTP.response(await large.receive { $0.contains("}") }).status == 413)
        await server.stop()
    }

    /// A target that begins with our own host is taken, one of another host is not.
    @Test func aTargetWithItsHostIsAnswered() async throws {
        let server = try await Self.start()
        for (host, status) in [("127.0.0.1:\(server.port)", 200), ("evil.example", 421)] {
            let response = try await LoopbackHTTP.request("http://\(host)/a", port: server.port)
            #expect(response.status == status, "\(response)")
        }
        await server.stop()
    }

    /// A client that ends its side behind the request waits for the answer; a reader of events who does is gone.
    @Test func whoSendsNoMoreGetsTheAnswer() async throws {
        let (asked, asking) = AsyncStream.makeStream(of: Void.self)
        let (released, releasing) = AsyncStream.makeStream(of: Void.self)
        let (closed, closing) = AsyncStream.makeStream(of: Void.self)
        let server = try await WatchServer.start(port: 0) { _ in
            { request in
                asking.yield()
                if request.path == ["events"] {
                    return WatchAnswer(
                        contentType: "text/event-stream",
                        body: .events(
                            EventFeed {
                                for await _ in released { break }
                                return nil
                            } close: {
                                closing.yield()
                            }))
                }
                for await _ in released { break }
                return WatchAnswer(
                    contentType: "text/plain", body: .bytes(Array(repeating: 0x78, count: 1_000_000)))
            }
        }
        let connection = try LoopbackHTTP(port: server.port)
        connection.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.endSending()
        for await _ in asked { break }
        releasing.yield()
        let response = try LoopbackHTTP.response(await connection.receive())
        #expect(response.status == 200 && response.body.utf8.count == 1_000_000)
        let idle = try LoopbackHTTP(port: server.port)
        idle.endSending()
        #expect(await idle.receive().isEmpty)
        let reader = try LoopbackHTTP(port: server.port)
        reader.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(await reader.receive { $0.contains("\r\n\r\n") }.contains("200"))
        reader.endSending()
        for await _ in closed { break }
        releasing.yield()
        await server.stop()
    }
}
