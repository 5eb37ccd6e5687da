import BatchEngine
import BatchStore
import Foundation
import LLMStreaming
import LoadTesting
import Synchronization

/// A store in front of another one that measures how many streams have begun, and how old stamped chunks are.
///
/// Without stamps it adds a comparison to each read.
final class MeasuringStore: JobStore {
    /// The ages of chunks.
    struct Ages: Sendable {
        /// From the server's stamp to the decoded chunk, in seconds.
        var decoded = Distribution()
        /// From the server's stamp to the committed row, in seconds.
        var stored = Distribution()
        /// The chunks of each attempt.
        var chunksOfAttempt: [Int64: Int] = [:]
        /// The chunks that are not committed, in the queue's order: the stamp and the age when decoded, which is nil
        /// where it does not count.
        fileprivate var uncommitted: [(stamp: Int64, decoded: Double?)] = []
    }

    private let store: any JobStore
    private let isStamped: Bool
    private let isCommitted: Bool
    private let begun = Atomic<Int>(0)
    private let ages = Mutex(Ages())
    private let isOpen = Atomic<Bool>(false)

    /// - Parameters:
    ///   - isStamped: whether the texts of chunks are their sender's clock.
    ///   - isCommitted: whether `committed` will be called for them.
    init(_ store: any JobStore, isStamped: Bool, isCommitted: Bool) {
        self.store = store
        self.isStamped = isStamped
        self.isCommitted = isCommitted
    }

    /// How many attempts have had a chunk.
    var begunCount: Int { begun.load(ordering: .relaxed) }

    /// How many chunks have ages so far.
    var agedCount: Int { ages.withLock { $0.decoded.count } }

    /// Begins to record ages.
    func open() { isOpen.store(true, ordering: .relaxed) }

    /// Ends it, and returns what was recorded.
    func close() -> Ages {
        isOpen.store(false, ordering: .relaxed)
        return ages.withLock { $0 }
    }

    /// Notes that the oldest chunks of the queue are committed now.
    func committed(chunks: Int) {
        guard isStamped else { return }
        let now = Self.unixMicroseconds
        let isOpen = isOpen.load(ordering: .relaxed)
        ages.withLock { ages in
            // Both ages are counted here, so that they are those of the same chunks.
            for chunk in ages.uncommitted.prefix(chunks) where isOpen {
                guard let decoded = chunk.decoded else { continue }
                ages.decoded.add(decoded)
                ages.stored.add(Double(now - chunk.stamp) / 1e6)
            }
            ages.uncommitted.removeFirst(min(chunks, ages.uncommitted.count))
        }
    }

    /// The clock with which the source stamps events.
    private static var unixMicroseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1e6) }

    func storeChunks(
        _ chunks: [StreamedChunk], of attemptID: Int64, from sequence: Int, atMicroseconds microseconds: Int64
    ) -> Bool {
        if sequence == 0 { begun.add(1, ordering: .relaxed) }
        if isStamped { note(chunks, of: attemptID) }
        return store.storeChunks(chunks, of: attemptID, from: sequence, atMicroseconds: microseconds)
    }

    private func note(_ chunks: [StreamedChunk], of attemptID: Int64) {
        let now = Self.unixMicroseconds
        let isOpen = isOpen.load(ordering: .relaxed)
        ages.withLock { ages in
            for chunk in chunks {
                let stamp = chunk.kind == .text ? Int64(chunk.text.dropFirst().prefix(16)) ?? 0 : 0
                let decoded = isOpen && stamp > 0 ? Double(now - stamp) / 1e6 : nil
                if isCommitted {
                    ages.uncommitted.append((stamp, decoded))
                } else if let decoded {
                    ages.decoded.add(decoded)
                }
            }
            if isOpen { ages.chunksOfAttempt[attemptID, default: 0] += chunks.count }
        }
    }

    func models() async throws -> [ModelName] { try await store.models() }

    func nextJobs(for model: ModelName, after jobID: Int64, limit: Int) async throws -> [Job] {
        try await store.nextJobs(for: model, after: jobID, limit: limit)
    }

    func dueJobs(for model: ModelName, at now: Int64, limit: Int, excluding running: Set<Int64>) async throws -> [Job] {
        try await store.dueJobs(for: model, at: now, limit: limit, excluding: running)
    }

    func waitingTimes(of jobs: Set<Int64>, for model: ModelName) async throws -> [RetryTimes.Retry] {
        try await store.waitingTimes(of: jobs, for: model)
    }

    func dueJobs(among jobs: [Int64], for model: ModelName, at now: Int64) async throws -> [Job] {
        try await store.dueJobs(among: jobs, for: model, at: now)
    }

    func jobs(_ ids: [Int64]) async throws -> [Job] { try await store.jobs(ids) }

    func nextDueTime(for model: ModelName, excluding running: Set<Int64>) async throws -> Int64? {
        try await store.nextDueTime(for: model, excluding: running)
    }

    func answered(_ jobs: [Job]) async throws -> [Int64: EarlierEnd] { try await store.answered(jobs) }
    func end(ofJob jobID: Int64) async throws -> JobEnd? { try await store.end(ofJob: jobID) }
    func give(_ ends: [GivenEnd]) async throws -> [RunEvent.AttemptReport] { try await store.give(ends) }
    func endWaits(of jobs: [Int64]) async throws { try await store.endWaits(of: jobs) }
    func metadata(of jobID: Int64) async throws -> [UInt8]? { try await store.metadata(of: jobID) }
    func startAttempt(_ start: AttemptStart) -> Int64 { store.startAttempt(start) }
    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { store.whenThereIsRoom(resume) }
    func endAttempt(_ end: AttemptEnd) async throws { try await store.endAttempt(end) }
}

/// The commits of a measured run.
final class CommitLog: Sendable {
    /// The commits since the window was opened.
    struct Commits: Sendable {
        /// How long each took, in seconds.
        var durations = Distribution()
        var chunks = 0
        /// The greatest length of the WAL.
        var maximumLogBytes = 0
    }

    private let state = Mutex<(commits: Commits, isOpen: Bool, store: MeasuringStore?)>((Commits(), false, nil))

    /// Sets the store that is told which chunks are stored.
    func connect(_ store: MeasuringStore) { state.withLock { $0.store = store } }

    /// How many were counted.
    var count: Int { state.withLock { $0.commits.durations.count } }

    /// Begins to count.
    func open() { state.withLock { $0.isOpen = true } }

    /// Ends it, and returns what was counted.
    func close() -> Commits {
        state.withLock { state in
            state.isOpen = false
            return state.commits
        }
    }

    func add(_ report: CommitReport) {
        let store = state.withLock { state in
            if state.isOpen {
                state.commits.durations.add(report.duration.seconds)
                state.commits.chunks += report.chunks
                state.commits.maximumLogBytes = max(state.commits.maximumLogBytes, report.logBytes)
            }
            return state.store
        }
        store?.committed(chunks: report.chunks)
    }
}

/// A store without a database, which has jobs without end and keeps nothing.
///
/// The further cost of a run with a database is the store's.
final class ForgetfulStore: JobStore {
    private let model: ModelName
    private let request: [UInt8]
    private let attempts = Atomic<Int64>(0)

    init(model: ModelName, request: [UInt8]) {
        self.model = model
        self.request = request
    }

    func models() async throws -> [ModelName] { [model] }

    func nextJobs(for model: ModelName, after jobID: Int64, limit: Int) async throws -> [Job] {
        (1...Int64(limit)).map { Self.job(jobID + $0, model: model, request: request) }
    }

    func dueJobs(for model: ModelName, at now: Int64, limit: Int, excluding running: Set<Int64>) async throws -> [Job] {
        []
    }
    func waitingTimes(of jobs: Set<Int64>, for model: ModelName) async throws -> [RetryTimes.Retry] { [] }
    func dueJobs(among jobs: [Int64], for model: ModelName, at now: Int64) async throws -> [Job] { [] }
    func jobs(_ ids: [Int64]) async throws -> [Job] { [] }
    func nextDueTime(for model: ModelName, excluding running: Set<Int64>) async throws -> Int64? { nil }
    func answered(_ jobs: [Job]) async throws -> [Int64: EarlierEnd] { [:] }
    func end(ofJob jobID: Int64) async throws -> JobEnd? { nil }
    func give(_ ends: [GivenEnd]) async throws -> [RunEvent.AttemptReport] { [] }
    func endWaits(of jobs: [Int64]) async throws {}
    func metadata(of jobID: Int64) async throws -> [UInt8]? { nil }
    func startAttempt(_ start: AttemptStart) -> Int64 { attempts.add(1, ordering: .relaxed).newValue }

    func storeChunks(
        _ chunks: [StreamedChunk], of attemptID: Int64, from sequence: Int, atMicroseconds microseconds: Int64
    ) -> Bool { true }

    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { resume() }
    func endAttempt(_ end: AttemptEnd) async throws {}

    private static func job(_ id: Int64, model: ModelName, request: [UInt8]) -> Job {
        Job(
            id: id, customID: "bench-\(id)", source: "bench", line: Int(id), provider: model.provider,
            model: model.model,
            requestSHA256: "", request: request)
    }
}
