import BatchEngine
import LLMStreaming
import LoadTesting

/// The requests of a load test: each is a function of its number, so that a seed repeats them.
struct RequestSupply: Sendable {
    /// Where requests come from.
    enum Origin: Sendable {
        /// Random prompts of `inputTokens` words, with answers of at most `outputTokens`.
        case random(provider: String, model: String, inputTokens: Int, outputTokens: Int, seed: UInt64)
        /// The jobs of a file, over and over.
        case jobs([StoredRequest])
    }

    /// A job's request, with its provider and model.
    struct StoredRequest: Sendable {
        var provider: String
        var model: String
        var content: RequestContent
    }

    let origin: Origin
    let endpoints: [String: Endpoint]

    /// The encoded request of this number, and its endpoint.
    func request(_ number: Int) throws(LLMError) -> (request: ProviderRequest, endpoint: Endpoint) {
        let asked = stored(number)
        guard let endpoint = endpoints[asked.provider] else {
            throw LLMError(.invalidRequest, "provider '\(asked.provider)' is not known")
        }
        let request = try RequestEncoder.encode(asked.content, model: asked.model, provider: endpoint.provider)
        return (request, endpoint)
    }

    private func stored(_ number: Int) -> StoredRequest {
        switch origin {
        case .jobs(let requests): return requests[number % requests.count]
        case .random(let provider, let model, let inputTokens, let outputTokens, let seed):
            var prompt = RandomPrompt(seed: seed &+ UInt64(number) &* 0x2545_F491_4F6C_DD1D)
            var options = CompletionOptions()
            options.maxTokens = outputTokens
            var extra = JSONObject()
            // With these servers an answer can have all its tokens.
            if ["vllm", "sglang"].contains(provider) { extra["ignore_eos"] = true }
            return StoredRequest(
                provider: provider, model: model,
                content: .conversation(
                    Conversation([.user(prompt.next(words: inputTokens))]), options, extraBody: extra))
        }
    }

    /// In words.
    var text: String {
        switch origin {
        case .random(_, _, let inputTokens, let outputTokens, _):
            "random prompts of \(inputTokens) words, at most \(outputTokens) tokens out"
        case .jobs(let requests): "\(requests.count.grouped) jobs of a file, over and over"
        }
    }
}
