import Testing

@testable import BatchEngine

struct PriceKeyTests {
    @Test(arguments: [
        ("input_cost_per_token", PriceKey(.input)),
        ("output_cost_per_token_above_272k_tokens_flex", PriceKey(.output, above: 272_000, .flex)),
        ("cache_creation_input_token_cost_above_1hr_above_200k_tokens", PriceKey(.cacheWriteOneHour, above: 200_000)),
        ("cache_creation_input_token_cost_above_200k_tokens", PriceKey(.cacheWrite, above: 200_000)),
        ("cache_creation_input_token_cost_above_12hr_batches", PriceKey(.cacheWriteTwelveHours, .batch)),
        ("input_cost_per_token_above_128_tokens", PriceKey(.input, above: 128)),
    ])
    func aNameIsRead(name: String, key: PriceKey) { #expect(PriceKey(name) == key) }

    @Test(arguments: [
        "input_cost_per_token_cache_hit", "input_cost_per_token_decisions", "input_cost_per_image", "mode",
        "input_cost_per_token_above_k_tokens", "input_cost_per_token_above_99999999999999999999k_tokens",
        "input_cost_per_token_above_200k", "output_cost_per_reasoning_tokens",
    ])
    func otherNamesHoldNoRateOfATextsToken(name: String) { #expect(PriceKey(name) == nil) }

    @Test(
        arguments: [
            (nil, nil, PriceTier.standard), ("default", "flex", .standard), (nil, "flex", .flex),
            ("auto", "priority", .priority),
            ("ON_DEMAND_PRIORITY", nil, .priority), ("standard_only", "auto", .standard), ("batch", nil, .batch),
            ("scale", nil, nil), (nil, "performance", nil),
        ] as [(String?, String?, PriceTier?)])
    func theServedTierGoesBeforeTheOneAskedFor(served: String?, asked: String?, tier: PriceTier?) {
        #expect(PriceTier(served: served, asked: asked) == tier)
    }

    @Test(
        arguments: [
            ("eu.api.openai.com", BillingRegion.dataResidency("eu")), ("gov.api.openai.com", .dataResidency("fedramp")),
            ("us-east5-aiplatform.googleapis.com", .vertex), ("aiplatform.googleapis.com", nil),
            ("api.openai.com", nil),
        ] as [(String, BillingRegion?)])
    func aHostTellsItsRegion(host: String, region: BillingRegion?) { #expect(BillingRegion(host: host) == region) }
}
