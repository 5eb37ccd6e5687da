import LLMStreaming
import NIOCore

/// What a connection tells to the pool that looks after it; called on the connection's event loop.
struct ConnectionCare: Sendable {
    /// How long a connection is kept without a stream.
    let idleLifetime: TimeAmount
    /// Another exchange may begin.
    let onFree: @Sendable (Connection) -> Void
    /// Takes the connection out of reach; false where a stream has just got it.
    let retire: @Sendable (_ id: UInt64, _ origin: Origin) -> Bool
}
