import NIOCore
import Synchronization

/// A generation that goes on without its client, and whose events are sent as often as they are asked for.
///
/// Its events are a function of the answer and the clock, so nothing is stored but where they begin, and nothing runs
/// while nobody reads.
final class StoredRun: Sendable {
    private struct State {
        var cancelled: NIODeadline?
        var replays = 0
        /// Output tokens that were billed; nil before.
        var billedTokens: Int?
        var readers: [Int: @Sendable () -> Void] = [:]
    }

    let answer: Answer
    let dialect: Dialect
    let schedule: RunSchedule
    let behavior: MockBehavior
    /// Whether the run was asked for as a stream: another has none to replay.
    let isStreamed: Bool
    /// The events from the start, without the faults of a connection.
    private let events: EventStream
    private let state = Mutex(State())

    init(
        answer: Answer, dialect: Dialect, schedule: RunSchedule, behavior: MockBehavior, isStreamed: Bool,
        events: EventStream
    ) {
        self.answer = answer
        self.dialect = dialect
        self.schedule = schedule
        self.behavior = behavior
        self.isStreamed = isStreamed
        self.events = events
    }

    /// When the run was given up, if it was.
    var cancelled: NIODeadline? { state.withLock { $0.cancelled } }

    /// How many chunks there are now.
    func chunksGenerated(at time: NIODeadline) -> Int {
        chunks(at: min(time, cancelled ?? .distantFuture))
    }

    private func chunks(at time: NIODeadline) -> Int {
        behavior.staysQueued && answer.isBackground ? 0 : schedule.chunksGenerated(at: time)
    }

    /// Whether chunks are still to come.
    func isUnfinished(at time: NIODeadline) -> Bool {
        cancelled == nil && chunksGenerated(at: time) < schedule.chunkCount
    }

    /// The response object as it is now.
    func snapshot(at time: NIODeadline) -> JSON {
        let object = ResponsesObject(answer: answer, staysQueued: behavior.staysQueued)
        let chunks = chunksGenerated(at: time)
        if cancelled != nil { return object.snapshot(status: "cancelled") }
        if chunks == 0, schedule.chunkCount > 0 { return object.snapshot(status: "queued") }
        return object.snapshot(status: chunks < schedule.chunkCount ? "in_progress" : object.finalStatus)
    }

    /// Counts a replay; false when the run is gone by then.
    func countReplay() -> Bool {
        state.withLock {
            $0.replays += 1
            return $0.replays <= behavior.maximumReplays ?? .max
        }
    }

    /// Ends the run and all that read it; a second call does nothing.
    ///
    /// - Returns: Output tokens that were billed already and will not be generated.
    @discardableResult
    func cancel(at time: NIODeadline) -> Int {
        let generated = answer.progress(chunks: chunksGenerated(at: time)).tokens
        let (readers, refund) = state.withLock { state in
            guard state.cancelled == nil else { return ([] as [@Sendable () -> Void], 0) }
            state.cancelled = time
            return (Array(state.readers.values), state.billedTokens.map { $0 - generated } ?? 0)
        }
        for end in readers { end() }
        return refund
    }

    /// Bills what the run generates to its end, or what it has generated when it was cancelled.
    func billTokens() -> Int {
        state.withLock { state in
            let chunks = chunks(at: state.cancelled ?? .distantFuture)
            let tokens = answer.progress(chunks: chunks).tokens
            state.billedTokens = tokens
            return tokens
        }
    }

    /// Has `end` called, on any thread, when the run is cancelled.
    func addReader(_ request: Int, end: @escaping @Sendable () -> Void) {
        state.withLock { $0.readers[request] = end }
    }

    func removeReader(_ request: Int) {
        _ = state.withLock { $0.readers.removeValue(forKey: request) }
    }

    /// The run's events from a byte of its body on, or from an event on.
    func replay(fromByte byte: Int = 0, after sequence: Int? = nil) -> RunReader {
        var events = events
        if let sequence { events.skipEvents(through: sequence) }
        return RunReader(run: self, events: events, skipping: byte)
    }
}
