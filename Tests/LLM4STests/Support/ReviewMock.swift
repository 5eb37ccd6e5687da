import LLM4S
import MockProvider
import Testing

/// A value that a model is asked for.
struct Review: Decodable, Equatable, Sendable {
    enum Label: String, Decodable { case good, bad }
    let label: Label
    let score: Int
    let text: String
}

/// Asks the mock for reviews.
enum ReviewMock {
    static let dialects: [LLM4S.Dialect] = [.openAIChat, .openAIResponses, .anthropicMessages]

    static let schema: JSON = [
        "type": "object", "additionalProperties": false, "required": ["label", "score", "text"],
        "properties": [
            "label": ["enum": ["good", "bad"]], "score": ["type": "integer", "minimum": 0, "maximum": 10],
            "text": ["type": "string"],
        ],
    ]

    /// Options with which the same request may bring another answer.
    static var warm: CompletionOptions {
        var options = CompletionOptions()
        options.temperature = 0.5
        return options
    }

    /// Runs a test with a server that keeps its requests, and a client for a model of it in a dialect.
    static func run(
        _ model: String, _ dialect: LLM4S.Dialect = .openAIChat,
        _ test: (LLMClient, MockServer) async throws -> Void
    ) async throws {
        var configuration = MockConfiguration()
        configuration.recordsRequests = true
        let server = try await MockServer.start(configuration)
        let provider = Provider(
            name: "mock", dialect: dialect, needsKey: false, authorization: .none,
            headers: [HeaderField("anthropic-version", "2023-06-01")])
        do {
            let endpoint = try Endpoint(provider: provider, baseURL: server.baseURL, environment: [:])
            try await test(LLMClient(endpoint: endpoint, model: model), server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    static func review(
        _ client: LLMClient, _ options: CompletionOptions = warm, _ checking: CheckingOptions = CheckingOptions(),
        streaming: StreamingOptions = StreamingOptions()
    ) async throws(LLMError) -> CheckedAnswer<Review> {
        try await client.complete(
            [.user("Judge it.")], as: Review.self, schema: schema, options: options, checking: checking,
            streaming: streaming)
    }

    /// The error of a call that must fail.
    static func failure(_ call: () async throws -> Void) async throws -> LLMError {
        try #require(await #expect(throws: LLMError.self) { try await call() })
    }
}
