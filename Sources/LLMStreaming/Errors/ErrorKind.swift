/// What went wrong, in the words that tables and messages use (SPEC 4).
public enum ErrorKind: String, Sendable, Hashable, CaseIterable {
    /// The server's name has no address.
    case dns
    /// There is no connection, or it ended before an answer began.
    case connect
    /// The server's certificate is not its own, or not one that is trusted.
    case tls
    /// The proxy refuses, or is none.
    case proxy
    /// No connection stood in time.
    case timeoutConnect = "timeout_connect"
    /// No content came in time.
    case timeoutFirstToken = "timeout_first_token"
    /// No byte came in time, after the first content.
    case timeoutIdle = "timeout_idle"
    /// Bytes came, but nothing of an answer in time.
    case timeoutStall = "timeout_stall"
    /// The answer was not whole in time.
    case timeoutJob = "timeout_job"
    /// The stream ended before the answer did.
    case cut
    /// The key is not accepted.
    case auth
    /// The account has no money left.
    case quota
    /// The key may not do this.
    case permission
    /// There is no such model, or no such place.
    case notFound = "not_found"
    /// More was asked for than the provider allows in a time.
    case rateLimit = "rate_limit"
    /// The provider has too much to do.
    case overloaded
    /// Something is wrong at the provider.
    case server
    /// The request is not one that the provider understands.
    case invalidRequest = "invalid_request"
    /// The request, or what would answer it, is not allowed by the provider's rules.
    case contentPolicy = "content_policy"
    /// The conversation is too long for the model.
    case contextLength = "context_length"
    /// What came is not what the protocol says.
    case decode
    /// One event is over the limit of its size.
    case oversizedEvent = "oversized_event"
    /// The answer is over the limit of its size.
    case oversizedCompletion = "oversized_completion"
    /// The server sends the request elsewhere, where the key must not go.
    case redirect
    /// The provider was out for too long (of runs only).
    case outage
    /// Whoever asked does not want the answer any more.
    case cancelled

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
