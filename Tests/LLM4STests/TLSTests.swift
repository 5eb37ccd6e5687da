import LLMStreaming
import NIOSSL
import Testing

@testable import LLM4S

@Suite(.enabled(if: TestCertificates.shared != nil, "needs the openssl command"))
struct TLSTests {
    private func stream(
        _ kind: TestCertificates.Kind, host: String, trustsAuthority: Bool
    ) async throws -> (result: StreamResult, requests: Int) {
        let certificates = try #require(TestCertificates.shared)
        let server = try await ScriptedServer(tls: try certificates.server(kind)) { connection, _ in
            connection.send(Wire.chunked(Chat.whole))
        }
        var configuration = TransportConfiguration.test
        configuration.caFile = trustsAuthority ? certificates.caFile : nil
        let transport = StreamingTransport(configuration: configuration)
        let endpoint = try server.endpoint(host: host, isSecure: true)
        let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
        await transport.shutdown()
        await server.stop()
        return (result, server.requests.count)
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func acceptsACertificateOfATrustedAuthorityForTheHost(host: String) async throws {
        let (result, _) = try await stream(.good, host: host, trustsAuthority: true)
        #expect(result.completion?.content == Chat.text)
    }

    @Test func refusesAnUnknownAuthority() async throws {
        let (result, requests) = try await stream(.good, host: "localhost", trustsAuthority: false)
        let error = try #require(result.error)
        #expect(error.kind == .tls)
        #expect(error.message.contains("unknown authority"))
        #expect(requests == 0)
    }

    @Test func refusesAnExpiredCertificate() async throws {
        let (result, requests) = try await stream(.expired, host: "localhost", trustsAuthority: true)
        let error = try #require(result.error)
        #expect(error.kind == .tls)
        #expect(error.message.contains("expired"))
        #expect(requests == 0)
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func refusesACertificateForAnotherHost(host: String) async throws {
        let (result, requests) = try await stream(.otherHost, host: host, trustsAuthority: true)
        let error = try #require(result.error)
        #expect(error.kind == .tls)
        #expect(error.message.contains("host name mismatch"))
        #expect(error.message.contains(host))
        #expect(requests == 0)
    }

    @Test func saysWhenTheServerSpeaksNoTLS() async throws {
        try await withServer(script: { _, _ in }) { transport, server in
            let result = await transport.stream(
                .test, to: try server.endpoint(isSecure: true), receiver: ChunkCollector())
            #expect(result.error?.kind == .tls || result.error?.kind == .connect)
            #expect(result.error?.message.contains("127.0.0.1:\(server.port)") == true)
            #expect(transport.statistics.handshakesFailed == 1)
        }
    }

    @Test func namesAFileOfAuthoritiesThatCannotBeRead() async throws {
        var configuration = TransportConfiguration.test
        configuration.caFile = "/no/such/file.pem"
        try await withServer(configuration, script: { _, _ in }) { transport, server in
            let result = await transport.stream(
                .test, to: try server.endpoint(isSecure: true), receiver: ChunkCollector())
            #expect(result.error?.kind == .tls)
            #expect(result.error?.message.contains("/no/such/file.pem") == true)
        }
    }

    @Test func reusesSecureConnectionsAndClosesThemOnCancellation() async throws {
        let certificates = try #require(TestCertificates.shared)
        let server = try await ScriptedServer(tls: try certificates.server(.good)) { connection, request in
            if request.body.contains("endless") {
                connection.send(Wire.chunkedHead + Wire.chunk(Chat.delta("Hel")))
            } else {
                connection.send(Wire.chunked(Chat.whole))
            }
        }
        var configuration = TransportConfiguration.test
        configuration.caFile = certificates.caFile
        let transport = StreamingTransport(configuration: configuration)
        let endpoint = try server.endpoint(isSecure: true)
        for _ in 0..<3 {
            let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
            #expect(result.completion != nil)
        }
        #expect(server.connections.count == 1)
        let receiver = ChunkCollector()
        let endless = ProviderRequest(body: Array(#"{"endless":true}"#.utf8), choices: 1)
        let task = Task { await transport.stream(endless, to: endpoint, receiver: receiver) }
        await receiver.calls.reach(1)
        task.cancel()
        #expect(await task.value.error?.kind == .cancelled)
        await server.closed.reach(1)
        await transport.shutdown()
        await server.stop()
    }
}
