import NIOCore

/// Gives the socket at once what the streams of a connection flush in one turn of the event loop.
///
/// So a hundred streams whose next events are due together cost one write.
final class FlushGathering: ChannelOutboundHandler {
    typealias OutboundIn = IOData

    /// Whether a flush waits for the end of the turn.
    private var isDue = false

    func flush(context: ChannelHandlerContext) {
        // The socket's buffer is full: what comes after needs room.
        guard context.channel.isWritable else { return flushNow(context) }
        guard !isDue else { return }
        isDue = true
        context.eventLoop.assumeIsolated().execute { [self] in
            if isDue { flushNow(context) }
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // What was flushed before a close is sent before it.
        if isDue { flushNow(context) }
        context.close(mode: mode, promise: promise)
    }

    private func flushNow(_ context: ChannelHandlerContext) {
        isDue = false
        context.flush()
    }
}
