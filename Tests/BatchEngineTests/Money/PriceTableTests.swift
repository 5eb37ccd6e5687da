import LLMStreaming
import Testing

@testable import BatchEngine

/// What tokens cost, and what may be spent.
struct PriceTableTests {
    private static let table = """
        {"sample_spec": {"input_cost_per_token": 0, "output_cost_per_token": 0},
         "gpt-x": {"litellm_provider": "openai", "input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06,
                   "cache_read_input_token_cost": 5e-07},
         "lab/big": {"input_cost_per_token": 1e-06, "output_cost_per_token": 3e-06},
         "an-image": {"input_cost_per_image": 0.04}}
        """

    private func prices() throws -> PriceTable { try PriceTable(JSONParser.parse(Array(Self.table.utf8))) }

    private func result(_ usage: String) throws -> StreamResult {
        var result = StreamResult(outcome: .failed(LLMError(.cut, "")))
        result.usage = TokenUsage(raw: try #require(JSONParser.parse(Array(usage.utf8)).object))
        return result
    }

    @Test func aModelIsFoundUnderItsProviderOrAloneWhereItIsTheProvidersOwn() throws {
        let prices = try prices()
        #expect(prices.price(of: ModelName(provider: "openai", model: "gpt-x"))?.output == 8e-06)
        #expect(prices.price(of: ModelName(provider: "lab", model: "big"))?.input == 1e-06)
        #expect(prices.price(of: ModelName(provider: "lab", model: "gpt-x")) == nil)
        #expect(prices.price(of: ModelName(provider: "openai", model: "an-image")) == nil)
    }

    @Test func cachedInputHasItsOwnPrice() throws {
        let result = try result(
            #"{"prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 400}}"#)
        let cost = try #require(try prices().cost(of: result, in: ModelName(provider: "openai", model: "gpt-x")))
        #expect(abs(cost - (600 * 2e-06 + 400 * 5e-07 + 100 * 8e-06)) < 1e-12)
    }

    @Test func theProvidersOwnFigureGoesBeforeTheTableAndTheUnknownStaysUnknown() throws {
        let prices = try prices()
        let own = try result(#"{"prompt_tokens": 10, "completion_tokens": 10, "cost": 0.25}"#)
        #expect(prices.cost(of: own, in: ModelName(provider: "openai", model: "gpt-x")) == 0.25)
        #expect(prices.cost(of: own, in: ModelName(provider: "openrouter", model: "a/b")) == 0.25)
        let half = try result(#"{"completion_tokens": 10}"#)
        #expect(prices.cost(of: half, in: ModelName(provider: "openai", model: "gpt-x")) == nil)
        let unknown = try result(#"{"prompt_tokens": 10, "completion_tokens": 10}"#)
        #expect(prices.cost(of: unknown, in: ModelName(provider: "openai", model: "gpt-y")) == nil)
    }

    /// xAI's ticks, of which 10^10 are a dollar; what it counts beside the output is in the tokens too.
    @Test func ticksAreTheProvidersOwnFigure() throws {
        let usage =
            #"{"prompt_tokens": 12, "completion_tokens": 2, "total_tokens": 354, "#
            + #""completion_tokens_details": {"reasoning_tokens": 340}"#
        let lane = ModelName(provider: "lab", model: "big")
        #expect(try prices().cost(of: result(usage + #", "cost_in_usd_ticks": 1721250}"#), in: lane) == 0.000172125)
        let priced = try #require(try prices().cost(of: result(usage + "}"), in: lane))
        #expect(abs(priced - (12 * 1e-06 + 342 * 3e-06)) < 1e-12)
    }

    @Test func whatOnlyTheTotalHoldsCostsAsOutput() throws {
        let usage = try result(#"{"prompt_tokens": 8, "completion_tokens": 9, "total_tokens": 517}"#)
        let cost = try #require(try prices().cost(of: usage, in: ModelName(provider: "lab", model: "big")))
        #expect(abs(cost - (8 * 1e-06 + 509 * 3e-06)) < 1e-12)
    }

    /// Anthropic lists what an answer took; each request has the price of its own model.
    @Test func theRequestsOfOneAnswerAreSummed() throws {
        let table =
            #"{"main": {"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}, "#
            + #""other": {"input_cost_per_token": 1e-05, "output_cost_per_token": 2e-05}}"#
        let prices = try PriceTable(JSONParser.parse(table))
        let lane = ModelName(provider: "anthropic", model: "main")
        let cost = { (second: String) in
            let result = try self.result(
                #"{"input_tokens": 10, "output_tokens": 1, "iterations": ["#
                    + #"{"type": "message", "model": "main-20260101", "input_tokens": 10, "output_tokens": 1}, \#(second)]}"#
            )
            return prices.cost(of: result, in: lane)
        }
        let compaction = try #require(try cost(#"{"type": "compaction", "input_tokens": 1000, "output_tokens": 100}"#))
        #expect(abs(compaction - (1010 * 1e-06 + 101 * 2e-06)) < 1e-12)
        let advice = #"{"type": "advisor_message", "model": "NAME", "input_tokens": 1000, "output_tokens": 100}"#
        let advised = try #require(try cost(advice.replacing("NAME", with: "other")))
        #expect(abs(advised - (10 * 1e-06 + 2e-06 + 1000 * 1e-05 + 100 * 2e-05)) < 1e-12)
        #expect(try cost(advice.replacing("NAME", with: "unpriced")) == nil)
    }

    @Test func noneStartsWhenSpentAndSetAsideWouldPassTheCap() {
        var budget = Budget(cap: 10, spent: 2)
        #expect(budget.allows(8))
        budget.reserve(5)
        #expect(!budget.allows(4))
        budget.settle(reserved: 5, used: 1)
        #expect(budget.allows(7))
        #expect(budget.overshoot == nil)
        budget.settle(reserved: 0, used: 9)
        #expect(budget.overshoot == 2)
    }
}
