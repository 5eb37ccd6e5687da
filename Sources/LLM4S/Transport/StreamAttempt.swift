package import LLMStreaming
import NIOCore
import NIOHTTP1
import Synchronization

/// One call of `stream`: asks for a connection, runs the exchange, follows redirects, and ends exactly once.
///
/// Each stage calls the next when it is done, on whatever thread that is. A task waits for the end, or none does; hopping
/// to one between the stages would cost two thread switches and some kilobytes of frames a stream.
package final class StreamAttempt: Sendable {
    private enum State {
        /// What gives the current stage up; the stage then ends by itself, as cancelled.
        case running(giveUp: @Sendable () -> Void)
        case cancelled
    }

    /// The request; its body is let go once a response begins.
    private let request: Mutex<ProviderRequest>
    let endpoint: Endpoint
    let receiver: any ChunkReceiver
    private let timeouts: StreamTimeouts
    private let pool: ConnectionPool
    private let start: NIODeadline
    private let state = Mutex(State.running(giveUp: {}))
    /// When its turn came, in nanoseconds from the start; -1 before.
    private let turn = Atomic<Int64>(-1)
    private let isEnded = Atomic<Bool>(false)
    /// How often a server did not look at it.
    private let refusals = Atomic<Int>(0)

    /// How often it is repeated for that before the attempt fails.
    ///
    /// A server that has enough of requests is asked for some two seconds. One that leaves may be one that ends each connection
    /// after a number of requests, so that chance decides which of them it looks at: some twenty seconds.
    private static func maximumRepetitions(of result: StreamResult) -> Int {
        if case .failed(let error) = result.outcome, error.kind == .overloaded { 8 } else { 64 }
    }

    /// How long the repetition of that number waits, in milliseconds: longer and longer, up to what a cancellation can wait.
    ///
    /// - Parameter count: 2 or more; the first does not wait.
    static func repetitionMilliseconds(_ count: Int) -> ClosedRange<Int64> {
        let least: Int64 = min(13 << min(count, 5), 250)
        return least...2 * least
    }

    init(
        _ request: ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver, pool: ConnectionPool,
        timeouts: StreamTimeouts, start: NIODeadline = .now()
    ) {
        self.request = Mutex(request)
        self.endpoint = endpoint
        self.receiver = receiver
        self.pool = pool
        self.timeouts = timeouts
        self.start = start
    }

    /// How long the making of a connection may take.
    var connectTimeout: Duration { timeouts.connect }

    /// Notes that a connection is being set up for it or is free; a later one, for a redirect, changes nothing.
    func turnCame() {
        let time = (NIODeadline.now() - start).nanoseconds
        _ = turn.compareExchange(expected: -1, desired: time, ordering: .relaxed)
    }

    /// Runs the attempt and waits for its end; call once.
    ///
    /// Cancelling the task cancels the attempt.
    func end() async -> StreamResultBox {
        await withTaskCancellationHandler {
            // A checked one takes a slab more of the task's memory, a KB a stream: `run` sees to it that the end comes
            // once.
            unsafe await withUnsafeContinuation { continuation in
                run { unsafe continuation.resume(returning: $0) }
            }
        } onCancel: {
            cancel()
        }
    }

    /// Runs the attempt; call once.
    ///
    /// - Parameter onEnd: called once, from any thread.
    ///
    /// Not inlined into the asynchronous caller: its temporaries would stay in that frame while the stream lasts (2
    /// KB).
    @inline(never)
    package func run(onEnd: @escaping @Sendable (StreamResultBox) -> Void) {
        send(to: request.withLock { endpoint.path(of: $0) }, redirects: 0) { result in
            precondition(!self.isEnded.exchange(true, ordering: .relaxed), "an attempt ended twice")
            var result = result
            let turn = self.turn.load(ordering: .relaxed)
            if turn >= 0 { result.queueMicroseconds = turn / 1000 }
            // As it is told: without secrets, whatever stage ended it.
            onEnd(
                StreamResultBox(
                    self.pool.configuration.proxies.redactor.redacted(self.endpoint.redactor.redacted(result))))
        }
    }

    /// Gives the attempt up, at any time and from any thread; its end comes as the result of kind `cancelled`.
    package func cancel() {
        let giveUp: (@Sendable () -> Void)? = state.withLock { state in
            guard case .running(let giveUp) = state else { return nil }
            state = .cancelled
            return giveUp
        }
        giveUp?()
    }

    /// Runs the next stage, which `giveUp` can end early, from any thread and any number of times.
    ///
    /// The way to give up is known before the stage begins, since the stage may end, and the next one begin, before
    /// this returns; a cancellation that came in between found nothing to end yet and is repeated.
    func enter(giveUp: @escaping @Sendable () -> Void, begin: () -> Void) {
        state.withLock { state in
            if case .running = state { state = .running(giveUp: giveUp) }
        }
        begin()
        if isCancelled { giveUp() }
    }

    private var isCancelled: Bool {
        state.withLock { state in
            if case .cancelled = state { true } else { false }
        }
    }

    private func send(to path: String, redirects: Int, onEnd: @escaping @Sendable (StreamResult) -> Void) {
        if isCancelled {
            onEnd(failure(.cancelled(before: endpoint.origin)))
            return
        }
        // Whatever can fail comes first: a connection is given back only by an exchange.
        let request = request.withLock { $0 }
        let head: HTTPRequestHead
        let proxy: HTTPProxy?
        do {
            proxy = try pool.configuration.proxies.proxy(for: endpoint.origin)
            head = try HTTPRequestHead(
                request, to: endpoint, path: path, proxy: proxy, userAgent: pool.configuration.userAgent)
        } catch {
            onEnd(failure(error))
            return
        }
        pool.lease(endpoint.origin, through: proxy, to: self) { lease in
            switch lease {
            case .failure(let error): onEnd(self.failure(error))
            case .success(let connection):
                // By its identity: the attempt keeps what gives it up.
                self.enter(giveUp: { [id = ObjectIdentifier(self)] in connection.cancel(id) }) {
                    connection.begin(self, path: path, head: head) {
                        self.leaseEnded($0, path: path, redirects: redirects, onEnd: onEnd)
                    }
                }
            }
        }
    }

    private func leaseEnded(
        _ end: LeaseEnd, path: String, redirects: Int, onEnd: @escaping @Sendable (StreamResult) -> Void
    ) {
        switch end {
        case .result(let result): onEnd(result)
        case .unusable: send(to: path, redirects: redirects, onEnd: onEnd)
        case .unprocessed(let result):
            let count = refusals.add(1, ordering: .relaxed).newValue
            guard count <= Self.maximumRepetitions(of: result) else { return onEnd(result) }
            guard count > 1 else { return send(to: path, redirects: redirects, onEnd: onEnd) }
            // Not all streams of a connection at once.
            pool.after(
                .milliseconds(.random(in: Self.repetitionMilliseconds(count))),
                { self.send(to: path, redirects: redirects, onEnd: onEnd) },
                orElse: { onEnd(result) })
        case .redirected(let target) where redirects < Redirect.maximumCount:
            send(to: target, redirects: redirects + 1, onEnd: onEnd)
        case .redirected: onEnd(failure(.tooManyRedirects(at: endpoint.origin)))
        }
    }

    // MARK: For its connection

    /// The exchange that begins on a connection.
    func exchange(path: String, isConnectionReused: Bool, at now: NIODeadline) -> Exchange {
        let request = request.withLock { $0 }
        var provider = endpoint.provider
        if request.acceptsMissingFinishReason { provider.omitsFinishReason = true }
        var limits = pool.configuration.limits
        limits.keptByteCount = min(request.keptByteCount, limits.maximumCompletionBytes)
        return Exchange(
            request, provider: provider, origin: endpoint.origin, path: path, limits: limits,
            timeouts: exchangeTimeouts(of: request), isConnectionReused: isConnectionReused, start: start, at: now,
            unixSeconds: pool.configuration.unixSeconds)
    }

    /// The request's body; empty once a response began.
    var body: [UInt8] { request.withLock { $0.body } }

    /// What all answers may hold in memory.
    var memory: MemoryBudget { pool.memory }

    /// Lets the body go: a response began, and the request is not sent again.
    func responseBegan() { request.withLock { $0.body = [] } }

    private func exchangeTimeouts(of request: ProviderRequest) -> StreamTimeouts {
        var timeouts = timeouts
        if let time = request.firstTokenTimeout { timeouts.firstToken = time }
        guard case .abandon = request.call else { return timeouts }
        // Nobody waits for its response, and the next attempt waits for its end.
        timeouts.firstToken = min(timeouts.firstToken, Self.abandonTime)
        return timeouts
    }

    private static let abandonTime = Duration.seconds(5)

    private func failure(_ error: LLMError) -> StreamResult {
        StreamResult(outcome: .failed(error), durationMicroseconds: (NIODeadline.now() - start).nanoseconds / 1000)
    }
}
