import Foundation
import LLMStreaming
import NIOCore
import Testing

@testable import LLM4S

/// A key, a proxy's password and the secrets of header fields, quoted wherever a server can put them: nothing of them
/// is in a result.
@Suite struct SecretTests {
    private static let key = "sk-marked-7f3a9c51e0d2-0123456789abcdef"
    private static let headerSecret = "vendor-55aa55aa55aa"

    private func result(_ answer: String, secret: String = key) async throws -> StreamResult {
        let server = try await ScriptedServer { connection, _ in
            connection.send(answer)
            connection.channel.close(promise: nil)
        }
        let transport = StreamingTransport(configuration: .test)
        let provider = Provider(
            name: "lab", baseURL: "http://127.0.0.1:\(server.port)/v1", keyVariables: ["LAB_KEY"],
            headers: [HeaderField("x-vendor-key", Self.headerSecret)])
        let endpoint = try Endpoint(provider: provider, environment: ["LAB_KEY": secret])
        let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
        await transport.shutdown()
        await server.stop()
        return result
    }

    @Test func aKeyInAFinishReasonOrUsageIsInNoChunkThatIsHandedOn() async throws {
        let finish = Chat.whole.replacing("\"stop\"", with: "\"\(Self.key)\"")
        let server = try await ScriptedServer { connection, _ in
            connection.send(Wire.chunked(finish.replacing("chat-1", with: Self.key)))
        }
        let transport = StreamingTransport(configuration: .test)
        let endpoint = try Endpoint(
            provider: Provider(name: "lab", baseURL: "http://127.0.0.1:\(server.port)/v1", keyVariables: ["LAB_KEY"]),
            environment: ["LAB_KEY": Self.key])
        let collector = ChunkCollector()
        let result = await transport.stream(.test, to: endpoint, receiver: collector)
        let text = collector.chunks.map(\.text).joined(separator: "\n")
        #expect(collector.text == Chat.text && text.contains("***") && !text.contains(Self.key), "\(text)")
        #expect(result.completion?.choices[0].nativeFinishReason == "***")
        await transport.shutdown()
        await server.stop()
    }

    /// Everything of a result that is stored or shown.
    private func shown(_ result: StreamResult) -> String {
        let error = result.error
        return [
            error?.message, error?.code, error?.requestID, result.requestID, result.responseID, result.model,
            result.completion?.id, result.completion?.model, result.cursor?.text, error.map { "\($0)" },
        ].compactMap { $0 }.joined(separator: "\n")
    }

    private func expectNothing(of secret: String, in result: StreamResult) {
        let text = shown(result).lowercased()
        // Six letters are no accident; fewer may be.
        for length in 6...secret.count { #expect(!text.contains(secret.lowercased().prefix(length)), "\(text)") }
    }

    /// Answers that hold a secret in each place there is.
    private static func places(_ key: String) -> [String] {
        // Before it is counted.
        func filled(_ text: String) -> String { text.replacing("KEY", with: key) }
        func refusal(_ body: String, _ fields: String = "") -> String {
            Wire.counted(filled(body), status: "401 Unauthorized", type: "application/json", filled(fields))
        }
        let event = #"data: {"error":{"message":"bad KEY","code":"KEY","type":"KEY"},"request_id":"KEY"}"# + "\n\n"
        let short = key.prefix(key.count - 1)
        return [
            refusal(
                #"{"error":{"message":"bad key KEY.","code":"KEY","type":"KEY","param":"KEY"},"request_id":"KEY"}"#),
            refusal(#"{"error":{"message":"x","code":"KEY"}}"#, "x-request-id: KEY\r\n"), refusal("bad KEY"),
            refusal(#"{"detail":[{"loc":["header","KEY"],"msg":"KEY"}]}"#), refusal(#"{"KEY":"KEY"}"#),
            refusal(#"{"error":{"message":"M","metadata":{"raw":"upstream: KEY"}}}"#),
            Wire.counted(filled("<html>KEY</html>"), type: "text/html"), Wire.chunked(filled(event)),
            Wire.chunked(filled("error: KEY\n\n")),
            Wire.chunked(filled("data: KEY\n\n")), Wire.chunked(filled("KEY")),
            Wire.counted(filled("KEY"), type: "application/json"),
            filled(
                Wire.head(
                    "302 Found", "location: http://KEY.example/KEY?KEY\r\ncontent-length: 0\r\nx-request-id: KEY\r\n")),
            filled(Wire.head("200 OK", "content-length: 5\r\nKEY: KEY\r\n\u{0}")), filled("KEY KEY KEY\r\n\r\n"),
            filled("HTTP/1.1 500 KEY\r\ncontent-length: \(key.utf8.count)\r\n\r\nKEY"),
            // Cut on the way.
            Wire.head("500 No", "content-length: 999\r\n") + #"{"error":{"message":"bad \#(short)"#,
            Wire.head("200 OK", type: "text/html", "content-length: 999\r\n") + "<html>\(short)",
            Wire.chunked(Chat.whole.replacing("chat-1", with: key)),
            Wire.chunked(Chat.whole.replacing("m-1", with: key)),
            Wire.chunked(Chat.delta("a").replacing("chat-1", with: key)),
        ]
    }

    @Test(arguments: places(key).indices) func aKeyIsInNoFieldOfAResult(place: Int) async throws {
        for secret in [Self.key, Self.headerSecret] {
            let result = try await result(Self.places(secret)[place])
            expectNothing(of: secret, in: result)
            #expect(result.error != nil || result.completion?.content == Chat.text)
        }
    }

    @Test func aKeyThatCrossesACutLeavesNothing() async throws {
        // The bound of messages, of pages, and of what is read of a refusal.
        for (bound, status, type) in [
            (2048, "400 Bad Request", "text/plain"), (200, "200 OK", "text/html"),
            (65_536, "400 Bad Request", "text/plain"),
        ] {
            for before in stride(from: 1, through: Self.key.count, by: 6) {
                // Blanks before are no part of a message.
                let fill = bound == 65_536 ? " " : "."
                let body = String(repeating: fill, count: bound - before) + Self.key + String(repeating: "x", count: 99)
                let result = try await result(Wire.counted(body, status: status, type: type))
                let text = shown(result)
                for length in 1...Self.key.count { #expect(!text.contains(".\(Self.key.prefix(length))")) }
                expectNothing(of: Self.key, in: result)
            }
        }
    }

    @Test func aShortKeyLeavesWordsWhole() async throws {
        let body = #"{"error":{"message":"the key k broke, EMPTY or k.","code":"kind_k_ok"}}"#
        let error = try #require(
            await self.result(Wire.counted(body, status: "400 Bad Request", type: "application/json"), secret: "k")
                .error)
        #expect(error.message == "the key *** broke, EMPTY or ***.")
        #expect(error.code == "kind_k_ok")
    }

    @Test(arguments: [
        "HTTP/1.1 407 no user:p@ss-word-1 or p@ss-word-1\r\n\r\n", "HTTP/1.1 403 BASE\r\n\r\n",
        "HTTP/1.1 407 No\r\ncontent-length: 37\r\n\r\nno user:p@ss-word-1 BASE user%3Ap%40ss",
        "HTTP/1.1 502 user\r\n\r\n",
    ]) func aProxysUserAndPasswordAreInNoFieldOfAResult(answer: String) async throws {
        let base = Data("user:p@ss-word-1".utf8).base64EncodedString()
        for isSecure in [false, true] {
            let proxy = try await TestProxy(.answering(answer.replacing("BASE", with: base)))
            let url = "http://user:p%40ss-word-1@localhost:\(proxy.port)"
            var configuration = TransportConfiguration.test
            configuration.proxies = ProxySettings(environment: ["HTTPS_PROXY": url, "HTTP_PROXY": url])
            let transport = StreamingTransport(configuration: configuration)
            let endpoint = try Endpoint(
                provider: Provider(
                    name: "lab", baseURL: "\(isSecure ? "https" : "http")://lab.example/v1", needsKey: false),
                environment: [:])
            let result = await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
            let text = shown(result)
            #expect(result.error != nil)
            for secret in ["p@ss", base, "user:", "user%3A", " user"] { #expect(!text.contains(secret), "\(text)") }
            await transport.shutdown()
            await proxy.stop()
        }
    }
}
