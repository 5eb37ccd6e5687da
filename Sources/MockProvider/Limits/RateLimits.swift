/// How much a key may do.
package struct RateLimits: Sendable, Hashable {
    /// Requests a minute; nil is no limit.
    package var requestsPerMinute: Int?
    /// Tokens a minute, of prompts and answers; nil is no limit.
    package var tokensPerMinute: Int?
    /// How much of its rate a bucket holds, and so may come in one instant.
    package var burst = Duration.seconds(3)
    /// Whose rate-limit headers are sent.
    package var headers = RateLimitStyle.none
    /// The form of a 429's Retry-After.
    package var retryAfter = RetryAfterForm.seconds

    package init() {}

    var isUnlimited: Bool { requestsPerMinute == nil && tokensPerMinute == nil }
}
