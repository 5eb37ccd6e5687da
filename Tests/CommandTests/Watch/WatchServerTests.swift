import Foundation
import LLMStreaming
import Synchronization
import Testing

@testable import BatchWatch

/// The page's server over sockets, and what hostile or broken clients get.
@Suite struct WatchServerTests {
    /// A server that answers with the request's path.
    private static func start(
        _ change: (inout WatchServer.Limits) -> Void = { _ in }
    ) async throws -> WatchServer {
        var limits = WatchServer.Limits()
        change(&limits)
        return try await WatchServer.start(port: 0, limits: limits) { port in
            let gate = LocalGuard(port: port)
            return { request in
                gate.refusal(of: request) ?? .json(["path": .array(request.path.map { .string($0) })])
            }
        }
    }

    @Test func aConnectionIsKeptForFurtherRequests() async throws {
        let server = try await Self.start()
        let connection = try LoopbackHTTP(port: server.port)
        for path in ["a", "b"] {
            connection.send("GET /\(path) HTTP/1.1\r\nHost: localhost:\(server.port)\r\n\r\n")
            let text = await connection.receive { $0.contains("]}") }
            #expect(try LoopbackHTTP.response(text).status == 200 && text.hasSuffix(#"{"path":["\#(path)"]}"#))
        }
        await server.stop()
    }

    @Test func requestsThatComeTogetherAreAnsweredInTheirOrder() async throws {
        let server = try await Self.start()
        let connection = try LoopbackHTTP(port: server.port)
        let host = "Host: localhost:\(server.port)\r\n"
        connection.send("GET /a HTTP/1.1\r\n\(host)\r\nGET /b HTTP/1.1\r\n\(host)Connection: close\r\n\r\n")
        let text = await connection.receive()
        let (first, second) = (
            try #require(text.firstRange(of: #"["a"]"#)), try #require(text.firstRange(of: #"["b"]"#))
        )
        #expect(first.lowerBound < second.lowerBound)
        await server.stop()
    }

    @Test func aHeadGetsNoBody() async throws {
        let server = try await Self.start()
        let response = try await LoopbackHTTP.request("/a", "HEAD", port: server.port)
        #expect(response.status == 200 && response.body.isEmpty && response.headers["content-length"] == "14")
        await server.stop()
    }

    /// A body is as long as its head says, in however many pieces it is written.
    @Test(arguments: [1, 256 << 10, (256 << 10) + 1, 1_000_000]) func aLongAnswerComesWhole(bytes: Int) async throws {
        let server = try await WatchServer.start(port: 0) { _ in
            { _ in WatchAnswer(contentType: "text/plain", body: .bytes(Array(repeating: 0x78, count: bytes))) }
        }
        let response = try await LoopbackHTTP.request("/", port: server.port)
        #expect(response.headers["content-length"] == "\(bytes)")
        #expect(response.body.utf8.count == bytes && response.body.utf8.allSatisfy { $0 == 0x78 })
        await server.stop()
    }

    /// Nor a stream: the end of one is no body either.
    @Test func aHeadOfAStreamGetsNoBody() async throws {
        let (closed, continuation) = AsyncStream.makeStream(of: Void.self)
        let server = try await WatchServer.start(port: 0) { _ in
            { _ in
                WatchAnswer(
                    contentType: "text/event-stream",
                    body: .events(
                        EventFeed {
                            Array("data: 1\n\n".utf8)
                        } close: {
                            continuation.yield()
                        }))
            }
        }
        let response = try await LoopbackHTTP.request("/", "HEAD", port: server.port)
        #expect(response.status == 200 && response.body.isEmpty, "\(response)")
        for await _ in closed { break }
        await server.stop()
    }

    /// A connection that breaks while it brings nothing is not answered, fresh or kept.
    @Test(arguments: [false, true]) func aClientThatResetsItsConnectionIsNoFault(isKept: Bool) async throws {
        let server = try await Self.start()
        do {
            let connection = try LoopbackHTTP(port: server.port)
            connection.resetWhenClosed()
            if isKept {
                connection.send("GET /a HTTP/1.1\r\nHost: localhost:\(server.port)\r\n\r\n")
                #expect(await connection.receive { $0.contains("]}") }.contains("200"))
            }
        }
        #expect(try await LoopbackHTTP.request("/", port: server.port).status == 200)
        await server.stop()
    }

    /// What is made when the server has ended is dropped.
    @Test func anAnswerBehindTheEndIsDropped() async throws {
        let (asked, asking) = AsyncStream.makeStream(of: Void.self)
        let (released, releasing) = AsyncStream.makeStream(of: Void.self)
        let (answered, answering) = AsyncStream.makeStream(of: Void.self)
        let server = try await WatchServer.start(port: 0) { _ in
            { _ in
                asking.yield()
                // Not ended by the cancellation of its task: as a reading of the database.
                await Task { for await _ in released { break } }.value
                answering.yield()
                return .json(nil)
            }
        }
        let connection = try LoopbackHTTP(port: server.port)
        connection.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for await _ in asked { break }
        await server.stop()
        releasing.yield()
        for await _ in answered { break }
        #expect(await connection.receive().isEmpty)
    }

    @Test func whatIsTooLargeIsRefused() async throws {
        let server = try await Self.start()
        let port = server.port
        let heads = try await LoopbackHTTP.request(
            "/", port: port, headers: ["X-Large: \(String(repeating: "x", count: 17 << 10))"])
        #expect(heads.status == 431)
        let many = try await LoopbackHTTP.request(
            "/", port: port, headers: (0..<200).map { "X-\($0): \(String(repeating: "x", count: 100))" })
        #expect(many.status == 431)
        // Told by its length, and where that is not told by what comes.
        let body = try await LoopbackHTTP.request(
            "/", "POST", port: port, body: String(repeating: "x", count: 65 << 10))
        #expect(body.status == 413)
        let chunk = String(repeating: "x", count: 0x8000)
        let connection = try LoopbackHTTP(port: port)
        connection.send("POST / HTTP/1.1\r\nHost: localhost:\(port)\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<3 { connection.send("8000\r\n\(chunk)\r\n") }
        #expect(try LoopbackHTTP.response(await connection.receive { $0.contains("}") }).status == 413)
        // It goes on for others.
        #expect(try await LoopbackHTTP.request("/", port: port).status == 200)
        await server.stop()
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost\r\n\r\n", "\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET https://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ])
    func whatIsNoRequestIsRefused(text: String) async throws {
        let server = try await Self.start()
        let connection = try LoopbackHTTP(port: server.port)
        connection.send(text)
        let response = try LoopbackHTTP.response(await connection.receive { $0.contains("}") })
        #expect(response.status == 400, "\(response)")
        await server.stop()
    }

    /// Those who are slow to ask are not waited for.
    @Test func aRequestThatDoesNotComeInTimeIsEnded() async throws {
        let server = try await Self.start { $0.requestTime = .milliseconds(50) }
        let silent = try LoopbackHTTP(port: server.port)
        #expect(await silent.receive().isEmpty)
        let slow = try LoopbackHTTP(port: server.port)
        slow.send("GET / HTTP/1.1\r\nHost: loc")
        #expect(await slow.receive().isEmpty)
        await server.stop()
    }

    @Test func oneConnectionTooManyIsClosed() async throws {
        let server = try await Self.start { $0.connections = 2 }
        let kept = try (0..<2).map { _ in try LoopbackHTTP(port: server.port) }
        for connection in kept {
            connection.send("GET / HTTP/1.1\r\nHost: localhost:\(server.port)\r\n\r\n")
            #expect(await connection.receive { $0.contains("}") }.contains("200"))
        }
        let other = try LoopbackHTTP(port: server.port)
        #expect(await other.receive().isEmpty)
        withExtendedLifetime(kept) {}
        await server.stop()
    }

    /// A stream is asked for its next bytes when those before are with its reader, and is told once that it is gone.
    @Test func aStreamGoesOnUntilItsReaderIsGone() async throws {
        let (closed, continuation) = AsyncStream.makeStream(of: Void.self)
        let count = Mutex(0)
        let server = try await WatchServer.start(port: 0) { _ in
            { _ in
                WatchAnswer(
                    contentType: "text/event-stream",
                    body: .events(
                        EventFeed {
                            let next = count.withLock {
                                $0 += 1; return $0
                            }
                            return next < 1_000_000 ? Array("data: \(next)\n\n".utf8) : nil
                        } close: {
                            continuation.yield()
                        }))
            }
        }
        do {
            let connection = try LoopbackHTTP(port: server.port)
            connection.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let text = await connection.receive { $0.contains("data: 20\n") }
            #expect(text.contains("data: 1\n\n") && text.contains("transfer-encoding: chunked"))
        }
        for await _ in closed { break }
        #expect(count.withLock { $0 } < 1_000_000)
        await server.stop()
    }

    @Test func aPortThatIsTakenIsSaidInWords() async throws {
        let server = try await Self.start()
        await #expect(throws: WatchFault.self) {
            try await WatchServer.start(port: server.port) { _ in { _ in .json(nil) } }
        }
        await server.stop()
    }
}
