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

    @Test(arguments: [
        #""cost": -0.5"#, #""cost": 1e999"#, #""cost": -1e999"#, #""cost": 1e300"#, #""cost": "0.5""#,
        #""cost": {"total_cost": -1}"#, #""cost": 0, "is_byok": true, "cost_details": {"upstream_inference_cost": -5}"#,
        #""cost": 0, "is_byok": true, "cost_details": {"upstream_inference_cost": 1e999}"#,
        #""cost": 9, "is_byok": true, "cost_details": {"upstream_inference_cost": -5}"#,
        #""cost": 0, "is_byok": true, "cost_details": {"upstream_inference_cost": "5"}"#,
        #""cost": -5, "is_byok": true, "cost_details": {"upstream_inference_cost": 6}"#,
    ])
    func aFigureThatIsNoAmountIsNoneAndTheTableSays(cost: String) throws {
        let result = try result(#"{"prompt_tokens": 10, "completion_tokens": 10, \#(cost)}"#)
        let prices = try prices()
        let priced = try #require(prices.cost(of: result, in: ModelName(provider: "openai", model: "gpt-x")))
        #expect(abs(priced - 100e-06) < 1e-12)
        #expect(prices.cost(of: result, in: ModelName(provider: "openrouter", model: "a/b")) == nil)
    }

    @Test func whatAnotherProviderBillsIsAdded() throws {
        let name = ModelName(provider: "openrouter", model: "a/b")
        func cost(_ usage: String) throws -> Double? { try prices().cost(of: result("{\(usage)}"), in: name) }
        let billed = #""cost": 0.5, "cost_details": {"upstream_inference_cost": 2}"#
        #expect(try cost(billed + #", "is_byok": true"#) == 2.5)
        #expect(try cost(billed) == 0.5)
        #expect(try cost(#""cost": 0.5, "is_byok": true, "cost_details": {"upstream_inference_cost": null}"#) == 0.5)
        #expect(try cost(#""cost": 0, "is_byok": true"#) == 0)
    }

    @Test(arguments: [
        "input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost",
        "cache_creation_input_token_cost",
    ])
    func everyPriceOfATableIsChecked(member: String) throws {
        for (price, word) in [("-1e-06", "negative"), ("1e308", "over")] {
            let table = #"{"m": {"input_cost_per_token": 0, "output_cost_per_token": 0}}"#
            var json = try #require(JSONParser.parse(Array(table.utf8)).object)
            var model = try #require(json["m"]?.object)
            model[member] = .number(price)
            json["m"] = .object(model)
            let error = #expect(throws: ConfigurationError.self) { try PriceTable(.object(json)) }
            #expect("\(String(describing: error))".contains(word))
        }
    }

    @Test func nothingThatIsUsedMakesRoomForMore() {
        var budget = Budget(cap: 10, spent: -5)
        #expect(!budget.allows(11))
        for amount in [-5, -Double.infinity, .infinity, .nan] {
            budget.reserve(amount)
            budget.settle(reserved: amount, used: amount)
        }
        #expect(budget.allows(10) && !budget.allows(11))
        #expect(budget.spent == 0)
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
