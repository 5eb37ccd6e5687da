import Foundation
import LLMStreaming
import NIOCore
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

    @Test(
        arguments: [
            (TestCertificates.Kind.expired, true, "it has expired"), (.notYetValid, true, "it is not valid yet"),
            (.selfSigned, true, "it is self-signed (unknown authority)"),
            (.good, false, "its issuer is not trusted (unknown authority)"),
            (.otherHost, true, "it was issued for another host"),
        ])
    func tellsWhyACertificateIsNotAccepted(kind: TestCertificates.Kind, isTrusted: Bool, reason: String) async throws {
        let (result, requests) = try await stream(kind, host: "localhost", trustsAuthority: isTrusted)
        let error = try #require(result.error)
        #expect(error.kind == .tls && error.suspicion == .provider)
        #expect(error.message.hasPrefix("the certificate of localhost:"))
        #expect(error.message.contains(" is not accepted: \(reason)"), "\(error)")
        expectPlainWords(error)
        #expect(requests == 0)
    }

    @Test func aSelfSignedCertificateCanBeTrusted() async throws {
        let certificates = try #require(TestCertificates.shared)
        let (result, _) = try await stream(certificates.server(.selfSigned)) {
            $0.caFile = certificates.files(.selfSigned).certificate
        }
        #expect(result.completion?.content == Chat.text, "\(String(describing: result.error))")
    }

    /// The system's authorities are those that signed the server's certificate here: a file is trusted beside them, or
    /// in their place.
    @Test(arguments: [false, true])
    func aFileOfAuthoritiesIsTrustedBesideTheSystemsOrAlone(isAlone: Bool) async throws {
        let certificates = try #require(TestCertificates.shared)
        func answer(_ kind: TestCertificates.Kind, file: String) async throws -> StreamResult {
            try await stream(certificates.server(kind)) {
                $0.systemAuthorities = .file(certificates.caFile)
                ($0.caFile, $0.trustsCAFileOnly) = (file, isAlone)
            }.result
        }
        let lab = certificates.files(.selfSigned).certificate
        // Whom the file names is trusted either way.
        #expect(try await answer(.selfSigned, file: lab).completion?.content == Chat.text)
        #expect(try await answer(.good, file: certificates.caFile).completion?.content == Chat.text)
        // Whom only the system names, where the file is not alone.
        let ofTheSystem = try await answer(.good, file: lab)
        if isAlone {
            #expect(ofTheSystem.error?.kind == .tls, "\(ofTheSystem)")
            #expect(ofTheSystem.error?.message.contains("its issuer is not trusted") == true)
        } else {
            #expect(ofTheSystem.completion?.content == Chat.text, "\(String(describing: ofTheSystem.error))")
        }
    }

    @Test func onlyAFileThatIsNamedCanBeTrustedAlone() {
        func fault(_ environment: [String: String]) -> String? {
            var configuration = TransportConfiguration(environment: environment)
            configuration.trustsCAFileOnly = true
            do { try configuration.check([Origin(isSecure: true, host: "h", port: 443)]) } catch {
                return error.description
            }
            return nil
        }
        #expect(fault([:])?.contains("none is named: --ca-file FILE, or SSL_CERT_FILE") == true)
        #expect(fault(["SSL_CERT_FILE": "/no"]) == "SSL_CERT_FILE: '/no' cannot be read")
    }

    /// A client of the library trusts whom the options of a stream name; other streams of it do not.
    @Test func theOptionsOfAStreamNameWhomToTrust() async throws {
        let certificates = try #require(TestCertificates.shared)
        let server = try await ScriptedServer(tls: certificates.server(.good)) { connection, _ in
            connection.send(Wire.chunked(Chat.whole))
        }
        let client = LLMClient(endpoint: try server.endpoint(host: "localhost", isSecure: true), model: "m")
        for isAlone in [false, true] {
            let streaming = StreamingOptions.builder().withCAFile(certificates.caFile, only: isAlone).build()
            #expect(try await client.streamComplete([.user("x")], streaming: streaming).content == Chat.text)
        }
        let refused = await #expect(throws: LLMError.self) { try await client.streamComplete([.user("x")]) }
        #expect(refused?.kind == .tls)
        let missing = StreamingOptions.builder().withCAFile("/no/such.pem").build()
        let fault = await #expect(throws: LLMError.self) {
            try await client.streamComplete([.user("x")], streaming: missing)
        }
        #expect(fault?.kind == .tls && fault?.message.contains("caFile: '/no/such.pem' cannot be read") == true)
        await server.stop()
    }

    /// Nothing of the libraries below, and no path of the machine that built them.
    private func expectPlainWords(_ error: LLMError) {
        for word in ["BoringSSL", "NIO", "OPENSSL", "SSL routines", "Error", ".cc", "/", "error:", "_"] {
            #expect(!error.message.contains(word), "\(error.message)")
        }
    }

    /// One request to a server with that context.
    private func stream(
        _ tls: NIOSSLContext?, answer: String = Wire.chunked(Chat.whole),
        configure: (inout TransportConfiguration) throws -> Void = { _ in }
    ) async throws -> (result: StreamResult, requests: Int) {
        let server = try await ScriptedServer(tls: tls) { connection, _ in connection.send(answer) }
        var configuration = TransportConfiguration.test
        configuration.caFile = try #require(TestCertificates.shared).caFile
        try configure(&configuration)
        let transport = StreamingTransport(configuration: configuration)
        let result = await transport.stream(
            .test, to: try server.endpoint(host: "localhost", isSecure: tls != nil), receiver: ChunkCollector())
        await transport.shutdown()
        await server.stop()
        return (result, server.requests.count)
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", "SSH-2.0-OpenSSH_9.6\r\n", "+OK ready\r\n",
    ])
    func saysWhenTheServerSpeaksNoTLS(greeting: String) async throws {
        let server = try await ScriptedServer(.greeting(greeting))
        let transport = StreamingTransport(configuration: .test)
        let endpoint = try server.endpoint(isSecure: true)
        let end = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
        let error = try #require(end.error)
        #expect(error.kind == .tls)
        #expect(error.message == "no TLS with 127.0.0.1:\(server.port): the server does not speak TLS on this port")
        #expect(transport.statistics.handshakesFailed == 1)
        await transport.shutdown()
        await server.stop()
    }

    @Test(arguments: [false, true])
    func saysWhenTheServerWantsAClientCertificate(isOld: Bool) async throws {
        let certificates = try #require(TestCertificates.shared)
        let context = try certificates.server(.good, wantsCertificate: true, isOld: isOld)
        let (result, requests) = try await stream(context)
        let error = try #require(result.error)
        #expect(requests == 0)
        // The alert of TLS 1.3 may be lost behind the reset that closing with an unread request is.
        guard error.kind != .connect || isOld else { return }
        #expect(error.kind == .tls, "\(error)")
        #expect(error.message.contains("client certificate"), "\(error)")
        expectPlainWords(error)
    }

    @Test(arguments: [false, true])
    func showsTheClientCertificateThatTheServerWants(isInOneFile: Bool) async throws {
        let certificates = try #require(TestCertificates.shared)
        let files = certificates.files(.otherHost)
        let (result, _) = try await stream(try certificates.server(.good, wantsCertificate: true)) { configuration in
            (configuration.clientCertificate, configuration.clientKey) = (files.certificate, files.key)
            guard isInOneFile else { return }
            let both = try [files.key, files.certificate].map { try String(contentsOfFile: $0, encoding: .utf8) }
            configuration.clientCertificate = try certificates.file("both.pem", both.joined())
            configuration.clientKey = nil
        }
        #expect(result.completion?.content == Chat.text, "\(String(describing: result.error))")
    }

    @Test func saysWhenTheServerDoesNotAcceptOurs() async throws {
        let certificates = try #require(TestCertificates.shared)
        let files = certificates.files(.selfSigned)
        let (result, _) = try await stream(try certificates.server(.good, wantsCertificate: true, isOld: true)) {
            ($0.clientCertificate, $0.clientKey) = (files.certificate, files.key)
        }
        #expect(result.error?.kind == .tls)
        #expect(result.error?.message.contains("the server does not accept our client certificate") == true)
    }

    /// SETTINGS and GOAWAY, as a server sends them that understands HTTP/2 alone.
    private static let settings = "\0\0\0\u{4}\0\0\0\0\0" + "\0\0\u{8}\u{7}\0\0\0\0\0\0\0\0\0\0\0\0\u{1}"

    @Test(arguments: [false, true]) func saysWhenTheServerSpeaksHTTP2Only(isSecure: Bool) async throws {
        let context = try isSecure ? #require(TestCertificates.shared).server(.good, protocols: []) : nil
        let (result, _) = try await stream(context, answer: Self.settings)
        #expect(result.error?.kind == .decode)
        #expect(result.error?.message.contains("the server speaks HTTP/2 only") == true, "\(result)")
        #expect(result.error?.suspicion == .provider)
    }

    @Test func saysWhenAPlainRequestMetTLS() async throws {
        // An alert: a message of an unexpected kind.
        let (result, _) = try await stream(nil, answer: "\u{15}\u{3}\u{1}\0\u{2}\u{2}\n")
        #expect(result.error?.message.contains("the server speaks TLS on this port") == true, "\(result)")
    }

    @Test func findsFilesThatCannotBeUsedBeforeAnythingIsSent() throws {
        let certificates = try #require(TestCertificates.shared)
        let (good, other) = (certificates.files(.good), certificates.files(.otherHost))
        let empty = try certificates.file("empty.pem", "")
        let broken = try certificates.file(
            "broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        let locked = try certificates.file("locked.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n")
        let secure = Origin(isSecure: true, host: "h", port: 443)
        func fault(
            _ ca: String?, _ certificate: String? = nil, _ key: String? = nil, variable: String? = nil,
            origin: Origin? = nil
        ) -> String? {
            var configuration = TransportConfiguration(
                environment: variable.map { ["SSL_CERT_FILE": $0] } ?? [:], caFile: ca)
            (configuration.clientCertificate, configuration.clientKey) = (certificate, key)
            do { try configuration.check([origin ?? secure]) } catch { return error.description }
            return nil
        }
        #expect(fault(certificates.caFile) == nil && fault(nil) == nil)
        for path in ["/no/such/file.pem", "/"] { #expect(fault(path) == "--ca-file: '\(path)' cannot be read") }
        for path in [empty, broken, good.key] {
            #expect(fault(path) == "--ca-file: '\(path)' holds no certificate in PEM form")
        }
        #expect(fault(nil, variable: "/no") == "SSL_CERT_FILE: '/no' cannot be read")
        // Where TLS is spoken with nobody a variable does no harm.
        #expect(fault(nil, variable: "/no", origin: Origin(isSecure: false, host: "h", port: 80)) == nil)
        #expect(fault("/no", origin: Origin(isSecure: false, host: "h", port: 80)) != nil)
        #expect(fault(nil, good.certificate, good.key) == nil)
        #expect(fault(nil, nil, good.key)?.contains("of no use without --client-cert") == true)
        #expect(fault(nil, good.certificate)?.contains("holds no key: --client-key names its file") == true)
        #expect(fault(nil, good.certificate, other.key)?.hasSuffix("do not belong together") == true)
        #expect(fault(nil, good.certificate, "/no") == "--client-key: '/no' cannot be read")
        #expect(fault(nil, "/no", good.key) == "--client-cert: '/no' cannot be read")
        #expect(fault(nil, empty, good.key)?.contains("holds no certificate") == true)
        #expect(fault(nil, good.certificate, empty)?.contains("holds no key in PEM form") == true)
        #expect(fault(nil, good.certificate, locked)?.contains("is encrypted") == true)
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

    @Test func aVanishedPeerIsFoundWithinOneAndAHalfMinutes() async throws {
        try await withServer(by: [.http1], script: { connection, _ in connection.send(Wire.chunked(Chat.whole)) }) {
            transport, server in
            let endpoint = try server.endpoint()
            // One that fits any buffer, and one that waits until the peer takes it.
            for (size, milliseconds) in [(10, 80_000), (100_000, 0), (10, 80_000)] {
                let request = ProviderRequest(body: [UInt8](repeating: 0x20, count: size), choices: 1)
                #expect(await transport.stream(request, to: endpoint, receiver: ChunkCollector()).completion != nil)
                let options = try #require(await transport.socketOptions().first)
                #expect(options.keepAlive == 1)
                let found = options.idleSeconds + options.probeSeconds * options.probes
                #expect((60...90).contains(found))
                #expect(options.acknowledgeMilliseconds == milliseconds)
            }
            #expect(server.connections.count == 1)
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

extension StreamingTransport {
    /// What the system was asked of a connection's socket.
    fileprivate struct SocketOptions {
        var keepAlive, idleSeconds, probeSeconds, probes, acknowledgeMilliseconds: Int
    }

    fileprivate func socketOptions() async -> [SocketOptions] {
        var found: [SocketOptions] = []
        for connection in pool.connections {
            let values = try? await connection.channel.eventLoop.submit {
                try VanishedPeer.options.map { try connection.channel.syncOptions?.getOption($0.option) ?? -1 }
            }.get()
            guard let values, values.count == 5 else { continue }
            found.append(
                SocketOptions(
                    keepAlive: Int(values[0]), idleSeconds: Int(values[1]), probeSeconds: Int(values[2]),
                    probes: Int(values[3]), acknowledgeMilliseconds: Int(values[4])))
        }
        return found
    }
}
