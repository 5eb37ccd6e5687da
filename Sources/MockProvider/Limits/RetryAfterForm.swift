/// How a 429 says when to come again.
package enum RetryAfterForm: String, Sendable, Hashable, CaseIterable {
    case none
    /// Whole seconds.
    case seconds
    /// An HTTP date.
    case date
    /// `retry-after-ms` alone.
    case ms
    /// Seconds and milliseconds.
    case both
    /// Seconds, and `retry-after-ms: 0`, as Azure was seen to send.
    case zeroms
}
