import Foundation
import LLMStreaming
import NIOHTTP1
import Testing

@testable import LLM4S

/// Requests through a proxy on real sockets; the names of the origins exist nowhere, so only the proxy can find them.
@Suite struct ProxyTests {
    private static let credentials = "Basic " + Data("user:p@ss".utf8).base64EncodedString()

    private static func configuration(_ proxy: String, caFile: String? = nil) -> TransportConfiguration {
        var configuration = TransportConfiguration.test
        configuration.proxies = ProxySettings(environment: ["HTTPS_PROXY": proxy, "HTTP_PROXY": proxy])
        configuration.caFile = caFile
        return configuration
    }

    /// Runs a test with a proxy before a server that answers whole; `tls` is the server's certificate.
    private func withProxy(
        _ manner: TestProxy.Manner = .serving, tls: TestCertificates.Kind? = nil, proxyTLS: Bool = false,
        connectTimeout: Duration? = nil, _ test: (StreamingTransport, ScriptedServer, TestProxy) async throws -> Void
    ) async throws {
        let certificates = TestCertificates.shared
        let server = try await ScriptedServer(tls: try tls.flatMap { try certificates?.server($0) }) { connection, _ in
            connection.send(Wire.chunked(Chat.whole))
        }
        let proxy = try await TestProxy(manner, tls: proxyTLS ? try certificates?.server(.good) : nil)
        var configuration = Self.configuration(
            "\(proxyTLS ? "https" : "http")://user:p%40ss@localhost:\(proxy.port)", caFile: certificates?.caFile)
        if let connectTimeout { configuration.timeouts.connect = connectTimeout }
        let transport = StreamingTransport(configuration: configuration)
        do { try await test(transport, server, proxy) } catch { Issue.record(error) }
        await transport.shutdown()
        await proxy.stop()
        await server.stop()
    }

    @Test(.enabled(if: TestCertificates.shared != nil, "needs the openssl command"), arguments: [false, true])
    func aSecureOriginIsReachedThroughATunnelThatIsReused(isSlow: Bool) async throws {
        try await withProxy(isSlow ? .servingSlowly : .serving, tls: .otherHost) { transport, server, proxy in
            let endpoint = try server.endpoint(host: "other.example", isSecure: true)
            for _ in 0..<3 {
                let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
                #expect(result.completion?.content == Chat.text, "\(String(describing: result.error))")
            }
            let head = try #require(proxy.heads.first)
            #expect(proxy.heads.count == 1 && server.connections.count == 1)
            #expect(head.hasPrefix("CONNECT other.example:\(server.port) HTTP/1.1\r\n"))
            #expect(head.lowercased().contains("host: other.example:\(server.port)"))
            #expect(head.contains("proxy-authorization: \(Self.credentials)"))
            #expect(!head.contains("sk-marked-key") && !head.contains("x-team"))
            for request in server.requests {
                #expect(request.head.uri == "/v1/chat/completions")
                #expect(request.head.headers["proxy-authorization"].isEmpty)
                #expect(request.head.headers["authorization"] == ["Bearer sk-marked-key"])
            }
        }
    }

    @Test func aPlainOriginIsAskedForByItsWholeAddress() async throws {
        try await withProxy { transport, server, proxy in
            let endpoint = try server.endpoint(host: "lab.example")
            for _ in 0..<2 {
                let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
                #expect(result.completion?.content == Chat.text, "\(String(describing: result.error))")
            }
            #expect(proxy.heads.count == 1 && server.requests.count == 2)
            for request in server.requests {
                #expect(request.head.uri == "http://lab.example:\(server.port)/v1/chat/completions")
                #expect(request.head.headers["host"] == ["lab.example:\(server.port)"])
                #expect(request.head.headers["proxy-authorization"] == [Self.credentials])
            }
        }
    }

    @Test(.enabled(if: TestCertificates.shared != nil, "needs the openssl command"), arguments: [false, true])
    func theProxyItselfMaySpeakTLS(isOriginSecure: Bool) async throws {
        try await withProxy(tls: isOriginSecure ? .otherHost : nil, proxyTLS: true) { transport, server, proxy in
            let endpoint = try server.endpoint(host: "other.example", isSecure: isOriginSecure)
            let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
            #expect(result.completion?.content == Chat.text, "\(String(describing: result.error))")
            #expect(proxy.heads.first?.hasPrefix(isOriginSecure ? "CONNECT " : "POST http://") == true)
        }
    }

    @Test(.enabled(if: TestCertificates.shared != nil, "needs the openssl command"))
    func theCertificateIsTheOriginsAndNotTheProxys() async throws {
        // Issued for 127.0.0.1, which is where the proxy is.
        try await withProxy(tls: .good) { transport, server, _ in
            for host in ["other.example", "10.0.0.7"] {
                let result = await transport.stream(
                    .test, to: try server.endpoint(host: host, isSecure: true), receiver: ChunkCollector())
                #expect(result.error?.kind == .tls)
                #expect(result.error?.message.contains("\(host):\(server.port)") == true)
                #expect(result.error?.message.contains("host name mismatch") == true)
            }
            #expect(server.requests.isEmpty)
        }
    }

    @Test(.enabled(if: TestCertificates.shared != nil, "needs the openssl command"))
    func aProxyWithAWrongCertificateGetsNoCredentials() async throws {
        let proxy = try await TestProxy(tls: try #require(TestCertificates.shared).server(.good))
        let transport = StreamingTransport(configuration: Self.configuration("https://u:p@localhost:\(proxy.port)"))
        let endpoint = try Endpoint(
            provider: Provider(name: "lab", baseURL: "https://other.example/v1", needsKey: false), environment: [:])
        let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
        #expect(result.error?.kind == .proxy)
        #expect(result.error?.message.contains("unknown authority") == true, "\(String(describing: result.error))")
        #expect(proxy.heads.isEmpty)
        await transport.shutdown()
        await proxy.stop()
    }

    @Test(arguments: [
        ("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n", "HTTP 407", false),
        ("HTTP/1.1 403 Forbidden\r\n\r\n<html>no</html>", "HTTP 403 Forbidden", false),
        ("HTTP/1.0 502 Bad Gateway\r\n\r\n", "HTTP 502", true), ("HTTP/1.1 429 Slow\r\n\r\n", "HTTP 429", true),
        ("SSH-2.0-OpenSSH\r\n\r\n", "does not answer in HTTP/1.1", true),
        (String(repeating: "x", count: 20_000), "answered without an end", true),
    ])
    func aTunnelThatIsRefusedIsTheProxysError(answer: String, words: String, isRetryable: Bool) async throws {
        try await withProxy(.answering(answer)) { transport, server, proxy in
            let endpoint = try server.endpoint(host: "other.example", isSecure: true)
            let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
            let error = try #require(result.error)
            #expect(error.kind == .proxy && error.isRetryable == isRetryable)
            #expect(error.message.contains("the proxy localhost:\(proxy.port)"))
            #expect(error.message.contains(words), "\(error)")
            #expect(!"\(error)".contains("p@ss") && !"\(error)".contains(Self.credentials))
            #expect(server.connections.count == 0)
            #expect(transport.statistics.handshakesFailed == 1)
        }
    }

    @Test func aProxyThatWantsOtherCredentialsForAPlainRequestIsTheProxysError() async throws {
        let answer = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 2\r\n\r\nno"
        try await withProxy(.answering(answer)) { transport, server, _ in
            let result = await transport.stream(
                .test, to: try server.endpoint(host: "lab.example"), receiver: ChunkCollector())
            #expect(result.error?.kind == .proxy && result.error?.httpStatus == 407)
            #expect(result.error?.isRetryable == false)
        }
    }

    @Test func aProxyThatGoesAwayIsTheProxysError() async throws {
        try await withProxy(.closing) { transport, server, _ in
            let result = await transport.stream(
                .test, to: try server.endpoint(host: "other.example", isSecure: true), receiver: ChunkCollector())
            #expect(result.error?.kind == .proxy)
            #expect(result.error?.message.contains("closed the connection before it answered") == true)
        }
    }

    @Test func aProxyThatIsNotThereIsTheProxysError() async throws {
        let gone = try RefusedPort()
        let transport = StreamingTransport(configuration: Self.configuration("http://u:secret@127.0.0.1:\(gone.port)"))
        for url in ["http://lab.example/v1", "https://lab.example/v1"] {
            let endpoint = try Endpoint(
                provider: Provider(name: "lab", baseURL: url, needsKey: false), environment: [:])
            let error = try #require(
                await transport.stream(.test, to: endpoint, receiver: ChunkCollector()).error)
            #expect(error.kind == .proxy && error.isRetryable)
            #expect(error.message.contains("127.0.0.1:\(gone.port)") && !error.message.contains("secret"), "\(error)")
        }
        await transport.shutdown()
        withExtendedLifetime(gone) {}
    }

    @Test func aSilentProxyRunsIntoTheConnectClock() async throws {
        // Long enough for a busy machine to reach the proxy.
        try await withProxy(.silent, connectTimeout: .seconds(2)) { transport, server, proxy in
            let result = await transport.stream(
                .test, to: try server.endpoint(host: "other.example", isSecure: true), receiver: ChunkCollector())
            #expect(result.error?.kind == .timeoutConnect)
            #expect(result.error?.message.contains("through the proxy localhost:\(proxy.port)") == true)
            await proxy.closed.reach(1)
        }
    }

    @Test func cancellingClosesTheTunnelThatIsBeingAskedFor() async throws {
        try await withProxy(.silent) { transport, server, proxy in
            let endpoint = try server.endpoint(host: "other.example", isSecure: true)
            let task = Task { await transport.stream(.test, to: endpoint, receiver: ChunkCollector()) }
            await proxy.receive(1)
            task.cancel()
            #expect(await task.value.error?.kind == .cancelled)
            await proxy.closed.reach(1)
        }
    }

    @Test func thisMachineIsReachedDirectly() async throws {
        try await withProxy { transport, server, proxy in
            for host in ["127.0.0.1", "localhost"] {
                let result = await transport.stream(
                    .test, to: try server.endpoint(host: host), receiver: ChunkCollector())
                #expect(result.completion != nil)
            }
            #expect(proxy.heads.isEmpty)
            #expect(server.requests.allSatisfy { $0.head.uri == "/v1/chat/completions" })
        }
    }
}
