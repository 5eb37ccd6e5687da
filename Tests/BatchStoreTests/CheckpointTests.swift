import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

@Suite struct CheckpointTests {
    @Test func aCheckpointIsDueAtTheThresholdAndAgainAQuarterLaterWhileTheWALCannotBeginAnew() {
        var checkpointer = Checkpointer(threshold: 100, warning: 1_000)
        func afterCommits(_ frames: [Int]) -> [Checkpointer.Action] {
            frames.map { checkpointer.didCommit(frames: $0) }
        }
        #expect(afterCommits([99, 100]) == [.nothing, .checkpoint])
        checkpointer.didCheckpoint(frames: 100)
        #expect(afterCommits([120, 125]) == [.nothing, .checkpoint])
        checkpointer.didCheckpoint(frames: 125)
        // At 3 it began anew.
        #expect(afterCommits([3, 99, 101]) == [.nothing, .nothing, .checkpoint])
    }

    @Test func aLongWALIsWarnedOfOnce() {
        var checkpointer = Checkpointer(threshold: 100, warning: 1_000)
        #expect([999, 1_000, 2_000].map { checkpointer.warns(frames: $0) } == [false, true, false])
    }

    @Test func theWALStaysShortWhateverIsWritten() async throws {
        let store = try await TestStore(jobs: newJobs(1)) { $0.checkpointBytes = 1 << 20 }
        let attemptID = store.queue.startAttempt(attemptStart(of: try await store.job("j1")))
        let chunk = StreamedChunk(.text, String(repeating: "x", count: 100_000))
        for sequence in 0..<100 {
            _ = store.queue.storeChunks([chunk], of: attemptID, from: sequence, atMicroseconds: 1)
            try await store.database.flush()
        }
        let length = try #require(DatabasePath.size(of: store.database.path + "-wal"))
        #expect(length < 3 << 20)
        #expect(try store.rows("SELECT count(*) FROM chunks") == ["100"])
        try await store.database.close()
        #expect(try store.folder.names == ["jobs.db", "jobs.db.lock"])
    }

    @Test func aReaderThatHoldsItsTransactionIsWarnedOfAndNothingFails() async throws {
        let warnings = Recorder<String>()
        let store = try await TestStore(jobs: newJobs(1)) {
            $0.checkpointBytes = 100_000
            $0.logWarningBytes = 1 << 20
            $0.closingPatience = .milliseconds(1)
            $0.warn = { warnings.record($0) }
        }
        let reader = try Connection(path: store.database.path, access: .reading)
        let rows = try reader.prepare("SELECT custom_id FROM jobs")
        #expect(try rows.step())
        let attemptID = store.queue.startAttempt(attemptStart(of: try await store.job("j1")))
        let chunk = StreamedChunk(.text, String(repeating: "x", count: 100_000))
        for sequence in 0..<30 {
            _ = store.queue.storeChunks([chunk], of: attemptID, from: sequence, atMicroseconds: 1)
            try await store.database.flush()
        }
        #expect(warnings.values.count == 1)
        #expect(warnings.values.first?.contains("holds a read transaction") ?? false)
        // Closing does not wait for it; the next worker goes on from the WAL.
        try await store.database.close()
        #expect(warnings.values.count == 2)
        #expect(warnings.values.last?.hasPrefix(store.database.path + "-wal holds what was stored last") ?? false)
        #expect(warnings.values.last?.contains(store.database.path + " alone is not whole") ?? false)
        #expect(FileManager.default.fileExists(atPath: store.database.path + "-wal"))
        try store.folder.copy("jobs.db", to: "alone.db")
        #expect(try sqlRows(store.folder.file("alone.db"), "SELECT count(*) FROM chunks") != ["30"])
        rows.reset()
        let again = try await TestStore(folder: store.folder)
        #expect(try again.rows("SELECT count(*) FROM chunks") == ["30"])
        try await again.database.close()
    }

    /// It keeps the WAL from being emptied, but all that is in it is in the database too.
    @Test func aReaderOfTheNewestIsNotWarnedOf() async throws {
        let warnings = Recorder<String>()
        let store = try await TestStore(jobs: newJobs(1)) {
            $0.closingPatience = .milliseconds(1)
            $0.warn = { warnings.record($0) }
        }
        let reader = try Connection(path: store.database.path, access: .reading)
        let rows = try reader.prepare("SELECT custom_id FROM jobs")
        #expect(try rows.step())
        try await store.database.close()
        #expect(warnings.values.isEmpty)
        try store.folder.copy("jobs.db", to: "alone.db")
        #expect(try sqlRows(store.folder.file("alone.db"), "SELECT count(*) FROM jobs") == ["1"])
        rows.reset()
    }

    /// What a power failure leaves for certain is what the main file has.
    private static func rowsOnDisk(_ store: TestStore) throws -> Int64 {
        try Connection(path: store.database.path, access: .inspecting).integer("SELECT count(*) FROM chunks") ?? 0
    }

    @Test func whatIsNotSyncedIsOnDiskAfterAWhileThoughNothingFollows() async throws {
        let store = try await TestStore(jobs: newJobs(1)) {
            $0.durability = .normal
            $0.longestUnsynced = .milliseconds(200)
        }
        let attemptID = store.queue.startAttempt(attemptStart(of: try await store.job("j1")))
        _ = store.queue.storeChunks([StreamedChunk(.text, "word")], of: attemptID, from: 0, atMicroseconds: 1)
        try await store.database.flush()
        while (try? Self.rowsOnDisk(store)) ?? 0 == 0 { try await Task.sleep(for: .milliseconds(10)) }
        try await store.database.close()
    }

    @Test(arguments: [(StoreOptions.Durability.normal, true), (.full, false)])
    func commitsThatAreNotSyncedAreCheckpointedFourTimesAsOften(
        durability: StoreOptions.Durability, isOnDisk: Bool
    ) async throws {
        let store = try await TestStore(jobs: newJobs(1)) {
            $0.durability = durability
            $0.checkpointBytes = 4 << 20
        }
        let attemptID = store.queue.startAttempt(attemptStart(of: try await store.job("j1")))
        let chunk = StreamedChunk(.text, String(repeating: "x", count: 100_000))
        for sequence in 0..<20 {
            _ = store.queue.storeChunks([chunk], of: attemptID, from: sequence, atMicroseconds: 1)
            try await store.database.flush()
        }
        #expect(try (Self.rowsOnDisk(store) > 0) == isOnDisk)
        try await store.database.close()
    }

    @Test func theDefaultsAreWhatTheHelpSays() {
        var options = StoreOptions()
        options.durability = .normal
        #expect(options.checkpointThreshold == 16 << 20)
        #expect(options.longestUnsynced == .seconds(60))
    }
}
