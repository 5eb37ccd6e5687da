// Only LLM4S: a client made as a user makes it, by a model's name and variables.
import LLM4S
import MockProvider
import Testing

/// Every provider from its variables to its last chunk: a whole answer, errors, an interruption.
@Suite struct ProviderFlowTests {
    /// A provider, how its variables are set, and what its server has to see.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var prefix: String
        /// The variables, with `URL` in place of the server's address.
        var environment: [String: String]
        /// The path, with `MODEL` in place of the model.
        var path: String
        var key: (field: String, value: String)
        /// What the provider puts into its streams besides.
        var extras = ""
        var api: String?

        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "OpenAI", prefix: "openai", environment: ["OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "URL/v1"],
            path: "/v1/chat/completions", key: ("authorization", "Bearer sk-1")),
        Case(
            name: "OpenAI, Responses", prefix: "openai",
            environment: ["OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "URL/v1"], path: "/v1/responses",
            key: ("authorization", "Bearer sk-1"), api: "responses"),
        Case(
            name: "Azure", prefix: "azure",
            environment: ["AZURE_OPENAI_API_KEY": "az-1", "AZURE_OPENAI_ENDPOINT": "URL"],
            path: "/openai/v1/chat/completions", key: ("api-key", "az-1"), extras: "+extras=azure"),
        Case(
            name: "Azure, dated paths and a token", prefix: "azure",
            environment: [
                "AZURE_OPENAI_AD_TOKEN": "ad-1", "AZURE_OPENAI_ENDPOINT": "URL", "AZURE_API_VERSION": "2024-10-21",
            ],
            path: "/openai/deployments/MODEL/chat/completions?api-version=2024-10-21",
            key: ("authorization", "Bearer ad-1"), extras: "+extras=azure"),
        Case(
            name: "Anthropic", prefix: "anthropic",
            environment: ["ANTHROPIC_API_KEY": "an-1", "ANTHROPIC_BASE_URL": "URL"], path: "/v1/messages",
            key: ("x-api-key", "an-1"), extras: "+pings"),
        Case(
            name: "OpenRouter", prefix: "openrouter",
            environment: ["OPENROUTER_API_KEY": "or-1", "OPENROUTER_BASE_URL": "URL/api/v1"],
            path: "/api/v1/chat/completions", key: ("authorization", "Bearer or-1"),
            extras: "+extras=openrouter+comments"),
    ]

    /// Streams one answer, and shows the request that the server got.
    private func stream(
        _ provider: Case, _ behavior: String
    ) async throws -> (
        completion: Result<Completion, LLMError>, chunks: [StreamedChunk], request: MockRequest, model: String
    ) {
        var configuration = MockConfiguration()
        configuration.recordsRequests = true
        let server = try await MockServer.start(configuration)
        let address = String(server.baseURL.dropLast(3))
        let environment = provider.environment.mapValues { $0.replacing("URL", with: address) }
        let model = behavior + provider.extras
        let client = try LLM.client(model: "\(provider.prefix)/\(model)", environment: environment)
        var options = CompletionOptions()
        options.maxTokens = 100_000
        if let api = provider.api { options[.api] = .string(api) }
        var chunks: [StreamedChunk] = []
        var accumulator = client.accumulator(options: options)
        let result: Result<Completion, LLMError>
        do throws(LLMError) {
            for try await chunk in client.stream(
                [.system("Count."), .user("To the end.")], options: options)
            {
                chunks.append(chunk)
                accumulator.add(chunk)
            }
            result = .success(try accumulator.completion())
        } catch {
            result = .failure(error)
        }
        await server.stop()
        return (result, chunks, try #require(server.requests.first), model)
    }

    private static func text(_ chunks: [StreamedChunk]) -> String { chunks.compactMap(\.content).joined() }

    @Test(arguments: cases)
    func aWholeAnswerFromTheVariablesToTheUsage(provider: Case) async throws {
        let (result, chunks, request, model) = try await stream(provider, "count-200+chunk=3")
        let completion = try result.get()
        #expect(completion.content == (1...200).map(String.init).joined(separator: " "))
        #expect(Self.text(chunks) == completion.content)
        #expect(completion.finishReason == .stop)
        #expect(completion.usage?.completionTokens == 200)
        #expect((completion.usage?.promptTokens ?? 0) > 0)
        #expect(completion.id != nil)
        let encoded = model.replacing("+", with: "%2B").replacing("=", with: "%3D")
        #expect(request.path == provider.path.replacing("MODEL", with: encoded))
        #expect(request.method == "POST")
        #expect(request.header(provider.key.field) == provider.key.value)
        #expect(request.bodyText.contains(#""stream":true"#))
        #expect(request.model == model)
        #expect(request.lastUserText == "To the end.")
        #expect(!request.bodyText.contains(provider.key.value))
    }

    @Test(
        arguments: cases,
        [
            ("status=401", ErrorKind.auth, false), ("status=404", .notFound, false),
            ("status=400", .invalidRequest, false),
            ("status=429+retryafter=9", .rateLimit, true), ("status=500", .server, true),
            ("status=503", .overloaded, true),
            ("status=529", .overloaded, true), ("html", .decode, true),
        ])
    func aRefusalHasItsKind(provider: Case, fault: (behavior: String, kind: ErrorKind, isRetryable: Bool)) async throws
    {
        let (result, chunks, _, _) = try await stream(provider, "count-50+\(fault.behavior)")
        guard case .failure(let error) = result else {
            Issue.record("a refusal was taken for an answer")
            return
        }
        #expect(error.kind == fault.kind)
        #expect(error.isRetryable == fault.isRetryable)
        #expect(error.retryAfter == (fault.kind == .rateLimit ? .seconds(9) : nil))
        #expect(!"\(error)".contains(provider.key.value))
        #expect(Self.text(chunks).isEmpty)
    }

    @Test(
        arguments: cases,
        [
            ("cutchunk=middle", ErrorKind.cut), ("reset=2500", .cut), ("end=middle", .cut),
            ("malformed=middle", .decode),
            ("inband=middle", .server),
        ])
    func anInterruptionLeavesWhatCame(provider: Case, fault: (behavior: String, kind: ErrorKind)) async throws {
        let (result, chunks, _, _) = try await stream(provider, "count-200+\(fault.behavior)")
        guard case .failure(let error) = result else {
            Issue.record("half an answer was taken for a whole one")
            return
        }
        // Anthropic's mock says in a stream what Anthropic says there.
        let isOverloaded = fault.kind == .server && provider.prefix == "anthropic"
        #expect(error.kind == (isOverloaded ? .overloaded : fault.kind))
        #expect(error.isRetryable)
        let numbers = Self.text(chunks).split(separator: " ").compactMap { Int($0) }
        #expect(!numbers.isEmpty && numbers.count < 200)
        #expect(numbers == Array(1...numbers.count))
    }
}
