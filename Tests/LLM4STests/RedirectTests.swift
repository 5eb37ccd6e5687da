import LLMStreaming
import NIOHTTP1
import Testing

@testable import LLM4S

@Suite struct RedirectTests {
    private static let origin = Origin(isSecure: true, host: "api.example.com", port: 443)

    @Test(arguments: [
        ("/v2/x", "/v2/x"), ("/v2/x?a=b#part", "/v2/x?a=b"), ("y", "/v1/chat/y"), ("?a=b", "/v1/chat/completions?a=b"),
        ("https://api.example.com/z", "/z"), ("HTTPS://API.example.com:443", "/"), ("//api.example.com/z", "/z"),
    ])
    func followsToPathsOfTheSameOrigin(location: String, path: String) {
        let head = ResponseHead(status: 307, headers: [HeaderField("Location", location)])
        #expect(Redirect(head: head, origin: Self.origin, path: "/v1/chat/completions") == .follow(path: path))
    }

    @Test(arguments: [
        "http://api.example.com/z", "https://api.example.com:444/z", "https://example.com/", "//evil.example/z",
        "https://api.example.com@evil.example/", "ftp://api.example.com/", "/a b", "/a\u{9}b", "https://", "",
    ])
    func refusesToGoAnywhereElse(location: String) {
        let head = ResponseHead(status: 308, headers: location.isEmpty ? [] : [HeaderField("Location", location)])
        guard case .refuse(let error) = Redirect(head: head, origin: Self.origin, path: "/v1") else {
            Issue.record("followed")
            return
        }
        #expect(error.kind == .redirect)
    }

    @Test(arguments: [300, 301, 302, 303, 304])
    func refusesRedirectsThatChangeTheMethod(status: Int) {
        let head = ResponseHead(status: status, headers: [HeaderField("Location", "/v2")])
        guard case .refuse(let error) = Redirect(head: head, origin: Self.origin, path: "/v1") else {
            Issue.record("followed")
            return
        }
        #expect(error.httpStatus == status)
    }

    @Test func sendsTheRequestAgainToTheNewPath() async throws {
        try await withServer(script: { connection, request in
            if request.head.uri == "/v2/here" {
                connection.send(Wire.chunked(Chat.whole))
            } else {
                connection.send(
                    Wire.counted(
                        "moved", status: "308 Permanent Redirect", type: "text/plain", "location: /v2/here\r\n"))
            }
        }) { transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            #expect(result.completion?.content == Chat.text)
            #expect(server.requests.map(\.body) == [String](repeating: server.requests[0].body, count: 2))
            #expect(server.requests[1].head.headers["authorization"] == ["Bearer sk-marked-key"])
            #expect(server.connections.count == 1)
        }
    }

    @Test func givesUpAfterThreeRedirects() async throws {
        try await withServer(script: { connection, request in
            connection.send(
                Wire.counted("", status: "307 Temporary Redirect", "location: \(request.head.uri)x\r\n"))
        }) { transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            #expect(result.error?.kind == .redirect)
            #expect(server.requests.count == 4)
        }
    }

    @Test func sendsNothingToAnotherOrigin() async throws {
        let other = try await ScriptedServer { connection, _ in connection.send(Wire.chunked(Chat.whole)) }
        let port = other.port
        try await withServer(script: { connection, _ in
            connection.send(
                Wire.counted("", status: "307 Temporary Redirect", "location: http://127.0.0.1:\(port)/v1/x?key=1\r\n"))
        }) { transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            let error = try #require(result.error)
            #expect(error.kind == .redirect)
            #expect(error.message.contains("http://127.0.0.1:\(port)"))
            #expect(!error.message.contains("key=1"))
            #expect(result.httpStatus == 307)
        }
        #expect(other.connections.count == 0)
        await other.stop()
    }
}
