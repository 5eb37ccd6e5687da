import BatchEngine
import Foundation
import LLMStreaming
import SharedMaterial
import Testing

@testable import BatchStore

@Suite struct RescuerTests {
    /// Opens what a crash of this store would leave now.
    private func afterCrash(of store: TestStore) async throws -> TestStore {
        try await store.database.flush()
        try store.folder.copyAsAfterCrash("jobs.db", to: "crashed.db")
        return try await TestStore(name: "crashed.db", folder: store.folder)
    }

    @Test func openAttemptsGetTheirTextBackAndTheirJobsTheirPlace() async throws {
        let store = try await TestStore(jobs: newJobs(4))
        try await store.complete("j1", text: "done before")
        let (two, three, four) = (try await store.job("j2"), try await store.job("j3"), try await store.job("j4"))
        // Two open streams, interleaved, with rows of a finished one between them.
        let texts = (textChunks("The quick brown fox"), textChunks("größer 😀 ok"))
        let opening = [StreamedChunk(.response, #"{"id":"r-2","model":"m-1"}"#)]
        let ids = (
            store.queue.startAttempt(attemptStart(of: two)), store.queue.startAttempt(attemptStart(of: three)),
            store.queue.startAttempt(attemptStart(of: four))
        )
        _ = store.queue.storeChunks(opening, of: ids.0, from: 0, atMicroseconds: 50)
        for index in 0..<3 {
            let at = Int64(100 * (index + 1))
            _ = store.queue.storeChunks([texts.0[index]], of: ids.0, from: index + 1, atMicroseconds: at)
            _ = store.queue.storeChunks([texts.1[index]], of: ids.1, from: index, atMicroseconds: at)
        }
        let crashed = try await afterCrash(of: store)
        let reader = crashed.database.reader
        #expect(
            try crashed.rows("SELECT custom_id, status, attempts FROM jobs ORDER BY job_id")
                == ["j1|completed|1", "j2|interrupted|0", "j3|interrupted|0", "j4|pending|0"])
        let attempt = try #require(try await reader.attempts(ofJob: two.id).first)
        #expect(attempt.status == .interrupted)
        #expect(!attempt.counts)
        #expect(attempt.errorKind == "cut")
        #expect(attempt.error?.contains("process died") ?? false)
        #expect(attempt.responseID == "r-2")
        #expect(attempt.chunkCount == 4)
        #expect(attempt.firstChunkMicroseconds == 100)
        #expect(attempt.durationMicroseconds == 300)
        #expect(attempt.completionTokens == 3)
        #expect(attempt.usageSource == .estimate)
        #expect(attempt.partial?.answer.text == "The quick br")
        #expect(attempt.partial?.seams == [Seam(attemptID: ids.0, choice: 0, kept: 12)])
        #expect(try await crashed.job("j3").partial?.answer.text == "größer 😀 ok")
        #expect(try await crashed.job("j4").partial == nil)
        #expect(try await crashed.job("j4").attemptCount == 1)
        let runs = try crashed.rows("SELECT status, finished_ms FROM runs ORDER BY run_id")
        #expect(runs == ["interrupted|", "running|"])
        try await crashed.database.close()
    }

    @Test func theTextOfAResumedAttemptIsJoinedWithWhatItWentOnFrom() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let first = try await store.job("j1")
        let cut = textChunks("one two thr")
        let firstID = store.attempt(first, cut)
        try await store.queue.endAttempt(cutEnd(firstID, of: first, cut, until: nil))
        let second = try await store.job("j1")
        #expect(second.partial?.attemptID == firstID)
        let secondID = store.attempt(second, textChunks(" three fo"), strategy: .prefill, prefixScalars: 7)
        let crashed = try await afterCrash(of: store)
        let third = try await crashed.job("j1")
        #expect(third.partial?.answer.text == "one two three fo")
        #expect(
            third.partial?.seams == [
                Seam(attemptID: firstID, choice: 0, kept: 7), Seam(attemptID: secondID, choice: 0, kept: 9),
            ])
        #expect(third.attemptCount == 2)
        #expect(third.attempts == 1)
        // Once more, and then to the end: the content is what the chunks give.
        let chunks = textChunks(" four five") + [StreamedChunk(.finish, "stop")]
        let thirdID = crashed.attempt(third, chunks, strategy: .prefill, prefixScalars: 13)
        try await crashed.queue.endAttempt(
            completedEnd(thirdID, of: third, chunks, base: third.partial, prefixScalars: 13))
        #expect(try crashed.rows("SELECT content, segments FROM completions") == ["one two three four five|3"])
        #expect(try crashed.rows(CompletionTests.rebuiltContents) == ["one two three four five|1"])
        try await crashed.database.close()
    }

    @Test func aResumedAttemptThatBroughtNothingKeepsTheTextBeforeIt() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let first = try await store.job("j1")
        let cut = textChunks("one two thr")
        try await store.queue.endAttempt(cutEnd(store.attempt(first, cut), of: first, cut, until: nil))
        let second = try await store.job("j1")
        _ = store.attempt(second, [], strategy: .prefill, prefixScalars: 7)
        let crashed = try await afterCrash(of: store)
        #expect(try await crashed.job("j1").partial?.answer.text == "one two thr")
        #expect(try await crashed.database.reader.counts().interrupted == 1)
        try await crashed.database.close()
    }

    @Test func withoutStoredChunksAJobStartsAnew() async throws {
        let store = try await TestStore(jobs: newJobs(1)) { $0.chunks = .none }
        _ = store.attempt(try await store.job("j1"), textChunks("gone with the process"))
        let crashed = try await afterCrash(of: store)
        #expect(try await crashed.database.reader.counts().pending == 1)
        #expect(try await crashed.job("j1").partial == nil)
        try await crashed.database.close()
    }

    @Test func numbersGoOnAfterACrash() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        let first = store.attempt(try await store.job("j1"), textChunks("abcdefgh"))
        let crashed = try await afterCrash(of: store)
        let second = crashed.attempt(try await crashed.job("j2"), textChunks("ijkl"))
        try await crashed.database.flush()
        #expect(second == first + 1)
        #expect(
            try crashed.rows("SELECT chunk_id, attempt_id, text FROM chunks ORDER BY chunk_id")
                == ["1|\(first)|abcd", "2|\(first)|efgh", "3|\(second)|ijkl"])
        #expect(try await crashed.database.ingest([newJob("j9")], onChanged: .error) == [.new])
        try await crashed.database.close()
    }

    /// Cuts the WAL at seeded places, as a power failure may: what opens is a prefix of what was committed.
    @Test func whereverTheWALEndsTheDatabaseOpensSoundAndWithoutHalfATransaction() async throws {
        let seed = UInt64(ProcessInfo.processInfo.environment["LLM4S_SEED"] ?? "") ?? 1
        var random = SplitMix64(state: seed)
        let store = try await TestStore(jobs: newJobs(30))
        for index in 1...30 { try await store.complete("j\(index)", text: "answer \(index)") }
        try store.folder.copyAsAfterCrash("jobs.db", to: "whole.db")
        let log = try Data(contentsOf: URL(filePath: store.folder.file("whole.db-wal")))
        for trial in 0..<20 {
            let name = "cut\(trial).db"
            try FileManager.default.copyItem(
                atPath: store.folder.file("whole.db"), toPath: store.folder.file(name))
            let length = Int.random(in: 0...log.count, using: &random)
            try log.prefix(length).write(to: URL(filePath: store.folder.file(name + "-wal")))
            let cut = try await TestStore(name: name, folder: store.folder)
            let comment: Comment = "seed \(seed), \(length) of \(log.count) bytes"
            #expect(try await cut.database.reader.integrityFaults().isEmpty, comment)
            let counts = try await cut.database.reader.counts()
            #expect(counts.running == 0, comment)
            let orphans = try cut.rows(
                """
                SELECT custom_id FROM jobs LEFT JOIN completions USING (job_id)
                WHERE (status = 'completed') <> (content IS NOT NULL)
                """)
            #expect(orphans.isEmpty, comment)
            try await cut.database.close()
        }
        try await store.database.close()
    }

    /// Less than SQLite's own bound, which is 1 GB; an answer beyond it is begun anew, and the rest is kept.
    @Test(arguments: ["x", "\u{1}", "ü"])
    func aTextThatNoRowHasRoomForKeepsNeitherAWorkerNorTheNextFromItsWork(piece: String) async throws {
        let store = try await TestStore(jobs: newJobs(3)) { $0.maximumRowBytes = 300_000 }
        // Pieces have room each; together, or escaped as JSON, they have not.
        let chunks = (0..<10).map { _ in
            StreamedChunk(.text, String(repeating: piece, count: 30_000 / piece.utf8.count))
        }
        let (one, two, three) = (try await store.job("j1"), try await store.job("j2"), try await store.job("j3"))
        try await store.queue.endAttempt(cutEnd(store.attempt(one, chunks), of: one, chunks))
        let part = textChunks("a text of some words that was cut")
        try await store.queue.endAttempt(cutEnd(store.attempt(two, part), of: two, part))
        _ = store.attempt(three, chunks)
        let states = "SELECT custom_id, status FROM jobs ORDER BY job_id" as SQL
        try await store.database.flush()
        #expect(try store.rows(states) == ["j1|pending", "j2|interrupted", "j3|running"])
        #expect(try await store.job("j1").partial == nil)
        try store.folder.copyAsAfterCrash("jobs.db", to: "crashed.db")
        for _ in 1...2 {
            let next = try await TestStore(name: "crashed.db", folder: store.folder) { $0.maximumRowBytes = 300_000 }
            #expect(try next.rows(states) == ["j1|pending", "j2|interrupted", "j3|pending"])
            #expect(try await next.job("j2").partial?.answer.text == "a text of some words that was cut")
            #expect(try await next.job("j3").partial == nil)
            try await next.database.close()
        }
    }
}
