/// What went wrong, in the words that tables and messages use (SPEC 4).
public enum ErrorKind: String, Sendable, Hashable, CaseIterable {
    case dns, connect, tls, proxy
    case timeoutConnect = "timeout_connect"
    case timeoutFirstToken = "timeout_first_token"
    case timeoutIdle = "timeout_idle"
    case timeoutStall = "timeout_stall"
    case timeoutJob = "timeout_job"
    /// The stream ended before the answer did.
    case cut
    case auth, quota, permission
    case notFound = "not_found"
    case rateLimit = "rate_limit"
    case overloaded, server
    case invalidRequest = "invalid_request"
    case contentPolicy = "content_policy"
    case contextLength = "context_length"
    /// What came is not what the protocol says.
    case decode
    case oversizedEvent = "oversized_event"
    case oversizedCompletion = "oversized_completion"
    case redirect, outage, cancelled

    /// Whether the same request may succeed later.
    public var isRetryable: Bool {
        switch self {
        case .dns, .connect, .proxy, .timeoutConnect, .timeoutFirstToken, .timeoutIdle, .timeoutStall, .cut, .rateLimit,
            .overloaded, .server, .decode, .outage:
            true
        case .tls, .timeoutJob, .auth, .quota, .permission, .notFound, .invalidRequest, .contentPolicy, .contextLength,
            .oversizedEvent, .oversizedCompletion, .redirect, .cancelled:
            false
        }
    }
}
