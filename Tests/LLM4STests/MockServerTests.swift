import LLMStreaming
import MockProvider
import Testing

@testable import LLM4S

/// The transport against the scripted provider, which shares no code with the decoders.
@Suite struct MockServerTests {
    private static let dialects: [LLMStreaming.Dialect] = [.openAIChat, .anthropicMessages]

    /// Streams one answer of a model whose name says how the server behaves.
    private func stream(
        _ model: String, _ dialect: LLMStreaming.Dialect, timeouts: StreamTimeouts = StreamTimeouts(),
        inspect: (MockServer, StreamingTransport, Endpoint, ProviderRequest) async throws -> Void = { _, _, _, _ in }
    ) async throws -> (result: StreamResult, receiver: ChunkCollector) {
        let server = try await MockServer.start()
        var configuration = TransportConfiguration.test
        configuration.timeouts = timeouts
        let transport = StreamingTransport(configuration: configuration)
        let provider = Provider(
            name: "mock", dialect: dialect, needsKey: false, authorization: .none,
            headers: [HeaderField("anthropic-version", "2023-06-01")])
        let endpoint = try Endpoint(provider: provider, baseURL: server.baseURL, environment: [:])
        var options = CompletionOptions()
        options.maxTokens = 100_000
        let request = try RequestEncoder.encode(
            .conversation([.user("Tell me.")], options, extraBody: JSONObject()), model: model, provider: provider)
        let receiver = ChunkCollector()
        let result = await transport.stream(request, to: endpoint, receiver: receiver)
        do { try await inspect(server, transport, endpoint, request) } catch {
            await transport.shutdown()
            await server.stop()
            throw error
        }
        await transport.shutdown()
        await server.stop()
        return (result, receiver)
    }

    @Test(arguments: dialects, ["count-200", "count-200+comments", "count-200+chunk=7", "count-200+reasoning"])
    func completesAndReusesItsConnection(dialect: LLMStreaming.Dialect, model: String) async throws {
        let (result, receiver) = try await stream(model, dialect) { server, transport, endpoint, request in
            for _ in 0..<5 {
                let again = await transport.stream(request, to: endpoint, receiver: ChunkCollector())
                #expect(again.completion != nil)
            }
            #expect(server.statistics.connectionsAccepted == 1)
        }
        let completion = try #require(result.completion)
        let numbers = completion.content.split { !$0.isNumber }.compactMap { Int($0) }
        #expect(numbers == Array(1...200))
        #expect(receiver.text == completion.content)
        #expect(completion.usage?.completionTokens != nil)
    }

    @Test(
        arguments: dialects,
        [
            ("count-50+drop", ErrorKind.connect), ("count-50+cut=700", .cut), ("count-50+reset=700", .cut),
            ("count-50+cutchunk=middle", .cut), ("count-50+end=middle", .cut), ("count-50+malformed=middle", .decode),
            ("count-50+huge=9000000", .oversizedEvent), ("count-50+html", .decode),
            ("count-50+status=429+retryafter=3", .rateLimit), ("count-50+status=401", .auth),
            ("count-50+status=500", .server), ("count-50+status=302+location=http://127.0.0.1:1/v1", .redirect),
        ])
    func failsWithTheKindOfTheFault(dialect: LLMStreaming.Dialect, fault: (model: String, kind: ErrorKind)) async throws
    {
        let (result, receiver) = try await stream(fault.model, dialect)
        #expect(result.error?.kind == fault.kind)
        #expect(result.partial.text == receiver.text)
    }

    @Test(arguments: dialects, ["count-50+inband=middle", "count-50+inband=middle+errordone", "count-50+inbandlate"])
    func failsByAnErrorInTheStream(dialect: LLMStreaming.Dialect, model: String) async throws {
        let (result, receiver) = try await stream(model, dialect)
        #expect(result.error != nil)
        #expect(result.error?.kind != .cut)
        #expect(!receiver.text.isEmpty)
        #expect(result.partial.text == receiver.text)
    }

    @Test(arguments: dialects, ["count-50+wholejson", "count-50+open", "count-50+close"])
    func completesInUnusualWays(dialect: LLMStreaming.Dialect, model: String) async throws {
        let (result, _) = try await stream(model, dialect)
        #expect(result.completion?.content.hasPrefix("1") == true)
    }

    @Test(
        arguments: dialects,
        [
            ("count-50+silent=headers", ErrorKind.timeoutFirstToken), ("count-50+silent=first", .timeoutFirstToken),
            ("count-50+silent=middle", .timeoutIdle),
        ])
    func firesTheClockOfThePhase(dialect: LLMStreaming.Dialect, silence: (model: String, kind: ErrorKind)) async throws
    {
        var timeouts = StreamTimeouts()
        if silence.kind == .timeoutIdle {
            timeouts.idle = .milliseconds(200)
        } else {
            timeouts.firstToken = .milliseconds(200)
        }
        let (result, _) = try await stream(silence.model, dialect, timeouts: timeouts)
        #expect(result.error?.kind == silence.kind)
    }
}
