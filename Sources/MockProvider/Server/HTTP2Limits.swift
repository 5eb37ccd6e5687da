import NIOCore
import NIOHTTP2

/// What a server that speaks HTTP/2 allows its clients on a connection.
///
/// A fault of the connection is one of the stream there: a cut or dropped one ends by RST_STREAM with CANCEL, a reset one by
/// RST_STREAM with INTERNAL_ERROR. An outage resets the connection itself. The fault `close` means nothing.
package struct HTTP2Limits: Sendable {
    /// The streams that a connection can be allowed.
    package static let streamCounts = 1...1_000_000

    /// Streams that a client may have open at once; one more ends the connection.
    package var maximumConcurrentStreams: Int

    package init(maximumConcurrentStreams: Int = 100) {
        self.maximumConcurrentStreams = maximumConcurrentStreams
    }
}

extension HTTP2Limits {
    /// Bytes of a request's body before the client must wait for room.
    private static let streamWindow = 1 << 20
    /// Bytes of all bodies of a connection before the client must wait for room.
    private static let connectionWindow = 64 << 20

    /// The connection's settings.
    ///
    /// NIO's bounds are there against attackers; a client that is tried hard with faults reaches them too, so they are lifted.
    /// A count of events has room for all that it allows, so that it is the time in which they count that is taken away.
    var connection: NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: maximumConcurrentStreams),
            HTTP2Setting(parameter: .initialWindowSize, value: Self.streamWindow),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 65_536),
        ]
        configuration.targetWindowSize = Self.connectionWindow
        configuration.maximumBufferedControlFrames = .max
        configuration.maximumRecentlyResetStreams = 1_024
        configuration.maximumConnectionGlitches = .max
        configuration.controlFrameRateLimit.windowLength = .zero
        return configuration
    }

    /// The streams' settings.
    var stream: NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.targetWindowSize = Self.streamWindow
        configuration.outboundBufferSizeLowWatermark = 8_192
        configuration.outboundBufferSizeHighWatermark = 16_384
        configuration.streamResetFrameRateLimit.windowLength = .zero
        configuration.streamErrorRateLimit.windowLength = .zero
        return configuration
    }
}
