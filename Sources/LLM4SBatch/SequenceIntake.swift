import BatchEngine
import BatchRows
import BatchStore
import Synchronization

/// Reads jobs of a sequence while those before them are stored.
///
/// As with a pipe: the sequence is read once and not ahead of what is stored, what a run before has stored is not gone
/// for not being in it, and a fault ends the reading.
struct SequenceIntake: Sendable {
    /// Where the jobs come from: the stored name of their source.
    private let name: String
    private let reading: InputReading
    private let put: @Sendable (JobBuffer) async throws -> Void

    init<Jobs: AsyncSequence & Sendable>(
        _ jobs: Jobs, from name: String, _ reading: InputReading
    ) where Jobs.Element == BatchJob {
        self.name = name
        self.reading = reading
        put = { buffer in try await Self.put(jobs, into: buffer) }
    }

    private static func put<Jobs: AsyncSequence & Sendable>(
        _ jobs: Jobs, into buffer: JobBuffer
    ) async throws where Jobs.Element == BatchJob {
        for try await job in jobs { guard await buffer.put(job.line) else { break } }
    }

    /// Reads to the end of the sequence, to its error, or to the first fault; a cancelled task reads no further.
    ///
    /// - Parameter store: stores a page.
    func read(
        into database: BatchDatabase, store: @Sendable (_ page: InputBatch) async throws -> Void
    ) async throws {
        let buffer = JobBuffer()
        async let failure = fill(buffer)
        do {
            try await storeAll(of: buffer, in: database, store: store)
        } catch {
            // Whoever makes the jobs is cancelled: nobody takes any more.
            buffer.close()
            throw error
        }
        if let failure = await failure { throw failure }
    }

    /// Puts the jobs into the buffer; returns why the sequence ended before its end.
    private func fill(_ buffer: JobBuffer) async -> BatchError? {
        defer { buffer.finish() }
        do {
            try await put(buffer)
            return nil
        } catch {
            // Of a run that was stopped nobody waits for the rest.
            guard !Task.isCancelled else { return nil }
            return BatchError(.input, "the jobs ended with an error: \("\(error)".shortened(toBytes: 2_000))")
        }
    }

    private func storeAll(
        of buffer: JobBuffer, in database: BatchDatabase, store: @Sendable (_ page: InputBatch) async throws -> Void
    ) async throws {
        try await database.forgetRejectedLines(of: name)
        var feed = LineFeed(name, reading)
        while var lines = await buffer.take()?[...] {
            while let page = try feed.next(of: &lines, maximum: JobBuffer.maximumLines) { try await store(page) }
        }
    }
}

/// Jobs that are in memory, or made one by one, as an asynchronous sequence.
struct JobSequence<Base: Sequence & Sendable>: AsyncSequence, Sendable where Base.Element == BatchJob {
    typealias Element = BatchJob
    typealias Failure = Never

    let base: Base

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeIterator()) }

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: Base.Iterator

        // Of a run that ended no more is asked for.
        mutating func next() async -> BatchJob? { Task.isCancelled ? nil : base.next() }
    }
}

/// The bounded queue between the task that makes jobs and the one that stores them.
///
/// A maker that is faster than the store waits; a slow one has each job stored as it comes.
final class JobBuffer: Sendable {
    private struct State {
        var lines: [[UInt8]] = []
        var bytes = 0
        /// Nothing more will be put.
        var isFinished = false
        /// Nothing more will be taken.
        var isClosed = false
        var putter: CheckedContinuation<Bool, Never>?
        var taker: CheckedContinuation<[[UInt8]]?, Never>?

        var isFull: Bool { lines.count >= JobBuffer.maximumLines || bytes >= JobBuffer.maximumBytes }

        mutating func takeAll() -> [[UInt8]] {
            defer { (lines, bytes) = ([], 0) }
            return lines
        }
    }

    /// With this many jobs in it, who makes them waits; as many are stored in one transaction.
    static let maximumLines = 1_000
    /// The same in bytes; one job may go beyond it.
    static let maximumBytes = 3 << 20

    private let state = Mutex(State())

    /// Adds a line, and waits while there is no room for another; false where nobody takes any more.
    func put(_ line: [UInt8]) async -> Bool {
        let (taker, lines, isFull) = state.withLock {
            state -> (CheckedContinuation<[[UInt8]]?, Never>?, [[UInt8]], Bool) in
            guard !state.isClosed else { return (nil, [], true) }
            state.lines.append(line)
            state.bytes += line.count
            guard let taker = state.taker.take() else { return (nil, [], state.isFull) }
            return (taker, state.takeAll(), false)
        }
        taker?.resume(returning: lines)
        guard isFull else { return true }
        return await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                if state.isClosed { return false }
                if !state.isFull { return true }
                state.putter = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Nothing more will be put; what is there is still taken.
    func finish() {
        let taker = state.withLock { state in
            state.isFinished = true
            return state.taker.take()
        }
        taker?.resume(returning: nil)
    }

    /// Nothing more will be taken.
    func close() {
        let putter = state.withLock { state in
            state.isClosed = true
            return state.putter.take()
        }
        putter?.resume(returning: false)
    }

    /// All lines that are there, at least one; nil at the end.
    func take() async -> [[UInt8]]? {
        await withCheckedContinuation { continuation in
            let (answer, putter) = state.withLock {
                state -> ([[UInt8]]??, CheckedContinuation<Bool, Never>?) in
                if !state.lines.isEmpty { return (.some(state.takeAll()), state.putter.take()) }
                if state.isFinished { return (.some(nil), nil) }
                state.taker = continuation
                return (nil, nil)
            }
            putter?.resume(returning: true)
            if let answer { continuation.resume(returning: answer) }
        }
    }
}
