import LLMStreaming
import NIOCore
import NIOHTTP1
import Testing

@testable import LLM4S

/// What servers tell beside their answers: pages that are asked for plainly, whole or not at all.
@Suite struct PageTests {
    /// Longer than any of these tests takes.
    private static let patience = Duration.seconds(300)

    private static func text(_ page: [UInt8]?) -> String? { page.map { String(decoding: $0, as: UTF8.self) } }

    @Test func asksPlainlyWithTheKeyOverTheConnectionsOfStreams() async throws {
        try await withServer(script: { connection, request in
            connection.send(
                request.head.method == .GET
                    ? Wire.counted("a 1\nb 2\n", type: "text/plain") : Wire.chunked(Chat.whole))
        }) { transport, server in
            let endpoint = try server.endpoint()
            let answer = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
            #expect(answer.completion?.content == Chat.text)
            for _ in 0..<2 {
                let page = await transport.page("/metrics?x=1", of: endpoint, within: Self.patience)
                #expect(Self.text(page) == "a 1\nb 2\n")
            }
            let next = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
            #expect(next.completion != nil)
            #expect(server.connections.count == 1)
            let request = server.requests[1]
            #expect(request.head.uri == "/metrics?x=1" && request.body.isEmpty)
            #expect(request.head.headers["authorization"] == ["Bearer sk-marked-key"])
            #expect(request.head.headers["accept"] == ["text/plain, application/json"])
            #expect(request.head.headers["content-length"].isEmpty && request.head.headers["content-type"].isEmpty)
        }
    }

    @Test(arguments: [
        Wire.chunkedHead + Wire.chunk("data: 1\n\n") + Wire.chunk("{}") + Wire.lastChunk,
        Wire.counted("data: 1\n\n{}", type: nil),
    ])
    func takesABodyOfAnyFormAsItIs(response: String) async throws {
        try await withServer(script: { connection, _ in connection.send(response) }) { transport, server in
            let page = await transport.page("/x", of: try server.endpoint(), within: Self.patience)
            #expect(Self.text(page) == "data: 1\n\n{}")
        }
    }

    @Test func takesABodyThatEndsWithItsConnection() async throws {
        try await withServer(script: { connection, _ in
            connection.send(Wire.head(type: "text/plain", "connection: close\r\n") + "a 1\n")
            connection.close()
        }) { transport, server in
            let page = await transport.page("/x", of: try server.endpoint(), within: Self.patience)
            #expect(Self.text(page) == "a 1\n")
        }
    }

    @Test(arguments: [
        Wire.counted("{}", status: "404 Not Found"), Wire.counted("", status: "204 No Content"),
        Wire.counted("down", status: "503 Service Unavailable", type: "text/plain"),
        Wire.counted("", status: "302 Found", "location: /other\r\n"),
        Wire.counted("", status: "307 Temporary Redirect", "location: http://127.0.0.2/\r\n"),
        Wire.counted("a", status: "206 Partial Content"), "no HTTP at all\r\n\r\n",
    ])
    func anythingButASuccessIsNoPage(response: String) async throws {
        let versions: [HTTPVersions] = response.hasPrefix("HTTP/1.1") ? [.http1, .http2] : [.http1]
        try await withServer(by: versions, script: { connection, _ in connection.send(response) }) {
            transport, server in
            let page = await transport.page("/x", of: try server.endpoint(), within: Self.patience)
            #expect(page == nil)
            #expect(server.requests.count == 1)
        }
    }

    @Test func whatWasCutOrClosedIsNoPage() async throws {
        try await withServer(script: { connection, request in
            if request.head.uri == "/cut" {
                connection.send(Wire.head(type: "text/plain", "content-length: 1000\r\n") + "a 1\n")
            }
            connection.close()
        }) { transport, server in
            for path in ["/cut", "/closed"] {
                let page = await transport.page(path, of: try server.endpoint(), within: Self.patience)
                #expect(page == nil)
            }
        }
        let port = try RefusedPort()
        let refused = try Endpoint(
            provider: Provider(name: "lab", baseURL: "http://127.0.0.1:\(port.port)", needsKey: false),
            environment: [:])
        let transport = StreamingTransport(configuration: .test)
        #expect(await transport.page("/x", of: refused, within: Self.patience) == nil)
        await transport.shutdown()
    }

    @Test func anEndlessBodyIsReadToABoundAndItsConnectionClosed() async throws {
        let piece = Wire.chunk(String(repeating: "x", count: 64 << 10))
        try await withServer(script: { connection, _ in
            connection.send(Wire.chunkedHead)
            @Sendable func sendMore() {
                connection.channel.writeAndFlush(ByteBuffer(string: piece)).whenSuccess { sendMore() }
            }
            sendMore()
        }) { transport, server in
            let page = await transport.page("/x", of: try server.endpoint(), within: Self.patience)
            #expect(page == nil)
            await server.closed.reach(1)
        }
    }

    @Test func theLongestPageIsTakenAndOneByteMoreIsNot() async throws {
        let bound = ResponseBody.maximumPageBytes
        try await withServer(script: { connection, request in
            let count = request.head.uri == "/longest" ? bound : bound + 1
            connection.send(Wire.counted(String(repeating: "x", count: count), type: "text/plain"))
        }) { transport, server in
            let endpoint = try server.endpoint()
            #expect(await transport.page("/longest", of: endpoint, within: Self.patience)?.count == bound)
            #expect(await transport.page("/longer", of: endpoint, within: Self.patience) == nil)
        }
    }

    @Test(arguments: [false, true]) func aServerThatHangsIsGivenUpInTime(isHeadSent: Bool) async throws {
        // By HTTP/2 there may be no stream yet whose end the server could see.
        try await withServer(
            by: [.http1],
            script: { connection, _ in
                // As slow as a body may come: it is late all the same.
                if isHeadSent { connection.send(Wire.head(type: "text/plain", "content-length: 1000\r\n") + "a") }
            }
        ) { transport, server in
            let page = await transport.page("/x", of: try server.endpoint(), within: .milliseconds(50))
            #expect(page == nil)
            await server.closed.reach(1)
        }
    }

    @Test func cancellingClosesTheConnection() async throws {
        try await withServer(script: { _, _ in }) { transport, server in
            let endpoint = try server.endpoint()
            let task = Task { await transport.page("/x", of: endpoint, within: Self.patience) }
            await server.receive(1)
            task.cancel()
            #expect(await task.value == nil)
            await server.closed.reach(1)
        }
    }

    @Test func aConnectionThatTheServerHadClosedIsReplacedByAnother() async throws {
        try await withServer(script: { connection, _ in
            connection.send(Wire.counted("a 1\n", type: "text/plain"))
        }) { transport, server in
            let endpoint = try server.endpoint()
            #expect(await transport.page("/x", of: endpoint, within: Self.patience) != nil)
            await server.closeAll()
            #expect(await transport.page("/x", of: endpoint, within: Self.patience) != nil)
        }
    }
}
