import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

@Suite struct ChunkRetentionTests {
    @Test func withNoneNoChunkIsStoredButTheyAreCountedAndTheAnswerIsThere() async throws {
        let store = try await TestStore(jobs: newJobs(2)) { $0.chunks = .none }
        try await store.complete("j1", text: "the answer")
        let job = try await store.job("j2")
        let cut = textChunks("part")
        try await store.queue.endAttempt(cutEnd(store.attempt(job, cut), of: job, cut))
        #expect(try store.rows("SELECT count(*) FROM chunks") == ["0"])
        #expect(
            try store.rows("SELECT chunk_count, first_chunk_id, last_chunk_id FROM attempts") == ["4||", "1||"])
        #expect(try store.rows("SELECT content FROM completions") == ["the answer"])
        #expect(try await store.job("j2").partial?.answer.text == "part")
    }

    @Test func withPartialOnlyWhatOpenAttemptsNeedStays() async throws {
        let store = try await TestStore(jobs: newJobs(4)) { $0.chunks = .partial }
        try await store.complete("j1", text: "one is done")
        let open = store.attempt(try await store.job("j2"), textChunks("two is open"))
        try await store.complete("j3", text: "three is done")
        try await store.database.flush()
        try await store.database.writer.perform { (session) throws(SQLiteFailure) in try session.pruneChunks() }
        let reader = store.database.reader
        // What came since the oldest open attempt began stays, of whomever.
        #expect(try store.rows("SELECT DISTINCT attempt_id FROM chunks ORDER BY 1") == ["\(open)", "\(open + 1)"])
        let first = try #require(try await reader.attempts(ofJob: 1).first)
        #expect(try await reader.areChunksDeleted(of: first))
        #expect(try await reader.chunks(of: first).chunks.isEmpty)
        let second = try #require(try await reader.attempts(ofJob: 2).first)
        #expect(try await !reader.areChunksDeleted(of: second))
        #expect(try await reader.chunks(of: second).chunks.map(\.text).joined() == "two is open")
        // A crash now loses nothing of it.
        try store.folder.copyAsAfterCrash("jobs.db", to: "crashed.db")
        let crashed = try await TestStore(name: "crashed.db", folder: store.folder) { $0.chunks = .partial }
        #expect(try await crashed.job("j2").partial?.answer.text == "two is open")
        try await crashed.complete("j2")
        try await crashed.complete("j4")
        try await crashed.database.close()
        // The newest row stays, so that no number is given twice.
        #expect(try crashed.rows("SELECT count(*), max(text) FROM chunks") == ["1|stop"])
        #expect(try crashed.rows("SELECT count(*) FROM completions") == ["4"])
    }

    @Test func manyRowsAreDeletedWhileTheRunGoesOn() async throws {
        let store = try await TestStore(jobs: newJobs(3)) { $0.chunks = .partial }
        let job = try await store.job("j1")
        let attemptID = store.queue.startAttempt(attemptStart(of: job))
        let chunks = Array(repeating: StreamedChunk(.text, "x"), count: 60_000) + [StreamedChunk(.finish, "stop")]
        _ = store.queue.storeChunks(chunks, of: attemptID, from: 0, atMicroseconds: 1)
        try await store.database.flush()
        #expect(try store.rows("SELECT count(*) FROM chunks") == ["60001"])
        try await store.queue.endAttempt(completedEnd(attemptID, of: job, chunks))
        try await store.complete("j2")
        try await store.database.flush()
        #expect(try store.rows("SELECT count(*) < 20000 FROM chunks") == ["1"])
    }
}
