import LLMStreaming

/// What is kept of an answer's head until the exchange has ended.
struct AnswerHead: Sendable {
    let status: Int
    let requestID: String?
    let serviceTier: String?
    let rateLimits: RateLimitReport?

    init(_ head: ResponseHead, provider: String, now: Double) {
        status = head.status
        requestID = head.requestID
        serviceTier = head.serviceTier
        rateLimits = head.rateLimits(provider: provider, now: now)
    }
}
