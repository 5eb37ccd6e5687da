import NIOCore
import Synchronization

/// A generation that goes on without its client, and whose events can be had again.
///
/// Its events are a function of the answer and the clock, so only their beginning is stored, and nothing runs while nobody
/// reads.
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
    /// Whether the run was requested as a stream: only then there is one to replay.
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

    /// When the run was cancelled, if it was.
    var cancelled: NIODeadline? { state.withLock { $0.cancelled } }

    /// How many chunks there are at a time.
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

    /// Counts a replay; false where the run is gone by then.
    func countReplay() -> Bool {
        state.withLock {
            $0.replays += 1
            return $0.replays <= behavior.maximumReplays ?? .max
        }
    }

    /// Ends the run and all its readers; a second call does nothing.
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

    /// Bills what the run generates to its end, or until it was cancelled.
    func billTokens() -> Int {
        state.withLock { state in
            let chunks = chunks(at: state.cancelled ?? .distantFuture)
            let tokens = answer.progress(chunks: chunks).tokens
            state.billedTokens = tokens
            return tokens
        }
    }

    /// Calls `end`, on any thread, when the run is cancelled.
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

/// When each chunk of a run is generated: by the clock, whether anyone reads or not.
struct RunSchedule: Sendable {
    let start: NIODeadline
    /// The time before the first chunk.
    let timeToFirstToken: Duration
    /// The time between two chunks.
    let pace: Duration
    let chunkCount: Int

    init(start: NIODeadline, behavior: MockBehavior, chunkCount: Int) {
        self.start = start
        timeToFirstToken = behavior.timeToFirstToken ?? .zero
        pace = behavior.pace ?? .zero
        self.chunkCount = chunkCount
    }

    /// How many chunks are generated at a time.
    func chunksGenerated(at time: NIODeadline) -> Int {
        let elapsed = time - (start + TimeAmount(timeToFirstToken))
        guard elapsed >= .zero else { return 0 }
        guard pace > .zero else { return chunkCount }
        return min(chunkCount, 1 + Int(elapsed.nanoseconds / TimeAmount(pace).nanoseconds))
    }
}

/// The stored runs by their ids, in bounded memory: at twice `minimumRuns` the elder half is forgotten.
final class RunStore: Sendable {
    private struct State {
        var runs: [String: StoredRun] = [:]
        /// The ids in the order of arrival; one that was removed and stored anew is here twice.
        var order: [String] = []
    }

    private static let minimumRuns = 65_536

    private let state = Mutex(State())

    subscript(id: String) -> StoredRun? { state.withLock { $0.runs[id] } }

    /// Stores a run and returns the one that had its id before.
    func insert(_ run: StoredRun, id: String) -> StoredRun? {
        state.withLock { state in
            let before = state.runs.updateValue(run, forKey: id)
            state.order.append(id)
            if state.order.count > 2 * Self.minimumRuns {
                for forgotten in state.order.prefix(Self.minimumRuns) { state.runs[forgotten] = nil }
                state.order.removeFirst(Self.minimumRuns)
            }
            return before
        }
    }

    /// Forgets a run and returns it.
    func remove(id: String) -> StoredRun? { state.withLock { $0.runs.removeValue(forKey: id) } }
}

/// One reader of a stored run: its events, each no sooner than it is generated.
struct RunReader: Sendable {
    let run: StoredRun
    private var events: EventStream
    private var bytesToSkip: Int
    /// When the next event is generated.
    private var due: NIODeadline

    init(run: StoredRun, events: EventStream, skipping bytes: Int = 0) {
        self.run = run
        self.events = events
        bytesToSkip = bytes
        due = run.schedule.start + TimeAmount(events.delay ?? .zero)
    }

    /// How the body ends, once all of it is written.
    var ending: BodyEnding? {
        if let cancelled = run.cancelled, due > cancelled { return .complete }
        return switch events.ending {
        case .silent? where run.cancelled != nil: .complete
        case let ending: ending
        }
    }

    /// When the next event may be written; nil for now.
    func wait(at now: NIODeadline) -> NIODeadline? { due > now ? due : nil }

    /// Chunks that were written or skipped.
    var chunkIndex: Int { events.chunkIndex }
    var isCutInChunk: Bool { events.isCutInChunk }

    /// Writes the next event, or the rest of it after the bytes to skip.
    mutating func writeNext(into buffer: inout ByteBuffer) {
        if bytesToSkip == 0 {
            events.writeNext(into: &buffer)
        } else {
            var event = ByteBuffer()
            events.writeNext(into: &event)
            let skipped = min(bytesToSkip, event.readableBytes)
            event.moveReaderIndex(forwardBy: skipped)
            bytesToSkip -= skipped
            buffer.writeBuffer(&event)
        }
        due = due + TimeAmount(events.delay ?? .zero)
    }
}
