/// How much of a resource a provider grants in a window of time, and how much of it is left.
public struct RateLimit: Sendable, Equatable {
    /// What is counted.
    public enum Resource: String, Sendable, Hashable, CaseIterable {
        /// Requests.
        case requests
        /// Input and output together.
        case tokens
        /// Tokens of the input.
        case inputTokens
        /// Tokens of the output.
        case outputTokens
    }

    /// What is counted.
    public var resource: Resource
    /// The time that `limit` is for; nil where neither the provider nor its figures tell.
    public var window: Duration?
    /// The most in a window.
    public var limit: Int?
    /// What is left of it now.
    public var remaining: Int?
    /// The time until all of it is there again.
    public var reset: Duration?

    /// A limit; what is left out is not known.
    public init(
        _ resource: Resource, window: Duration? = nil, limit: Int? = nil, remaining: Int? = nil, reset: Duration? = nil
    ) {
        self.resource = resource
        self.window = window
        self.limit = limit
        self.remaining = remaining
        self.reset = reset
    }
}
