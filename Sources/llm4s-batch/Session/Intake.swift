import BatchEngine
import BatchStore
import LLMStreaming
import Synchronization

/// Reads jobs from the input into the database while the runner already works on the first of them.
final class Intake: Sendable {
    /// What was found, for the line that a run begins with (SPEC 2, `run`).
    struct Findings: Sendable {
        var new = 0
        /// Stored with another request: all of them, and those that the new request took the place of.
        var changed = 0
        var replaced = 0
        var done = 0
        var failed = 0
        var partial = 0
        var pending = 0
        var gone = 0
        var rejected = 0
    }

    private struct State {
        var findings = Findings()
        var isOpen = true
        var failure: String?
        var storeFailure: String?
        var task: Task<Void, Never>?
        var isStopped = false
    }

    private let state = Mutex(State())
    private let sources: [InputSource]
    private let reading: InputReading
    private let checked: InputSummary?
    private let policy: ChangedJobPolicy

    /// The jobs of a page are stored in one transaction; each rewrites the pages of the index of ids that it touches.
    private static let pageJobs = 10_000
    /// What a pipe gives is stored soon, since the runner waits for it.
    private static let pipedJobs = 64

    init(_ sources: [InputSource], _ reading: InputReading, checked: InputSummary?, policy: ChangedJobPolicy) {
        self.sources = sources
        self.reading = reading
        self.checked = checked
        self.policy = policy
    }

    /// How many jobs the input has; nil where it can be read only once.
    var expected: Int? { checked?.jobs }

    var isOpen: Bool { state.withLock { $0.isOpen } }
    var findings: Findings { state.withLock { $0.findings } }
    /// Why the intake ended before the input did, where the input is at fault.
    var failure: String? { state.withLock { $0.failure } }
    /// Why the intake ended before the input did, where the database is at fault.
    var storeFailure: String? { state.withLock { $0.storeFailure } }

    /// Whether none of the input can be read again: what it does not hold is not gone.
    var isReadOnce: Bool { sources.allSatisfy(\.isReadOnce) }

    /// Takes the task that reads: `stop` cancels it.
    func run(in task: Task<Void, Never>) {
        let isStopped = state.withLock { state in
            state.task = task
            return state.isStopped
        }
        if isStopped { task.cancel() }
    }

    /// Reads no further, at any time and from any thread: a pipe may stay open for ever.
    func stop() {
        let task = state.withLock { state in
            state.isStopped = true
            return state.task
        }
        task?.cancel()
    }

    /// Reads to the end of the input, or to the first thing that ends it.
    ///
    /// - Parameters:
    ///   - fault: tells why a job cannot run; nil where it can.
    ///   - stored: called after each page.
    func read(
        into database: BatchDatabase, fault: (_ job: NewJob) -> ConfigurationError?,
        stored: () -> Void
    ) async {
        do {
            try await readAll(into: database, fault: fault, stored: stored)
        } catch let error as StoreError {
            state.withLock { $0.storeFailure = "\(error)" }
        } catch {
            state.withLock { $0.failure = (error as? Exit)?.message ?? "\(error)" }
        }
        state.withLock { $0.isOpen = false }
        stored()
    }

    private func readAll(
        into database: BatchDatabase, fault: (_ job: NewJob) -> ConfigurationError?,
        stored: () -> Void
    ) async throws {
        for source in sources { try await database.forgetRejectedLines(of: source.name) }
        var feed = JobFeed(sources, reading, checked: checked)
        let maximum = checked == nil ? Self.pipedJobs : Self.pageJobs
        while !Task.isCancelled, let page = try feed.next(maximum: maximum) {
            var jobs = page.jobs
            let stop = jobs.firstIndex { fault($0) != nil }
            let reason = stop.flatMap { fault(jobs[$0]) }
            if let stop { jobs.removeSubrange(stop...) }
            let outcomes = try await database.ingest(jobs, onChanged: policy)
            var changed = ChangedJobs(database: database.path)
            for case (let job, .conflict(let stored)) in zip(jobs, outcomes) { changed.add(job, stored) }
            if let fault = changed.text { throw Exit(.input, fault) }
            if !page.rejectedLines.isEmpty { try await database.store(page.rejectedLines) }
            state.withLock { state in
                for outcome in outcomes { state.findings.add(outcome) }
                state.findings.rejected += page.rejectedLines.count
            }
            stored()
            if let reason { throw Exit(.input, reason.description) }
        }
        // What was not read is not gone.
        if Task.isCancelled { return }
        for source in sources where !source.isReadOnce {
            _ = try await database.markGone(from: source.name) { feed.contains($0) }
        }
        let gone = try await database.reader.goneCount(from: sources.map(\.name))
        state.withLock { $0.findings.gone = gone }
    }
}

extension Intake.Findings {
    mutating func add(_ outcome: IngestOutcome) {
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

    /// Whether there is anything to tell.
    var isAny: Bool { total + rejected + gone > 0 }

    /// What was found, in words.
    var text: String {
        let parts = [
            (done, "done"), (failed, "failed"), (partial, "partial"), (pending, "pending"), (new, "new"),
            (changed, "changed"), (gone, "gone"), (rejected, "left out"),
        ].filter { $0.0 > 0 }.map { "\(ProgressLine.count($0.0)) \($0.1)" }
        return "\(InputReport.plural(total, "job")): \(parts.isEmpty ? "none" : parts.joined(separator: ", "))"
    }
}
