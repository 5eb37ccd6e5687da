import LLMStreaming
import NIOCore

/// What a connection tells to the pool that looks after it; called on the connection's event loop.
struct ConnectionCare: Sendable {
    /// How long a connection is kept without a stream.
    let idleLifetime: TimeAmount
    /// Whether we show servers a certificate of our own.
    var hasCertificate = false
    /// Another exchange may begin; with the time that the last one waited for its answer.
    let onFree: @Sendable (_ connection: Connection, _ answerSeconds: Double?) -> Void
    /// Takes the connection out of reach; false where a stream has just got it.
    let retire: @Sendable (_ id: UInt64, _ origin: Origin) -> Bool
    /// A new connection has waited for so long without a byte.
    var starve: @Sendable (_ id: UInt64, _ origin: Origin, _ seconds: Double) -> Void = { _, _, _ in }
    /// It waits no more.
    var fed: @Sendable (_ id: UInt64, _ origin: Origin) -> Void = { _, _ in }
}
