import BatchEngine
import LLMStreaming
import Synchronization

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
    func nextDueTime(for model: ModelName, excluding running: Set<Int64>) async throws -> Int64? { nil }
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
