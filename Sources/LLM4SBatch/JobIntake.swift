package import BatchEngine
package import BatchStore
package import LLMStreaming
import Synchronization

/// Brings jobs into the database, while the runner works on the first of them: those of files, of a pipe, or of a
/// sequence.
///
/// The first fault ends it; the jobs before it are stored.
package final class JobIntake: Sendable {
    /// Why a job cannot run; nil where it can.
    package typealias Fault = @Sendable (_ job: NewJob) -> ConfigurationError?

    private struct State {
        var counts = IntakeCounts()
        var isOpen = true
        var failure: BatchError?
        var task: Task<Void, Never>?
        var isStopped = false
        var isCut = false
    }

    private enum Source: Sendable {
        case input([InputSource], InputReading, checked: InputSummary?)
        case sequence(SequenceIntake)
    }

    /// The jobs of a page are stored in one transaction.
    private static let pageJobs = 10_000
    /// A new file with as many jobs is loaded before its ids are indexed; of fewer, each page rewrites little of the index.
    private static let loadedJobs = 50_000
    /// What a pipe gives is stored soon, since the runner waits for it.
    private static let pipedJobs = 64

    private let state = Mutex(State())
    private let source: Source
    private let policy: ChangedJobPolicy
    private let fault: Fault

    /// The intake of files, or of a pipe.
    ///
    /// - Parameters:
    ///   - sources: where the job lines are.
    ///   - reading: how they are read.
    ///   - checked: what the check found; nil for what can be read only once.
    ///   - policy: what becomes of jobs whose ids are stored with other requests.
    ///   - fault: why a job cannot run.
    package init(
        _ sources: [InputSource], _ reading: InputReading, checked: InputSummary?, policy: ChangedJobPolicy,
        fault: @escaping Fault
    ) {
        source = .input(sources, reading, checked: checked)
        self.policy = policy
        self.fault = fault
    }

    /// The intake of a sequence.
    init(_ sequence: SequenceIntake, policy: ChangedJobPolicy, fault: @escaping Fault) {
        source = .sequence(sequence)
        self.policy = policy
        self.fault = fault
    }

    /// How many jobs the input has; nil where it can be read only once.
    package var expected: Int? {
        if case .input(_, _, let checked) = source { checked?.jobs } else { nil }
    }

    /// How much of the whole input they are; nil where it can be read only once.
    package var shardJobs: ShardJobs? {
        if case .input(_, _, let checked) = source { checked?.shardJobs } else { nil }
    }

    /// Whether the jobs of the input are the scope of the run: where a part of it can be read only once, nothing else
    /// says which of the stored jobs it is about.
    package var isScope: Bool {
        if case .input(_, _, checked: nil) = source { true } else { false }
    }

    /// Whether none of the input can be read again: what it does not hold is not gone.
    package var isReadOnce: Bool {
        switch source {
        case .input(let sources, _, _): sources.allSatisfy(\.isReadOnce)
        case .sequence: true
        }
    }

    package var isOpen: Bool { state.withLock { $0.isOpen } }
    package var counts: IntakeCounts { state.withLock { $0.counts } }
    /// Whether it was stopped before the end of the input was read.
    var isCut: Bool { state.withLock { $0.isCut } }
    /// Why the intake ended before the input did.
    package var failure: BatchError? { state.withLock { $0.failure } }

    /// Takes the task that reads: `stop` cancels it.
    func run(in task: Task<Void, Never>) {
        let isStopped = state.withLock { state in
            state.task = task
            return state.isStopped
        }
        if isStopped { task.cancel() }
    }

    /// Reads no further, at any time and from any thread: a pipe may stay open for ever.
    package func stop() {
        let task = state.withLock { state in
            state.isStopped = true
            return state.task
        }
        task?.cancel()
    }

    /// Reads to the end of the input, or to the first thing that ends it; a cancelled task reads no further.
    ///
    /// - Parameters:
    ///   - database: takes the jobs.
    ///   - entering: called with jobs that were stored before, just before they come into scope; only where the input is
    ///     the scope of the run.
    ///   - stored: called after each page, and at the end.
    func read(
        into database: BatchDatabase, entering: @Sendable ([Int64]) async throws -> Void = { _ in },
        stored: @Sendable (StoredPage) -> Void
    ) async {
        do {
            switch source {
            case .input(let sources, let reading, let checked):
                try await read(
                    sources, reading, checked: checked, into: database, entering: entering, stored: stored)
            case .sequence(let sequence):
                try await sequence.read(into: database) { page in
                    try await store(page, in: database, entering: entering, stored: stored)
                }
            }
        } catch {
            let failure = error as? BatchError ?? BatchError(error is StoreError ? .database : .input, "\(error)")
            state.withLock { $0.failure = failure }
        }
        state.withLock { $0.isOpen = false }
        stored(StoredPage())
    }

    private func read(
        _ sources: [InputSource], _ reading: InputReading, checked: InputSummary?, into database: BatchDatabase,
        entering: ([Int64]) async throws -> Void, stored: (StoredPage) -> Void
    ) async throws {
        for source in sources { try await database.forgetRejectedLines(of: source.name) }
        var feed = JobFeed(sources, reading, checked: checked)
        let maximum = checked == nil ? Self.pipedJobs : Self.pageJobs
        if let checked, checked.jobs >= Self.loadedJobs { try await database.beginLoad() }
        do {
            while !Task.isCancelled, let page = try feed.next(maximum: maximum) {
                try await store(page, in: database, entering: entering, stored: stored)
            }
        } catch {
            // Where it fails too, it says no more than this error; the next worker makes the index.
            try? await database.endLoad()
            throw error
        }
        // What was not read is not gone; and who stops a run does not wait for the index.
        if Task.isCancelled { return state.withLock { $0.isCut = true } }
        try await database.endLoad()
        let files = sources.filter { !$0.isReadOnce }.map(\.name)
        for file in files { _ = try await database.markGone(from: file) { feed.contains($0) } }
        let gone = try await database.reader.goneCount(from: files)
        state.withLock { $0.counts.gone = gone }
    }

    /// Stores the jobs of a page, up to the first that cannot run.
    private func store(
        _ page: InputBatch, in database: BatchDatabase, entering: ([Int64]) async throws -> Void,
        stored: (StoredPage) -> Void
    ) async throws {
        var jobs = try await database.reader.namingFirstSamples(page.jobs)
        let stop = jobs.firstIndex { fault($0) != nil }
        let reason = stop.flatMap { fault(jobs[$0]) }
        if let stop { jobs.removeSubrange(stop...) }
        let outcomes = try await database.ingest(jobs, onChanged: policy, isEntering: isScope)
        var changed = ChangedJobs(database: database.path)
        for case (let job, .conflict(let stored)) in zip(jobs, outcomes) { changed.add(job, stored) }
        if let fault = changed.text { throw BatchError(.input, fault) }
        if !page.rejectedLines.isEmpty { try await database.store(page.rejectedLines) }
        var told = StoredPage(rejected: page.rejectedLines.map(\.line))
        if isScope { told.ended = try await enter(jobs, outcomes, in: database, entering: entering) }
        state.withLock { state in
            for outcome in outcomes { state.counts.add(outcome) }
            state.counts.rejected += page.rejectedLines.count
        }
        stored(told)
        if let reason { throw BatchError(.configuration, reason.description) }
    }
}

/// What an intake found, for the line that a run begins with (Contract, "Commands").
package struct IntakeCounts: Sendable {
    package var new = 0
    /// Stored with another request: all of them, and those that the new request took the place of.
    package var changed = 0
    package var replaced = 0
    package var done = 0
    package var failed = 0
    package var partial = 0
    package var pending = 0
    package var gone = 0
    package var rejected = 0

    package init() {}

    package mutating func add(_ outcome: IngestOutcome) {
        switch outcome {
        case .new: new += 1
        case .replaced:
            changed += 1
            replaced += 1
        case .unchanged(let status): add(status)
        case .kept(let status):
            changed += 1
            add(status)
        case .conflict: break
        }
    }

    private mutating func add(_ status: JobStatus) {
        switch status {
        case .completed: done += 1
        case .failed, .cancelled: failed += 1
        case .interrupted: partial += 1
        case .pending, .running: pending += 1
        }
    }

    /// All jobs but those that are gone.
    private var total: Int { new + done + failed + partial + pending + replaced }

    /// The jobs that this run has to do.
    package var left: Int { new + partial + pending + replaced }

    /// Whether there is anything to tell.
    package var isAny: Bool { total + rejected + gone > 0 }

    /// What was found, in words.
    package var text: String {
        let parts = [
            (done, "done"), (failed, "failed"), (partial, "partial"), (pending, "pending"), (new, "new"),
            (changed, "changed"), (gone, "gone"), (rejected, "left out"),
        ].filter { $0.0 > 0 }.map { "\($0.0.grouped) \($0.1)" }
        return "\(total.counted("job")): \(parts.isEmpty ? "none" : parts.joined(separator: ", "))"
    }
}
