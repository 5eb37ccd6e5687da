import LLMStreaming
import Testing

@testable import BatchEngine

/// Sixteen bills whose sums were also reckoned by hand.
struct WorkedPriceTests {
    /// A request, and what it costs in US dollars.
    struct Bill: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var model: ModelName
        var usage: String
        var billing = Billing()
        var cost: Double
    }

    /// In US dollars a million tokens, of which the table's are made.
    private static let table = """
        {"gpt-6-luna": {"litellm_provider": "openai", "input_cost_per_token": 1e-07, "output_cost_per_token": 5e-07,
           "cache_read_input_token_cost": 1e-08, "cache_creation_input_token_cost": 1.25e-07,
           "input_cost_per_token_flex": 5e-08, "output_cost_per_token_flex": 2.5e-07,
           "cache_read_input_token_cost_flex": 5e-09, "input_cost_per_token_batches": 5e-08,
           "output_cost_per_token_batches": 2.5e-07, "cache_read_input_token_cost_batches": 5e-09,
           "regional_processing_uplift_multiplier_eu": 1.1},
         "gpt-6-astra": {"litellm_provider": "openai", "input_cost_per_token": 1e-05, "output_cost_per_token": 5e-05,
           "cache_read_input_token_cost": 1e-06, "cache_creation_input_token_cost": 1.25e-05,
           "input_cost_per_token_above_272k_tokens": 2e-05, "output_cost_per_token_above_272k_tokens": 7.5e-05,
           "cache_read_input_token_cost_above_272k_tokens": 2e-06,
           "cache_creation_input_token_cost_above_272k_tokens": 2.5e-05,
           "input_cost_per_token_flex": 5e-06, "output_cost_per_token_flex": 2.5e-05,
           "input_cost_per_token_above_272k_tokens_flex": 1e-05,
           "output_cost_per_token_above_272k_tokens_flex": 3.75e-05,
           "cache_read_input_token_cost_above_272k_tokens_flex": 1e-06,
           "cache_creation_input_token_cost_above_272k_tokens_flex": 1.25e-05,
           "input_cost_per_token_priority": 2e-05, "output_cost_per_token_priority": 1e-04,
           "input_cost_per_token_ultrafast": 6e-05, "output_cost_per_token_ultrafast": 3e-04},
         "claude-opus-5-5": {"litellm_provider": "anthropic", "input_cost_per_token": 4e-06,
           "output_cost_per_token": 2e-05, "cache_read_input_token_cost": 2e-07,
           "cache_creation_input_token_cost": 5e-06, "cache_creation_input_token_cost_above_1hr": 8e-06},
         "claude-haiku-5-5": {"litellm_provider": "anthropic", "input_cost_per_token": 1e-07,
           "output_cost_per_token": "5e-7", "input_cost_per_token_above_100k_tokens": 5e-07,
           "output_cost_per_token_above_100k_tokens": 2.5e-06,
           "input_cost_per_token_batches": 5e-08, "output_cost_per_token_batches": 2.5e-07,
           "input_cost_per_token_above_100k_tokens_batches": 2.5e-07,
           "output_cost_per_token_above_100k_tokens_batches": 1.25e-06},
         "deepseek-flash": {"litellm_provider": "deepseek", "input_cost_per_token": 3e-07,
           "output_cost_per_token": 1.2e-06, "cache_read_input_token_cost": 6e-09,
           "off_peak_pricing": {"input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07,
             "cache_read_input_token_cost": 3e-09, "windows": [
               {"hours_utc": ["00:00-01:00", "04:00-06:00", "10:00-00:00"], "weekdays": [1, 2, 3, 4, 5]},
               {"hours_utc": "00:00-00:00", "weekdays": [6, 7]}]}},
         "gemini/gemini-3.8-flash": {"input_cost_per_token": 7.5e-07, "output_cost_per_token": 3.75e-06,
           "input_cost_per_token_flex": 3.75e-07, "output_cost_per_token_flex": 1.875e-06,
           "output_cost_per_reasoning_token": 3.75e-06},
         "xai/grok-4.5": {"litellm_provider": "xai", "input_cost_per_token": 2e-06, "output_cost_per_token": 6e-06,
           "input_cost_per_token_above_200k_tokens": 4e-06, "output_cost_per_token_above_200k_tokens": 1.2e-05},
         "dashscope/qwen3-coder-plus": {"tiered_pricing": [
           {"range": [0, 32000.0], "input_cost_per_token": 1e-06, "output_cost_per_token": 5e-06},
           {"range": [32000.0, 128000.0], "input_cost_per_token": 1.8e-06, "output_cost_per_token": 9e-06}]}}
        """

    private static let luna = ModelName(provider: "openai", model: "gpt-6-luna")
    private static let astra = ModelName(provider: "openai", model: "gpt-6-astra")
    private static let opus = ModelName(provider: "anthropic", model: "claude-opus-5-5")
    private static let haiku = ModelName(provider: "anthropic", model: "claude-haiku-5-5")
    private static let grok = ModelName(provider: "xai", model: "grok-4.5")
    private static let coder = ModelName(provider: "dashscope", model: "qwen3-coder-plus")
    private static let deepseek = ModelName(provider: "deepseek", model: "deepseek-flash")

    private static func tokens(_ input: Int, _ output: Int, cached: Int = 0, written: Int = 0, reasoning: Int = 0)
        -> String
    {
        """
        {"prompt_tokens": \(input), "completion_tokens": \(output),
         "prompt_tokens_details": {"cached_tokens": \(cached), "cache_write_tokens": \(written)},
         "completion_tokens_details": {"reasoning_tokens": \(reasoning)}}
        """
    }

    private static let claude = """
        {"input_tokens": 2000, "cache_read_input_tokens": 10000, "cache_creation_input_tokens": 5000,
         "cache_creation": {"ephemeral_5m_input_tokens": 4000, "ephemeral_1h_input_tokens": 1000},
         "output_tokens": 800, "service_tier": "standard"}
        """
    /// Monday, the 23rd of November 2026, at so many hours UTC; Saturday is two days before.
    private static func monday(_ hour: Int64) -> Int64 { (1_795_392_000 + hour * 3600) * 1000 }

    static let bills: [Bill] = [
        Bill(testDescription: "1 standard", model: luna, usage: tokens(1000, 500), cost: 0.00035),
        Bill(
            testDescription: "2 flex", model: luna, usage: tokens(10_000, 2000, cached: 8000, reasoning: 1500),
            billing: Billing(servedTier: "flex"), cost: 0.00064),
        Bill(testDescription: "3 at the threshold", model: astra, usage: tokens(272_000, 1000), cost: 2.77),
        Bill(testDescription: "4 above it", model: astra, usage: tokens(272_001, 1000), cost: 5.51502),
        Bill(
            testDescription: "5 flex above it", model: astra,
            usage: tokens(300_000, 1000, cached: 200_000, written: 50_000), billing: Billing(servedTier: "flex"),
            cost: 1.3625),
        Bill(testDescription: "6 lifetimes", model: opus, usage: claude, cost: 0.054),
        Bill(testDescription: "7 at 100k", model: haiku, usage: tokens(100_000, 100), cost: 0.01005),
        Bill(testDescription: "7 above 100k", model: haiku, usage: tokens(100_001, 100), cost: 0.0502505),
        Bill(
            testDescription: "8 peak", model: deepseek, usage: tokens(10_000, 1000, cached: 6000),
            billing: Billing(unixMilliseconds: monday(2)), cost: 0.002436),
        Bill(
            testDescription: "8 off peak", model: deepseek, usage: tokens(10_000, 1000, cached: 6000),
            billing: Billing(unixMilliseconds: monday(5)), cost: 0.001218),
        Bill(
            testDescription: "8 Saturday", model: deepseek, usage: tokens(10_000, 1000, cached: 6000),
            billing: Billing(unixMilliseconds: monday(2 - 48)), cost: 0.001218),
        Bill(
            testDescription: "9 a tier's output before the standard reasoning",
            model: ModelName(provider: "gemini", model: "gemini-3.8-flash"),
            usage: tokens(5000, 3000, reasoning: 2500), billing: Billing(servedTier: "flex"), cost: 0.0075),
        Bill(testDescription: "10 below 200k", model: grok, usage: tokens(199_999, 1000), cost: 0.405998),
        Bill(testDescription: "10 at 200k", model: grok, usage: tokens(200_000, 1000), cost: 0.812),
        Bill(
            testDescription: "11 Europe", model: luna, usage: tokens(1000, 500),
            billing: Billing(region: BillingRegion(host: "eu.api.openai.com")), cost: 0.000385),
        Bill(testDescription: "12 first row", model: coder, usage: tokens(32_000, 1000), cost: 0.037),
        Bill(testDescription: "12 second row", model: coder, usage: tokens(32_001, 1000), cost: 0.0666018),
        Bill(
            testDescription: "13 fast", model: astra, usage: tokens(1000, 500),
            billing: Billing(servedTier: "priority", askedTier: "fast"), cost: 0.07),
        Bill(
            testDescription: "13 fast is priority", model: astra, usage: tokens(1000, 500),
            billing: Billing(askedTier: "fast"), cost: 0.07),
        Bill(
            testDescription: "13 ultrafast", model: astra, usage: tokens(1000, 500),
            billing: Billing(servedTier: "ultrafast"), cost: 0.21),
        Bill(
            testDescription: "14 no flex", model: opus, usage: tokens(1000, 500), billing: Billing(askedTier: "flex"),
            cost: 0.014),
        Bill(
            testDescription: "15 batch", model: luna, usage: tokens(10_000, 2000, cached: 8000),
            billing: Billing(servedTier: "batch"), cost: 0.00064),
        Bill(
            testDescription: "16 batch above 100k", model: haiku, usage: tokens(200_000, 2000),
            billing: Billing(servedTier: "batch"), cost: 0.0525),
    ]

    @Test(arguments: bills)
    func aBillIsAsReckonedByHand(bill: Bill) throws {
        let prices = try PriceTable(JSONParser.parse(Self.table))
        let usage = TokenUsage(raw: try #require(JSONParser.parse(bill.usage).object))
        let result = StreamResult(outcome: .failed(LLMError(.cut, "")), usage: usage)
        let cost = try #require(prices.cost(of: result, in: bill.model, bill.billing))
        #expect(abs(cost - bill.cost) < 1e-12, "\(cost)")
    }

    @Test func fireworksBillsHalfForCachedInputWhereItsEntryDoesNotSay() throws {
        let rates = #""litellm_provider":"fireworks_ai","input_cost_per_token":1e-06,"output_cost_per_token":1e-06"#
        let table = #"{"fireworks_ai/a":{\#(rates)},"fireworks_ai/b":{\#(rates),"cache_read_input_token_cost":1e-07}}"#
        let prices = try PriceTable(JSONParser.parse(table))
        let usage = TokenUsage(raw: try #require(JSONParser.parse(Self.tokens(1000, 0, cached: 1000)).object))
        for (model, cost) in [("a", 0.0005), ("b", 0.0001)] {
            let price = try #require(prices.price(of: ModelName(provider: "fireworks_ai", model: model)))
            #expect(abs(try #require(price.cost(of: usage)) - cost) < 1e-12)
        }
    }

    /// What the table does not tell is not guessed.
    @Test(arguments: [
        ("scale", #"{"prompt_tokens": 10, "completion_tokens": 10}"#),
        (nil, #"{"prompt_tokens": 10, "completion_tokens": 10, "prompt_tokens_details": {"audio_tokens": 5}}"#),
        (nil, #"{"input_tokens": 10, "output_tokens": 10, "server_tool_use": {"web_search_requests": 1}}"#),
        (nil, #"{"completion_tokens": 10}"#),
    ])
    func whatTheTableLacksHasNoCost(tier: String?, usage: String) throws {
        let prices = try PriceTable(JSONParser.parse(Self.table))
        let usage = TokenUsage(raw: try #require(JSONParser.parse(usage).object))
        let result = StreamResult(outcome: .failed(LLMError(.cut, "")), usage: usage)
        #expect(prices.cost(of: result, in: Self.luna, Billing(servedTier: tier)) == nil)
    }

    /// The speed and the place that Anthropic's report tells, on everything; a search on top.
    @Test func reportsTellWhatMultiplies() throws {
        let table = """
            {"c": {"input_cost_per_token": 1e-06, "output_cost_per_token": 1e-05,
              "provider_specific_entry": {"us": 1.1, "fast": 2.0},
              "search_context_cost_per_query": {"search_context_size_medium": 0.01}}}
            """
        let usage = """
            {"input_tokens": 1000, "output_tokens": 100, "speed": "fast", "inference_geo": "us",
             "server_tool_use": {"web_search_requests": 2}}
            """
        let prices = try PriceTable(JSONParser.parse(table))
        let result = StreamResult(
            outcome: .failed(LLMError(.cut, "")), usage: TokenUsage(raw: try #require(JSONParser.parse(usage).object)))
        let cost = try #require(prices.cost(of: result, in: ModelName(provider: "anthropic", model: "c")))
        #expect(abs(cost - (0.002 * 2.2 + 0.02)) < 1e-12)
    }

    /// The dearest that a request can meet: above a threshold that it may cross, and where the tier falls to standard.
    @Test func theReservationIsTheDearestThatCanBeMet() throws {
        let table = try PriceTable(JSONParser.parse(Self.table))
        let astra = try #require(table.price(of: Self.astra))
        func reserved(_ options: String, bytes: Int, _ price: ModelPrice, region: BillingRegion? = nil) -> Double {
            Reservation(
                request: Array(#"{"prompt":"x","options":{"max_tokens":1000\#(options)}}"#.utf8), bytes: bytes,
                largestOutput: 0, price: price, region: region
            ).cost
        }
        let short = reserved("", bytes: 2000, astra)
        #expect(abs(short - (1000 * 1.25e-05 + 1000 * 5e-05)) < 1e-9)
        #expect(abs(reserved(#","service_tier":"flex""#, bytes: 2000, astra) - short) < 1e-9)
        #expect(abs(reserved(#","service_tier":"priority""#, bytes: 2000, astra) - (0.02 + 0.1)) < 1e-9)
        #expect(abs(reserved("", bytes: 600_000, astra) - (300_000 * 2.5e-05 + 1000 * 7.5e-05)) < 1e-9)
        let luna = try #require(table.price(of: Self.luna))
        let abroad = reserved("", bytes: 2000, luna, region: .dataResidency("eu"))
        #expect(abs(abroad - 1.1 * reserved("", bytes: 2000, luna)) < 1e-12)
        let peak = try #require(table.price(of: Self.deepseek))
        #expect(abs(reserved("", bytes: 2000, peak) - (1000 * 3e-07 + 1000 * 1.2e-06)) < 1e-12)
    }
}
