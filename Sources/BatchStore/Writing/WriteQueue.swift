import BatchEngine
import LLMStreaming
import Synchronization

/// The bounded queue between event loops and the writer: one batch collects while another is written.
///
/// Everything here is a few appends under a lock; SQLite is on the other side.
final class WriteQueue: Sendable {
    /// What the caller has to do after a write was queued or a batch was written.
    enum Wake: Sendable, Equatable {
        case nothing
        case after(Duration)
        case now
    }

    private enum Phase {
        /// Nothing waits.
        case idle
        /// A flush will come when the oldest row is old enough.
        case armed
        /// A flush is on its way to the writer.
        case due
        /// The writer has a batch.
        case writing
    }

    private struct State: Sendable {
        var phase = Phase.idle
        var pending = WriteBatch()
        var spare = WriteBatch()
        var writingBytes = 0
        var nextAttemptID: Int64 = 1
        var waiting: [@Sendable () -> Void] = []
        var failure: StoreError?

        /// Returns what a new write asks for.
        ///
        /// - Parameter isUrgent: whether it is not to wait for others.
        mutating func wake(_ limits: WriteQueueLimits, isUrgent: Bool = false) -> Wake {
            let isDue = isUrgent || pending.byteCount >= limits.commitBytes
            switch phase {
            case .idle, .armed:
                if isDue {
                    phase = .due
                    return .now
                }
                if phase == .armed { return .nothing }
                phase = .armed
                return .after(limits.commitAge)
            case .due, .writing: return .nothing
            }
        }

        func hasRoom(_ limits: WriteQueueLimits) -> Bool {
            failure != nil || pending.byteCount + writingBytes < limits.maximumBytes
        }
    }

    private let limits: WriteQueueLimits
    private let state = Mutex(State())

    init(limits: WriteQueueLimits) { self.limits = limits }

    /// Why nothing is queued any more; nil while writes are.
    var failure: StoreError? { state.withLock { $0.failure } }

    /// The bytes that wait or are being written.
    var byteCount: Int { state.withLock { $0.pending.byteCount + $0.writingBytes } }

    /// Sets the number of the next attempt.
    func open(nextAttemptID: Int64) { state.withLock { $0.nextAttemptID = nextAttemptID } }

    // MARK: Queueing

    /// Queues the start of an attempt and gives it its number.
    func append(_ start: AttemptStart, runID: Int64) -> (attemptID: Int64, wake: Wake) {
        state.withLock { state in
            let attemptID = state.nextAttemptID
            state.nextAttemptID += 1
            guard state.failure == nil else { return (attemptID, .nothing) }
            state.pending.append(.start(start, attemptID: attemptID, runID: runID))
            return (attemptID, state.wake(limits))
        }
    }

    /// Queues ends that jobs take of others, and gives the attempts that stand for them their numbers.
    func append(_ given: GivenEnds) -> Wake {
        let (failure, wake) = state.withLock { state -> (StoreError?, Wake) in
            if let failure = state.failure { return (failure, .nothing) }
            state.pending.append(.give(given, firstAttemptID: state.nextAttemptID))
            state.nextAttemptID += Int64(given.count)
            return (nil, state.wake(limits, isUrgent: given.isMany))
        }
        if let failure { given.resume(with: .failure(failure)) }
        return wake
    }

    /// Queues chunks.
    ///
    /// After a failure they are dropped, and there is room: the run is ending, and its streams must not wait for a
    /// writer that does nothing more.
    func append(
        _ chunks: [StreamedChunk], of attemptID: Int64, from sequence: Int, atMicroseconds microseconds: Int64
    ) -> (hasRoom: Bool, wake: Wake) {
        state.withLock { state in
            guard state.failure == nil, !chunks.isEmpty else { return (state.hasRoom(limits), .nothing) }
            state.pending.append(chunks, of: attemptID, from: sequence, atMicroseconds: microseconds)
            return (state.hasRoom(limits), state.wake(limits))
        }
    }

    /// Queues an attempt's last chunks and its end, for one commit; the continuation is resumed when it is committed, or
    /// at once after a failure.
    func append(_ end: AttemptEnd, _ continuation: CheckedContinuation<Void, any Error>) -> Wake {
        let (failure, wake) = state.withLock { state -> (StoreError?, Wake) in
            if let failure = state.failure { return (failure, .nothing) }
            for read in end.tail.reads {
                state.pending.append(
                    read.chunks, of: end.attemptID, from: read.sequence, atMicroseconds: read.atMicroseconds)
            }
            state.pending.append(.end(end, continuation))
            return (nil, state.wake(limits))
        }
        if let failure { continuation.resume(throwing: failure) }
        return wake
    }

    /// Queues a row of `run_seconds`.
    func append(_ second: RunSecond) -> Wake {
        state.withLock { state in
            guard state.failure == nil else { return .nothing }
            state.pending.append(.second(second))
            return state.wake(limits)
        }
    }

    /// Calls the closure when there is room; at once if there is now.
    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) {
        let isNow = state.withLock { state in
            let hasRoom = state.hasRoom(limits)
            if !hasRoom { state.waiting.append(resume) }
            return hasRoom
        }
        if isNow { resume() }
    }

    // MARK: Writing

    /// Removes what waits; nil where nothing does.
    func take() -> WriteBatch? {
        state.withLock { state in
            guard !state.pending.isEmpty else {
                state.phase = .idle
                return nil
            }
            state.phase = .writing
            state.writingBytes = state.pending.byteCount
            var batch = state.spare
            state.spare = WriteBatch()
            swap(&batch, &state.pending)
            return batch
        }
    }

    /// Records that the batch is committed, and calls those who waited for room.
    func didWrite(_ batch: consuming WriteBatch) -> Wake {
        batch.removeAll()
        let emptied = batch
        let (waiting, wake) = state.withLock { state -> ([@Sendable () -> Void], Wake) in
            state.spare = emptied
            state.writingBytes = 0
            var waiting: [@Sendable () -> Void] = []
            if state.hasRoom(limits) { swap(&waiting, &state.waiting) }
            guard let start = state.pending.start else {
                state.phase = .idle
                return (waiting, .nothing)
            }
            let age = ContinuousClock.now - start
            if age >= limits.commitAge || state.pending.byteCount >= limits.commitBytes {
                state.phase = .due
                return (waiting, .now)
            }
            state.phase = .armed
            return (waiting, .after(limits.commitAge - age))
        }
        for resume in waiting { resume() }
        return wake
    }

    /// Queues nothing more: what waits is dropped, those who wait for a commit get the error, and the others go on.
    ///
    /// - Returns: whether this was the first failure.
    func fail(_ error: StoreError) -> Bool {
        let (isFirst, batch, waiting) = state.withLock { state in
            let isFirst = state.failure == nil
            if isFirst { state.failure = error }
            var batch = WriteBatch()
            swap(&batch, &state.pending)
            var waiting: [@Sendable () -> Void] = []
            swap(&waiting, &state.waiting)
            state.writingBytes = 0
            state.phase = .idle
            return (isFirst, batch, waiting)
        }
        batch.resumeWaiting(with: .failure(error))
        for resume in waiting { resume() }
        return isFirst
    }
}
