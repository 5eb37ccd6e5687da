package import LLMStreaming
import NIOCore
import NIOPosix
import Synchronization

/// Sends requests over HTTP/1.1 and streams the answers.
///
/// Bytes are parsed, decoded and handed to the receiver on the event loop that read them; tasks are involved once a
/// stream, at its start and at its end. Call `shutdown` when done: the event loops run until then.
package final class StreamingTransport: Sendable {
    let group: MultiThreadedEventLoopGroup
    let pool: ConnectionPool

    /// A transport with its own event loops and no connection yet.
    package init(configuration: TransportConfiguration) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoopThreads)
        pool = ConnectionPool(group: group, configuration: configuration)
    }

    /// What was done with connections so far.
    package var statistics: TransportStatistics { pool.statistics }

    /// How many streams wait for their turn to set up a connection.
    var waitingCount: Int { pool.waitingCount }

    /// What answers hold in memory together, as far as it is counted.
    var heldBytes: Int { pool.memory.heldBytes }
    /// How many answers are not read on for want of memory.
    var memoryWaitingCount: Int { pool.memory.waitingCount }

    /// Sends one request and passes the chunks of its answer on until it ended, one way or the other.
    ///
    /// Cancelling the task closes the connection at once; the result is then of kind `cancelled`, with what came until
    /// then, unless the answer was whole already.
    package func stream(
        _ request: ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver
    ) async -> StreamResult {
        await attempt(request, to: endpoint, receiver: receiver).end().result
    }

    /// Sends one request with clocks of its own.
    func stream(
        _ request: ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver, timeouts: StreamTimeouts
    ) async -> StreamResult {
        await attempt(request, to: endpoint, receiver: receiver, timeouts: timeouts).end().result
    }

    /// Makes one request ready to be sent, for who waits for many streams at once.
    package func attempt(
        _ request: consuming ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver
    ) -> StreamAttempt {
        attempt(request, to: endpoint, receiver: receiver, timeouts: pool.configuration.timeouts)
    }

    // Not inlined, like `run` of an attempt: the temporaries would stay in the frame of the caller, which waits.
    @inline(never)
    private func attempt(
        _ request: consuming ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver,
        timeouts: StreamTimeouts
    ) -> StreamAttempt {
        StreamAttempt(request, to: endpoint, receiver: receiver, pool: pool, timeouts: timeouts)
    }

    /// Closes all connections and ends the event loops; streams that are under way end as cut.
    package func shutdown() async {
        await pool.shutDown()
        try? await group.shutdownGracefully()
    }
}

/// What a transport has done so far.
package struct TransportStatistics: Sendable, Equatable {
    /// Connections that were made, with TLS where it is spoken.
    package var connectionsOpened = 0
    /// Streams that got a connection that had served before.
    package var connectionsReused = 0
    /// Connections that are open now.
    package var connectionsOpen = 0
    /// Connections that could not be made.
    package var handshakesFailed = 0

    /// Nothing yet.
    package init() {}
}

extension StreamingTransport {
    /// Lets each event loop look at the clock again and again, and tells how late it came to it.
    ///
    /// - Parameters:
    ///   - interval: the time between two looks.
    ///   - tell: called on the event loops, with the time between when a look was due and when it was taken.
    /// - Returns: what ends it.
    package func watchLag(
        every interval: Duration, tell: @escaping @Sendable (Duration) -> Void
    ) -> @Sendable () -> Void {
        let interval = TimeAmount(interval)
        let looks = group.makeIterator().map { loop in
            let due = NextLook(NIODeadline.now() + interval)
            return loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
                let now = NIODeadline.now()
                tell(.nanoseconds(max(0, (now - due.time).nanoseconds)))
                due.time = now + interval
            }
        }
        return { for look in looks { look.cancel() } }
    }

    /// When an event loop is to look next; read and set by that loop alone.
    private final class NextLook: Sendable {
        private let nanoseconds: Atomic<UInt64>

        init(_ time: NIODeadline) { nanoseconds = Atomic(time.uptimeNanoseconds) }

        var time: NIODeadline {
            get { .uptimeNanoseconds(nanoseconds.load(ordering: .relaxed)) }
            set { nanoseconds.store(newValue.uptimeNanoseconds, ordering: .relaxed) }
        }
    }
}
