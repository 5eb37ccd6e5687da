package import LLMStreaming
import NIOCore
import NIOPosix

/// Sends requests over HTTP/1.1 and streams their answers (SPEC 7, 12).
///
/// Bytes are parsed, decoded and handed to the receiver on the event loop that read them; tasks are involved once a
/// stream, at its start and at its end. Call `shutdown` when done: the event loops run until then.
package final class StreamingTransport: Sendable {
    private let configuration: TransportConfiguration
    let group: MultiThreadedEventLoopGroup
    private let pool: ConnectionPool

    /// A transport with its own event loops and no connection yet.
    package init(configuration: TransportConfiguration) {
        self.configuration = configuration
        group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoopThreads)
        pool = ConnectionPool(group: group, configuration: configuration)
    }

    /// What was done with connections so far.
    package var statistics: TransportStatistics { pool.statistics }

    /// How many streams wait for their turn to set up a connection.
    var waitingCount: Int { pool.waitingCount }

    /// Sends one request and passes the chunks of its answer on until it ended, one way or the other.
    ///
    /// Cancelling the task closes the connection at once; the result is then of kind `cancelled`, with what came until
    /// then, unless the answer was whole already.
    package func stream(
        _ request: ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver
    ) async -> StreamResult {
        await stream(request, to: endpoint, receiver: receiver, timeouts: configuration.timeouts)
    }

    /// Sends one request with clocks of its own.
    func stream(
        _ request: ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver, timeouts: StreamTimeouts
    ) async -> StreamResult {
        let attempt = attempt(request, to: endpoint, receiver: receiver, timeouts: timeouts)
        return await end(of: attempt).result(of: attempt)
    }

    // Not inlined, like `run` of an attempt: the temporaries would stay in the frame of the caller, which waits.
    @inline(never)
    private func attempt(
        _ request: ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver, timeouts: StreamTimeouts
    ) -> StreamAttempt {
        StreamAttempt(
            request, to: endpoint, receiver: receiver, pool: pool, configuration: configuration, timeouts: timeouts)
    }

    private func end(of attempt: StreamAttempt) async -> End {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                attempt.run { continuation.resume(returning: End($0)) }
            }
        } onCancel: {
            attempt.cancel()
        }
    }

    /// A result behind a reference: the frames of the functions above would each keep room for the value.
    private final class End: Sendable {
        private let result: StreamResult

        init(_ result: StreamResult) { self.result = result }

        /// The result as it is told, without the attempt's key.
        @inline(never)
        func result(of attempt: StreamAttempt) -> StreamResult { result.redacted(for: attempt.endpoint) }
    }

    /// Closes all connections and ends the event loops; streams that are under way end as cut.
    package func shutdown() async {
        await pool.shutDown()
        try? await group.shutdownGracefully()
    }
}
