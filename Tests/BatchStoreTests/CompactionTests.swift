import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

/// Chunks of answers go, the answers and what a later attempt may go on from stay, and the file gets smaller.
@Suite struct CompactionTests {
    /// A store with two answers of different days, one of them put together after a cut, a failed job with text, a job
    /// with partial text, and chunks of them all between each other.
    private func store() async throws -> TestStore {
        let store = try await TestStore(jobs: newJobs(5))
        let cut = textChunks("this was cut here and now")
        let first = try await store.job("j1")
        try await store.queue.endAttempt(cutEnd(store.attempt(first, cut), of: first, cut))
        let partial = try await store.job("j3")
        try await store.queue.endAttempt(cutEnd(store.attempt(partial, cut), of: partial, cut))
        try await complete("j1", "the first answer", at: 1_000, in: store)
        try await complete("j2", "the second answer", at: 5_000, in: store)
        let failed = try await store.job("j4")
        try await store.queue.endAttempt(
            failedEnd(store.attempt(failed, textChunks("not much")), of: failed))
        // The newest row is of a completed answer.
        try await complete("j5", "last", at: 5_000, in: store)
        return store
    }

    private func complete(_ id: String, _ text: String, at time: Int64, in store: TestStore) async throws {
        let job = try await store.job(id)
        let chunks = textChunks(text) + [StreamedChunk(.finish, "stop")]
        var end = try completedEnd(store.attempt(job, chunks), of: job, chunks)
        end.endedMilliseconds = time
        try await store.queue.endAttempt(end)
    }

    @Test func onlyChunksOfCompletedAnswersAreDeleted() async throws {
        let store = try await store()
        let all = try store.rows("SELECT count(*) FROM chunks").first.flatMap { Int($0) } ?? 0
        let ofOthers = try store.rows(
            """
            SELECT c.chunk_id, c.text FROM chunks AS c JOIN attempts AS a USING (attempt_id)
            WHERE a.job_id IN (SELECT job_id FROM jobs WHERE custom_id IN ('j3', 'j4')) ORDER BY 1
            """)
        let answers = try store.rows("SELECT * FROM completions ORDER BY job_id")
        let attempts = try store.rows("SELECT * FROM attempts ORDER BY attempt_id")
        #expect(ofOthers.count >= 4)
        // All but those, and the newest row, so that no number is given twice.
        #expect(try await store.database.deleteChunks() == all - ofOthers.count - 1)
        let rest = try store.rows("SELECT chunk_id, text FROM chunks ORDER BY 1")
        #expect(rest.dropLast() == ofOthers[...] && rest.last == "\(all)|stop")
        #expect(try store.rows("SELECT * FROM completions ORDER BY job_id") == answers)
        #expect(try store.rows("SELECT * FROM attempts ORDER BY attempt_id") == attempts)
        #expect(try await store.database.deleteChunks() == 0)
        let reader = store.database.reader
        let done = try #require(try await reader.attempts(ofJob: 2).first)
        #expect(try await reader.areChunksDeleted(of: done))
        let partial = try #require(try await reader.attempts(ofJob: 3).first)
        #expect(try await !reader.areChunksDeleted(of: partial))
        #expect(try await reader.chunks(of: partial).chunks.map(\.text).joined() == "this was cut here and now")
        // It goes on from there, and new rows get new numbers.
        #expect(try await store.job("j3").partial?.answer.text == "this was cut here and now")
        try await store.complete("j3")
        let newest = try store.rows("SELECT min(chunk_id) FROM chunks WHERE text = 'answ'").first.flatMap { Int($0) }
        #expect(try #require(newest) > all)
    }

    @Test func olderAnswersAloneAreMeantByTheirTime() async throws {
        let store = try await store()
        #expect(try await store.database.deleteChunks(ofAnswersBefore: 1_000) == 0)
        let ofFirst = try store.rows(
            "SELECT count(*) FROM chunks WHERE attempt_id IN (SELECT attempt_id FROM attempts WHERE job_id = 1)")
        let deleted = try await store.database.deleteChunks(ofAnswersBefore: 5_000)
        #expect(["\(deleted)"] == ofFirst && deleted > 4)
        #expect(try store.rows("SELECT count(*) > 3 FROM chunks WHERE attempt_id = 4") == ["1"])
    }

    /// More rows than a transaction takes, and gaps between them.
    @Test func manyRowsAreDeletedPageByPage() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        for id in ["j1", "j2"] {
            let job = try await store.job(id)
            let attemptID = store.queue.startAttempt(attemptStart(of: job))
            let chunks = Array(repeating: StreamedChunk(.text, "x"), count: 60_000) + [StreamedChunk(.finish, "stop")]
            _ = store.queue.storeChunks(chunks, of: attemptID, from: 0, atMicroseconds: 1)
            try await store.queue.endAttempt(completedEnd(attemptID, of: job, chunks))
            try await store.database.flush()
        }
        let page = try await store.database.writer.perform { (session) throws(SQLiteFailure) in
            try session.deleteChunks(from: 1, ofAnswersBefore: nil)
        }
        #expect(page.deleted == 50_000 && page.next == 50_001, "\(page)")
        // A death here leaves none that seems whole, and the next call does the rest.
        let reader = store.database.reader
        let first = try #require(try await reader.attempts(ofJob: 1).first)
        #expect(try await reader.areChunksDeleted(of: first))
        #expect(try await store.database.deleteChunks() == 120_001 - 50_000)
        #expect(try store.rows("SELECT count(*) FROM chunks") == ["1"])
        #expect(try await reader.integrityFaults() == [])
    }

    @Test func theFileIsWrittenAnewAndSmallerWithAllThatWasInIt() async throws {
        let store = try await TestStore(jobs: newJobs(200))
        for number in 1...200 { try await store.complete("j\(number)", text: String(repeating: "words ", count: 100)) }
        _ = try await store.database.deleteChunks()
        let rows = try store.rows("SELECT custom_id, content FROM results ORDER BY 1")
        let path = store.database.path
        try await store.database.rebuild(temporaryFolder: store.folder.file("."))
        try await store.database.close()
        let after = try #require(BatchDatabase.bytes(of: path))
        #expect(after < 1_000_000 && after > 0, "\(after)")
        #expect(try sqlRows(path, "PRAGMA freelist_count") == ["0"])
        #expect(try sqlRows(path, "SELECT custom_id, content FROM results ORDER BY 1") == rows)
        // It is ours as before, and the next worker works on.
        let again = try await TestStore(jobs: [newJob("new")], folder: store.folder)
        try await again.complete("new")
        try await again.database.close()
        #expect(try sqlRows(path, "PRAGMA application_id") == ["\(DatabaseFile.applicationID)"])
    }

    @Test func withoutRoomNothingIsBegunAndItSaysHowMuchIsNeeded() async throws {
        let store = try await TestStore(jobs: newJobs(20))
        let folder = store.folder.file("").description
        let path = store.database.path
        let before = try sqlRows(path, "PRAGMA page_count")
        let error = await #expect(throws: StoreError.self) {
            try await store.database.rebuild(temporaryFolder: folder) { _ in 10_000 }
        }
        #expect(error?.kind == .full, "\(error as Any)")
        #expect(error?.reason.contains("takes") == true && error?.reason.contains("1 MB are free") == true)
        #expect(try sqlRows(path, "PRAGMA page_count") == before)
        // It is no fault of the store: it works on.
        try await store.complete("j1")
        try await store.database.close()
    }

    /// The estimate from some rows is near what all pages say.
    @Test func theSizeOfALargeFileIsReckonedFromSomeRows() async throws {
        let store = try await TestStore(jobs: newJobs(60))
        for number in 1...60 {
            try await store.complete("j\(number)", text: String(repeating: "abcdefgh", count: 40 * (number % 7 + 1)))
        }
        try await store.database.flush()
        let counted = try await store.database.reader.size()
        let reckoned = try await store.database.reader.size(countingUpTo: 0)
        #expect(!counted.isEstimate && reckoned.isEstimate)
        #expect(["\(counted.chunks)"] == (try store.rows("SELECT count(*) FROM chunks")))
        #expect(abs(Double(reckoned.chunks - counted.chunks)) < 0.1 * Double(counted.chunks), "\(counted) \(reckoned)")
        let difference = Double(reckoned.chunkBytes - counted.chunkBytes)
        #expect(abs(difference) < 0.25 * Double(counted.chunkBytes), "\(counted) \(reckoned)")
        // With half of the rows gone it is the half.
        _ = try await store.database.deleteChunks()
        #expect(try await store.database.reader.size(countingUpTo: 0).chunks <= 64)
        let empty = try await TestStore()
        #expect(try await empty.database.reader.size(countingUpTo: 0).chunks == 0)
        #expect(try await empty.database.reader.size().chunks == 0)
    }
}
