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

    @Test(arguments: ["-1", "1e308", "1e999", "1000001"])
    func whatCannotBeAPriceIsRefused(price: String) throws {
        for name in ["input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost"] {
            var prices = ["input_cost_per_token": "1e-6", "output_cost_per_token": "1e-6"]
            prices[name] = price
            let members = prices.map { "\"\($0)\": \($1)" }.joined(separator: ",")
            let json = try JSONParser.parse(Array("{\"m\": {\(members)}}".utf8))
            let error = #expect(throws: ConfigurationError.self) { try PriceTable(json) }
            #expect("\(try #require(error))".contains("'m': \(name) cannot be a price: \(price)"))
        }
    }

    /// A figure that is no amount of money is not known; the table's goes before nothing.
    @Test(arguments: ["1e999", "-1", "1e308", "null", "\"1\""])
    func aReportedCostThatIsNoAmountIsNone(cost: String) throws {
        let lane = ModelName(provider: "openai", model: "gpt-x")
        let usage = #""prompt_tokens": 10, "completion_tokens": 10"#
        let plain = try result("{\(usage), \"cost\": \(cost)}")
        #expect(try prices().cost(of: plain, in: lane) == 10 * 2e-06 + 10 * 8e-06)
        if cost != "null" {
            let upstream = #""is_byok": true, "cost": 0, "cost_details": {"upstream_inference_cost": "#
            let own = try result("{\(usage), \(upstream)\(cost)}}")
            #expect(try prices().cost(of: own, in: lane) == 10 * 2e-06 + 10 * 8e-06)
        }
    }
}
