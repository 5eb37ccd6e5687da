import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

/// A database whose file is taken away under its worker: what it counts is where its name says, or it counts no more.
@Suite struct MisplacedFileTests {
    private let store: TestStore
    private let attemptID: Int64
    private var path: String { store.database.path }

    init() async throws {
        store = try await TestStore(jobs: newJobs(1)) { $0.closingPatience = .milliseconds(50) }
        attemptID = store.queue.startAttempt(attemptStart(of: try await store.job("j1")))
        try await write(0)
    }

    private func write(_ sequence: Int) async throws {
        _ = store.queue.storeChunks([StreamedChunk(.text, "word")], of: attemptID, from: sequence, atMicroseconds: 1)
        try await store.database.flush()
    }

    /// What the next commit ends with, and the closing after it.
    private func expectFailure(_ kind: StoreError.Kind, _ name: String) async throws {
        let failure = await #expect(throws: StoreError.self) { try await write(1) }
        #expect(failure?.kind == kind)
        #expect(failure?.path == store.folder.file(name))
        #expect(store.database.failure == failure)
        await #expect(throws: StoreError.self) { try await store.database.close() }
    }

    private static let chunks: SQL = "SELECT count(*) FROM chunks"

    @Test func aDeletedDatabaseEndsTheNextCommitAndMayBeMadeAnew() async throws {
        for suffix in ["", "-wal", "-shm"] { try FileManager.default.removeItem(atPath: path + suffix) }
        try await expectFailure(.misplaced(isWhole: true), "jobs.db")
        let again = try await TestStore(jobs: newJobs(1), folder: store.folder)
        #expect(try again.rows(Self.chunks) == ["0"])
        try await again.database.close()
    }

    @Test func aDatabaseThatIsMovedIsWholeWhereItIsThen() async throws {
        try FileManager.default.moveItem(atPath: path, toPath: store.folder.file("moved.db"))
        try await expectFailure(.misplaced(isWhole: true), "jobs.db")
        #expect(try sqlRows(store.folder.file("moved.db"), Self.chunks) == ["2"])
    }

    /// A WAL with content beside it would be read into it.
    @Test func anotherFileInItsPlaceIsLeftAsItIs() async throws {
        let other = try await TestStore(jobs: newJobs(3), name: "other.db", folder: store.folder)
        try await other.database.close()
        let state = try FileState(other.database.path)
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: other.database.path, toPath: path)
        try await expectFailure(.misplaced(isWhole: true), "jobs.db")
        #expect(try FileState(path) == state)
        #expect(try sqlRows(path, "SELECT count(*) FROM jobs") == ["3"])
    }

    @Test func aDeletedWALLosesNothing() async throws {
        try FileManager.default.removeItem(atPath: path + "-wal")
        try await expectFailure(.misplaced(isWhole: true), "jobs.db-wal")
        #expect(try sqlRows(path, Self.chunks) == ["2"])
    }

    @Test func whatIsDeletedBeforeTheEndIsFoundAtTheEnd() async throws {
        try FileManager.default.removeItem(atPath: path)
        let failure = await #expect(throws: StoreError.self) {
            try await store.database.finishRun(store.runID, exitCode: 0, status: .finished)
        }
        #expect(failure?.kind == .misplaced(isWhole: true))
        await #expect(throws: StoreError.self) { try await store.database.close() }
    }

    @Test func whatIsDeletedWhileNothingIsWrittenIsFoundByClosing() async throws {
        try FileManager.default.removeItem(atPath: path)
        let failure = await #expect(throws: StoreError.self) { try await store.database.close() }
        #expect(failure?.kind == .misplaced(isWhole: true))
    }
}
