import Testing

@testable import LLMStreaming

/// A tier without capacity is told from the caller's own limit, an empty account, and an outage.
struct TierCapacityTests {
    private func error(_ status: Int, _ body: String) -> LLMError {
        ErrorClassifier.error(
            head: ResponseHead(status: status, headers: []), body: Array(body.utf8), now: 0)
    }

    private static let resourceUnavailable =
        #"{"error":{"message":"Resource Unavailable","type":"resource_unavailable","code":"resource_unavailable"}}"#

    @Test(arguments: [
        (429, "flex", resourceUnavailable), (429, "flex", #"{"error":{"message":"Resource Unavailable"}}"#),
        (498, "flex", #"{"error":{"message":"Flex tier capacity exceeded","code":"capacity_exceeded"}}"#),
        (503, "flex", #"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#),
    ])
    func aRefusalForWantOfCapacityIsKnown(status: Int, tier: String, body: String) throws {
        let refusal = try #require(error(status, body).refusing(tier))
        #expect(refusal.kind == .overloaded && refusal.httpStatus == status)
        #expect(refusal.message.hasPrefix("service tier 'flex' has no capacity now: "))
    }

    @Test(
        arguments: [
            (429, "flex", #"{"error":{"message":"Rate limit reached for gpt-x","code":"rate_limit_exceeded"}}"#),
            (429, "flex", #"{"error":{"message":"Try later.","type":"tokens","code":"rate_limit_exceeded"}}"#),
            (429, "flex", #"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#),
            (429, "default", resourceUnavailable), (429, nil, resourceUnavailable), (503, nil, "{}"),
            (500, "flex", "{}"),
            (529, "flex", #"{"error":{"message":"Overloaded","type":"overloaded_error"}}"#),
        ] as [(Int, String?, String)])
    func whatElseIsRefusedStaysWhatItIs(status: Int, tier: String?, body: String) {
        #expect(error(status, body).refusing(tier) == nil)
    }
}
