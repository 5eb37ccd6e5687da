import LLMStreaming
import Testing

@testable import BatchEngine

/// Which provider and model a line goes to (Contract, "Job lines").
@Suite struct InputDefaultsTests {
    private struct Case: Sendable, CustomTestStringConvertible {
        var model: String
        var provider: String?
        var openAIBaseURL: String?
        var expected: ModelName

        init(_ model: String, provider: String? = nil, url: String? = nil, _ expected: (String, String)) {
            self.model = model
            self.provider = provider
            openAIBaseURL = url
            self.expected = ModelName(provider: expected.0, model: expected.1)
        }

        var testDescription: String { "\(model) with --provider \(provider ?? "-"), \(openAIBaseURL ?? "-")" }
    }

    private static let cases = [
        Case("mock/m", ("mock", "m")),
        Case("openrouter/meta-llama/llama-3", ("openrouter", "meta-llama/llama-3")),
        Case("gpt-5-mini", ("openai", "gpt-5-mini")),
        Case("gpt-5-mini", url: "https://openrouter.ai/api/v1", ("openrouter", "gpt-5-mini")),
        Case("gpt-5-mini", provider: "azure", url: "https://openrouter.ai/api/v1", ("azure", "gpt-5-mini")),
        Case("meta-llama/llama-3", url: "https://openrouter.ai/api/v1", ("openrouter", "meta-llama/llama-3")),
        Case("perplexity/sonar", url: "https://openrouter.ai/api/v1", ("openrouter", "perplexity/sonar")),
        Case("mock/m", url: "https://openrouter.ai/api/v1", ("mock", "m")),
        Case("meta-llama/Llama-3.1-8B", provider: "vllm", ("vllm", "meta-llama/Llama-3.1-8B")),
        Case("mock/m", provider: "vllm", ("mock", "m")),
        Case("/m", provider: "vllm", ("vllm", "/m")),
        Case("nvidia/nemotron", ("nvidia", "nemotron")),
        Case("nvidia/nemotron", provider: "vllm", ("vllm", "nvidia/nemotron")),
        Case("perplexity/sonar", provider: "openrouter", ("openrouter", "perplexity/sonar")),
    ]

    @Test(arguments: cases)
    private func theModelIsSplitAtTheFirstSlashWhereAProviderStandsBefore(_ test: Case) throws {
        let defaults = try InputDefaults(provider: test.provider, openAIBaseURL: test.openAIBaseURL)
        #expect(try defaults.resolve(test.model) == test.expected)
        #expect(try parse(#"{"model":"\#(test.model)","prompt":"Hi"}"#, defaults).model == test.expected)
        let asDefault = try InputDefaults(
            model: test.model, provider: test.provider, openAIBaseURL: test.openAIBaseURL)
        #expect(asDefault.model == test.expected)
        #expect(try parse(#"{"prompt":"Hi"}"#, asDefault).model == test.expected)
    }

    @Test func theModelOfTheLineGoesBeforeTheDefault() throws {
        let defaults = try InputDefaults(model: "openai/gpt-5-mini")
        #expect(
            try parse(#"{"model":"mock/m","prompt":"Hi"}"#, defaults).model == ModelName(provider: "mock", model: "m"))
    }

    @Test func unknownProvidersAreRefusedWithTheNearestName() {
        #expect(throws: ConfigurationError("--provider: unknown provider 'antropic'; did you mean 'anthropic'?")) {
            try InputDefaults(provider: "antropic")
        }
        #expect(
            throws: ConfigurationError(
                "--model: 'opnai/gpt-5': unknown provider 'opnai'; did you mean 'openai'?; or give --provider")
        ) { try InputDefaults(model: "opnai/gpt-5") }
        #expect(throws: ConfigurationError("--model: the model is empty")) { try InputDefaults(model: "") }
    }

    @Test func aProviderOfTheConfigurationIsAPrefixLikeAnyOther() throws {
        var catalog = ProviderCatalog()
        catalog["lab"] = Provider(name: "lab", baseURL: "http://10.0.0.7:8000/v1")
        let defaults = try InputDefaults(catalog: catalog)
        #expect(try defaults.resolve("lab/a/b") == ModelName(provider: "lab", model: "a/b"))
    }
}
