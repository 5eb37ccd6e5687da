import LLMStreaming

@testable import BatchEngine

/// A table of prices, and what requests cost by it.
enum PricesEdge {
    static func take(_ bytes: [UInt8]) {
        guard let json = try? JSONParser.parse(bytes), let table = try? PriceTable(json) else { return }
        let report: JSON = [
            "prompt_tokens": 1_000_000_000_000, "completion_tokens": 1_000_000_000_000,
            "prompt_tokens_details": ["cached_tokens": 400, "cache_write_tokens": 300],
        ]
        let usage = TokenUsage(raw: report.object ?? JSONObject())
        let result = StreamResult(outcome: .failed(LLMError(.cut, "cut")), usage: usage)
        var spending = Spending()
        for model in ["gpt-4o", "claude", "a"] {
            let model = ModelName(provider: "openai", model: model)
            _ = table.suggestion(for: model)
            guard let price = table.price(of: model) else { continue }
            _ = table.cost(of: result, in: model).map { JSON.double($0).text }
            var work = WorkEstimate()
            work.add(work)
            _ = work.cost(at: price)
            spending.unpriced.append(.init(model: model, inputTokens: 1e15, outputTokens: 1e15))
        }
        var budget = Budget(cap: 1e12, spent: spending.cost(by: table))
        budget.settle(reserved: 1, used: 1e12)
        _ = budget.overshoot.map { JSON.double($0).text }
    }

    static let seeds = [
        #"{"sample_spec":{},"gpt-4o":{"input_cost_per_token":2.5e-06,"output_cost_per_token":1e-05,"#
            + #""cache_read_input_token_cost":1.25e-06,"litellm_provider":"openai","max_tokens":16384},"#
            + #""openai/a":{"input_cost_per_token":0,"output_cost_per_token":0},"#
            + #""claude":{"input_cost_per_token":3e-06,"output_cost_per_token":1.5e-05,"#
            + #""cache_creation_input_token_cost":3.75e-06}}"#,
        #"{"gpt-4o":{"input_cost_per_token":1e308,"output_cost_per_token":1e308}}"#,
        #"{"dall-e":{"input_cost_per_pixel":1}}"#,
    ]
}
