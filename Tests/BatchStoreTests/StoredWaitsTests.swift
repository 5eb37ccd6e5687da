import BatchEngine
import Foundation
import LLMStreaming
import Synchronization
import Testing

@testable import BatchStore

/// Waits that are stored, and dates that cannot be.
@Suite struct StoredWaitsTests {
    private static let now: Int64 = 1_800_000_000_000
    private static let year: Int64 = 365 * 86_400_000
    private static let longest: Int64 = 86_460_000

    /// When a job's wait began, when it was to end, and when it ends for a worker that opens the database now.
    struct Wait: Sendable {
        var began: Int64
        var due: Int64
        var expected: Int64
    }

    private static let waits = [
        Wait(began: now - 10_000, due: now + 50_000, expected: now + 50_000),
        Wait(began: now - 100_000, due: now - 40_000, expected: now - 40_000),
        Wait(began: now, due: now + 86_400_000, expected: now + 86_400_000),
        // The date was a year ahead.
        Wait(began: now + year, due: now + year + 60_000, expected: now + 60_000),
        Wait(began: now + year, due: now + year, expected: now),
        Wait(began: now + 1, due: now + 60_001, expected: now + 60_000),
        // Nobody asks for that.
        Wait(began: now - 1, due: now + year, expected: now + longest),
        Wait(began: now - 1, due: .max, expected: now + longest),
        Wait(began: .min, due: .max, expected: now + longest), Wait(began: .max, due: .max, expected: now),
        Wait(began: .max, due: now + 5, expected: now),
    ]

    @Test(arguments: waits)
    func aWaitIsNeverLongerThanWhatWasAskedFor(wait: Wait) async throws {
        let store = try await TestStore(jobs: newJobs(2)) { $0.unixMilliseconds = { Self.now } }
        try await store.database.close()
        try Connection(path: store.database.path, access: .writing).run(
            """
            UPDATE jobs SET not_before_ms = \(wait.due), updated_ms = \(wait.began)
            WHERE custom_id = 'j1'
            """)
        let again = try await TestStore(folder: store.folder) { $0.unixMilliseconds = { Self.now } }
        #expect(try again.rows("SELECT not_before_ms FROM jobs ORDER BY custom_id") == ["\(wait.expected)", ""])
        try await again.database.close()
    }

    /// A provider that fails a job's first attempt with a short wait.
    private final class Source: CompletionSource {
        private let tries = Mutex(0)

        final class Attempt: CompletionAttempt {
            private let isFirst: Bool

            fileprivate init(isFirst: Bool) { self.isFirst = isFirst }

            func run(onEnd: @escaping @Sendable (StreamResultBox) -> Void) {
                let error = isFirst ? LLMError(.server, "not now", httpStatus: 500, retryAfter: .milliseconds(20)) : nil
                onEnd(
                    StreamResultBox(
                        result(isFirst ? [] : textChunks("whole") + [StreamedChunk(.finish, "stop")], error: error)))
            }

            func cancel() {}
        }

        func attempt(
            _ request: consuming ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver
        ) -> Attempt {
            Attempt(
                isFirst: tries.withLock {
                    $0 += 1; return $0
                } == 1)
        }
    }

    @Test(
        .timeLimit(.minutes(15)), arguments: [.min, -1, 0, NumberGate.unixMilliseconds.upperBound, .max] as [Int64])
    func aRunEndsWhateverTheDateIs(date: Int64) async throws {
        let store = try await TestStore(jobs: [newJob("a", request: #"{"prompt":"x"}"#)]) {
            $0.unixMilliseconds = { date }
        }
        let provider = Provider(name: "mock", baseURL: "http://127.0.0.1:9/v1", needsKey: false, authorization: .none)
        let runner = JobRunner(
            store: store.queue, source: Source(),
            pools: ["mock": EndpointPool(try Endpoint(provider: provider, environment: [:]))],
            configuration: RunConfiguration(),
            clock: ContinuousClock(), unixMilliseconds: { date })
        #expect(await runner.run() == .finished)
        try await store.database.finishRun(store.runID, exitCode: 0, status: .finished)
        #expect(try store.rows("SELECT status FROM attempts ORDER BY number") == ["failed", "completed"])
        #expect(try await store.database.reader.status().counts.completed == 1)
        try await store.database.close()
    }
}
