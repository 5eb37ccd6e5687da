import ServerSentEvents

/// How long a stream may be silent, phase by phase (Contract, "Clocks").
///
/// Clocks stand still while we do not read.
///
/// ```swift
/// var timeouts = StreamTimeouts()
/// timeouts.firstToken = .seconds(60)
/// timeouts.job = .seconds(300)
/// for try await chunk in client.stream(conversation, timeouts: timeouts) { print(chunk.text) }
/// ```
public struct StreamTimeouts: Sendable, Equatable {
    /// Until the connection (with TLS) stands.
    public var connect: Duration = .seconds(10)
    /// From the request's end until the first content, whatever else comes.
    public var firstToken: Duration = .seconds(600)
    /// Without a single byte.
    public var idle: Duration = .seconds(600)
    /// With bytes, but nothing that makes a chunk: comments and pings do not.
    public var stall: Duration = .seconds(600)
    /// From an attempt's start to its answer, whatever comes; nil for no limit.
    public var job: Duration?

    /// The default clocks.
    public init() {}
}

extension StreamingResponseHandler {
    /// The bounds of a stream's size (Contract, "Limits").
    public struct Limits: Sendable, Equatable {
        /// The most bytes of one event.
        public var maximumEventBytes = SSEParser.defaultMaximumEventBytes
        /// The most bytes of one completion.
        public var maximumCompletionBytes = 64 << 20
        /// The bytes of the completion that came before this stream and that it goes on from.
        package var keptByteCount = 0
        /// The default bounds.
        public init() {}
    }
}
