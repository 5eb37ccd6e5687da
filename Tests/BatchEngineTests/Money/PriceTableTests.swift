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

    @Test func aCacheSavesTheDifferenceOfTheTwoPrices() throws {
        let prices = try prices()
        let cached =
            #"{"prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 400}}"#
        func saving(_ usage: String, _ provider: String, _ model: String) throws -> Double? {
            let usage = try #require(try result(usage).usage)
            return prices.cacheSaving(of: usage, in: ModelName(provider: provider, model: model))
        }
        let saved = try #require(try saving(cached, "openai", "gpt-x"))
        #expect(abs(saved - 400 * (2e-06 - 5e-07)) < 1e-12)
        // Without a price of its own it costs as other input; without any nothing is known.
        #expect(try saving(cached, "lab", "big") == 0)
        #expect(try saving(cached, "lab", "other") == nil)
        #expect(try saving(#"{"prompt_tokens": 1000, "completion_tokens": 100}"#, "openai", "gpt-x") == 0)
        #expect(try saving(#"{"prompt_tokens": 1000}"#, "openai", "gpt-x") == nil)
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
        #""cost": -0.5"#, #""cost": 1e999"#, #""cost": -1e999"#, #""cost": 1e300"#, #""cost": "half""#,
        #""cost": {"total_cost": -1}"#, #""cost": 0, "is_byok": true, "cost_details": {"upstream_inference_cost": -5}"#,
        #""cost": 0, "is_byok": true, "cost_details": {"upstream_inference_cost": 1e999}"#,
        #""cost": 9, "is_byok": true, "cost_details": {"upstream_inference_cost": -5}"#,
        #""cost": 0, "is_byok": true, "cost_details": {"upstream_inference_cost": "five"}"#,
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
        // Where it is not told, what was paid is not known.
        #expect(try cost(#""cost": 0.5, "is_byok": true, "cost_details": {"upstream_inference_cost": null}"#) == nil)
        #expect(try cost(#""cost": 0, "is_byok": true"#) == nil)
        #expect(try cost(#""cost": 0, "is_byok": false"#) == 0)
    }

    @Test(arguments: [
        "input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost",
        "cache_creation_input_token_cost",
    ])
    func everyPriceOfATableIsChecked(member: String) throws {
        for price in ["-1e-06", "1e308"] {
            let table = #"{"m": {"input_cost_per_token": 0, "output_cost_per_token": 0}}"#
            var json = try #require(JSONParser.parse(Array(table.utf8)).object)
            var model = try #require(json["m"]?.object)
            model[member] = .number(price)
            json["m"] = .object(model)
            let error = #expect(throws: ConfigurationError.self) { try PriceTable(.object(json)) }
            #expect("\(String(describing: error))".contains("cannot be a price"))
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

    /// xAI's ticks, of which 10^10 are a dollar; what it counts beside the output is in the tokens too.
    @Test func ticksAreTheProvidersOwnFigure() throws {
        let usage =
            #"{"prompt_tokens": 12, "completion_tokens": 2, "total_tokens": 354, "#
            + #""completion_tokens_details": {"reasoning_tokens": 340}"#
        let model = ModelName(provider: "lab", model: "big")
        #expect(try prices().cost(of: result(usage + #", "cost_in_usd_ticks": 1721250}"#), in: model) == 0.000172125)
        let priced = try #require(try prices().cost(of: result(usage + "}"), in: model))
        #expect(abs(priced - (12 * 1e-06 + 342 * 3e-06)) < 1e-12)
    }

    @Test(
        arguments: [
            (#""0.05""#, 0.05), (#""5""#, 5), ("1E+2", 100), ("0", 0), ("1e-300", 1e-300), ("1e-400", 0),
            // None that can be believed: the table's, then.
            ("-1", nil), (#""NaN""#, nil), (#""-1""#, nil), (#""abc""#, nil),
            (#""""#, nil), ("null", nil), ("true", nil), ("[]", nil), ("{}", nil), ("1e308", nil), ("1e309", nil),
            ("-1e308", nil), (#""1e308""#, nil), (#""0x10""#, nil), (#""1.2.3""#, nil),
        ] as [(String, Double?)])
    func aReportedCostIsAnAmountOrNone(_ cost: String, _ amount: Double?) throws {
        let usage = #"{"prompt_tokens": 1000, "completion_tokens": 1000, "total_tokens": 2000"#
        let model = ModelName(provider: "lab", model: "big")
        let priced = try #require(try prices().cost(of: result(usage + "}"), in: model))
        #expect(try prices().cost(of: result(usage + #", "cost": \#(cost)}"#), in: model) == amount ?? priced)
        let upstream = usage + #", "cost": 0, "is_byok": true, "cost_details": {"upstream_inference_cost": \#(cost)}}"#
        // Null does not say that nothing was paid there.
        #expect(try prices().cost(of: result(upstream), in: model) == amount ?? priced)
    }

    /// Google's total holds thinking beside the output; of other servers nobody says what such tokens are.
    @Test func whatOnlyTheTotalHoldsCostsAsOutputWhereThatIsKnown() throws {
        let table = #"{"PRICED": {"input_cost_per_token": 1e-06, "output_cost_per_token": 3e-06}}"#
        let usage = try result(#"{"prompt_tokens": 8, "completion_tokens": 9, "total_tokens": 517}"#)
        for (provider, model, isKnown) in [
            ("gemini", "flash", true), ("lab", "google/Gemini-3-pro", true), ("lab", "big", false),
        ] {
            let prices = try PriceTable(JSONParser.parse(table.replacing("PRICED", with: "\(provider)/\(model)")))
            let cost = prices.cost(of: usage, in: ModelName(provider: provider, model: model))
            #expect((cost != nil) == isKnown)
            if let cost { #expect(abs(cost - (8 * 1e-06 + 509 * 3e-06)) < 1e-12) }
        }
    }

    /// Anthropic lists what an answer took; each request has the price of its own model.
    @Test func theRequestsOfOneAnswerAreSummed() throws {
        let table =
            #"{"main": {"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}, "#
            + #""other": {"input_cost_per_token": 1e-05, "output_cost_per_token": 2e-05}}"#
        let prices = try PriceTable(JSONParser.parse(table))
        let model = ModelName(provider: "anthropic", model: "main")
        let cost = { (second: String) in
            let result = try self.result(
                #"{"input_tokens": 10, "output_tokens": 1, "iterations": ["#
                    + #"{"type": "message", "model": "main-20260101", "input_tokens": 10, "output_tokens": 1}, \#(second)]}"#
            )
            return prices.cost(of: result, in: model)
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
    @Test(arguments: ["1e999", "-1", "1e308", "null", "\"one\""])
    func aReportedCostThatIsNoAmountIsNone(cost: String) throws {
        let model = ModelName(provider: "openai", model: "gpt-x")
        let usage = #""prompt_tokens": 10, "completion_tokens": 10"#
        let plain = try result("{\(usage), \"cost\": \(cost)}")
        #expect(try prices().cost(of: plain, in: model) == 10 * 2e-06 + 10 * 8e-06)
        if cost != "null" {
            let upstream = #""is_byok": true, "cost": 0, "cost_details": {"upstream_inference_cost": "#
            let own = try result("{\(usage), \(upstream)\(cost)}}")
            #expect(try prices().cost(of: own, in: model) == 10 * 2e-06 + 10 * 8e-06)
        }
    }
}
