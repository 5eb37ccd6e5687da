import BatchEngine
import BatchStore
import LLMStreaming
import Synchronization

/// Takes jobs of a sequence into the database while the runner works on the first of them.
///
/// As with a pipe: the sequence is read once and not ahead of what is stored, what a run before has stored is not gone
/// for not being in it, and a fault ends the intake; the jobs before it are run.
final class MemoryIntake: Sendable {
    private struct State {
        var isOpen = true
        var failure: BatchError?
    }

    /// Where the jobs come from: the stored name of their source.
    let name: String
    private let reading: InputReading
    private let policy: ChangedJobPolicy
    private let state = Mutex(State())

    init(_ name: String, _ reading: InputReading, _ policy: ChangedJobPolicy) {
        self.name = name
        self.reading = reading
        self.policy = policy
    }

    var isOpen: Bool { state.withLock { $0.isOpen } }
    /// Why the intake ended before the sequence did.
    var failure: BatchError? { state.withLock { $0.failure } }

    /// Reads to the end of the sequence, or to the first thing that ends the intake; a cancelled task reads no further.
    ///
    /// - Parameters:
    ///   - fault: why a job cannot run; nil where it can.
    ///   - stored: called after each page, and at the end.
    func read<Jobs: AsyncSequence & Sendable>(
        _ jobs: Jobs, into database: BatchDatabase, fault: @Sendable (NewJob) -> ConfigurationError?,
        stored: @Sendable () -> Void
    ) async where Jobs.Element == BatchJob {
        let buffer = JobBuffer()
        async let end: Void = put(jobs, into: buffer)
        do {
            try await storeAll(of: buffer, in: database, fault: fault, stored: stored)
        } catch {
            fail(error as? BatchError ?? BatchError(.database, "\(error)"))
            buffer.close()
        }
        await end
        state.withLock { $0.isOpen = false }
        stored()
    }

    private func put<Jobs: AsyncSequence & Sendable>(
        _ jobs: Jobs, into buffer: JobBuffer
    ) async where Jobs.Element == BatchJob {
        do {
            for try await job in jobs { guard await buffer.put(job.line) else { break } }
        } catch {
            // Of a run that was stopped nobody waits for the rest.
            if !Task.isCancelled { fail(BatchError(.input, "the jobs ended with an error: \(Self.words(error))")) }
        }
        buffer.finish()
    }

    private func storeAll(
        of buffer: JobBuffer, in database: BatchDatabase, fault: (NewJob) -> ConfigurationError?, stored: () -> Void
    ) async throws {
        try await database.forgetRejectedLines(of: name)
        var feed = LineFeed(name, reading)
        while let lines = await buffer.take() {
            let page: InputBatch
            do { page = try feed.next(lines) } catch { throw BatchError(.input, error.description) }
            let stop = page.jobs.firstIndex { fault($0) != nil }
            try await database.store(page, upTo: stop, policy)
            stored()
            if let reason = stop.flatMap({ fault(page.jobs[$0]) }) {
                throw BatchError(.configuration, reason.description)
            }
            if feed.isEnded {
                do { _ = try feed.next([]) } catch { throw BatchError(.input, error.description) }
            }
        }
    }

    /// The first fault is the one that is told.
    private func fail(_ error: BatchError) {
        state.withLock { $0.failure = $0.failure ?? error }
    }

    private static func words(_ error: any Error) -> String { "\(error)".shortened(toBytes: 2_000) }
}

extension BatchDatabase {
    /// Stores what a reading of jobs gave.
    ///
    /// - Parameter stop: how many of the jobs; nil for all.
    /// - Throws: kind `input` for a job whose id is stored with another request: nothing of the page is then stored.
    func store(_ page: InputBatch, upTo stop: Int? = nil, _ policy: ChangedJobPolicy) async throws {
        let jobs = stop.map { Array(page.jobs[..<$0]) } ?? page.jobs
        let outcomes = try await ingest(jobs, onChanged: policy)
        for case (let job, .conflict) in zip(jobs, outcomes) {
            throw BatchError(
                .input,
                "\(job.source):\(job.line): job '\(job.customID)' is stored with another request; give it another id")
        }
        if !page.rejectedLines.isEmpty { try await store(page.rejectedLines) }
    }
}
