import BatchEngine
import Foundation
import LLMStreaming
import Synchronization
import Testing

@testable import BatchStore

// The limit ends a test whose callback does not come.
@Suite(.timeLimit(.minutes(15))) struct GroupCommitTests {
    @Test func anEndIsToldOfAfterItsCommitWithEverythingBeforeIt() async throws {
        let store = try await TestStore(jobs: newJobs(50))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 1...50 {
                group.addTask {
                    let job = try await store.job("j\(index)")
                    let chunks = textChunks("the answer of \(index)") + [StreamedChunk(.finish, "stop")]
                    try await store.queue.endAttempt(completedEnd(store.attempt(job, chunks), of: job, chunks))
                    // On another connection: only what is committed is seen.
                    let completions = try await store.database.reader.completions(ofJob: job.id)
                    #expect(completions.map(\.content) == ["the answer of \(index)"])
                    let attempt = try #require(try await store.database.reader.attempts(ofJob: job.id).first)
                    let page = try await store.database.reader.chunks(of: attempt)
                    #expect(page.chunks.map(\.text) == chunks.map(\.text))
                    #expect(page.chunks.map(\.sequence) == Array(0..<chunks.count))
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.database.reader.counts().completed == 50)
        #expect(try store.rows("SELECT count(*) FROM completions") == ["50"])
        // An attempt's extent is where its rows are.
        let wrong = try store.rows(
            """
            SELECT a.attempt_id FROM attempts AS a
            WHERE a.first_chunk_id <> (SELECT min(chunk_id) FROM chunks WHERE attempt_id = a.attempt_id)
                OR a.last_chunk_id <> (SELECT max(chunk_id) FROM chunks WHERE attempt_id = a.attempt_id)
                OR a.chunk_count <> (SELECT count(*) FROM chunks WHERE attempt_id = a.attempt_id)
                OR a.first_chunk_id IS NULL
            """)
        #expect(wrong.isEmpty)
    }

    @Test func chunksOfAllKindsChoicesAndTextsAreStoredAsTheyCame() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        var expected: [String] = []
        var ids: [Int64] = []
        for index in 1...3 { ids.append(store.queue.startAttempt(attemptStart(of: try await store.job("j\(index)")))) }
        let texts = [
            "", "a", "größer 😀 \u{FFFD}", String(repeating: "long ", count: 5_000), "tab\tline\n\"quote\" 'x'",
        ]
        var sequence = 0
        for round in 0..<20 {
            for kind in StreamedChunk.Kind.allCases {
                let text = texts[(round + sequence) % texts.count]
                let chunk = StreamedChunk(kind, text, choice: sequence % 3, item: round % 4)
                for id in ids {
                    _ = store.queue.storeChunks([chunk], of: id, from: sequence, atMicroseconds: Int64(sequence) * 10)
                }
                let row = "\(sequence)|\(sequence * 10)|\(kind.rawValue)|\(sequence % 3)|\(round % 4)|\(text)"
                expected.append(row)
                sequence += 1
            }
        }
        try await store.database.flush()
        for sql: SQL in [
            "SELECT seq, at_us, kind, choice, item, text FROM chunks WHERE attempt_id = 1 ORDER BY chunk_id",
            "SELECT seq, at_us, kind, choice, item, text FROM chunks WHERE attempt_id = 3 ORDER BY chunk_id",
        ] {
            #expect(try store.rows(sql) == expected)
        }
    }

    @Test func nothingCountsWhileAnotherProcessHoldsTheWriteLockAndAllOfItAfterwards() async throws {
        let warnings = Recorder<String>()
        let store = try await TestStore(jobs: newJobs(1)) {
            $0.lockPatience = .milliseconds(1)
            $0.warn = { warnings.record($0) }
        }
        let other = try Connection(path: store.database.path, access: .writing)
        try other.execute("BEGIN IMMEDIATE")
        let job = try await store.job("j1")
        let chunks = textChunks("kept waiting") + [StreamedChunk(.finish, "stop")]
        let attemptID = store.attempt(job, chunks)
        let isEnded = Mutex(false)
        async let ended: Void = {
            try await store.queue.endAttempt(completedEnd(attemptID, of: job, chunks))
            isEnded.withLock { $0 = true }
        }()
        await warnings.wait()
        #expect(!isEnded.withLock { $0 })
        #expect(try await store.database.reader.counts().completed == 0)
        #expect(store.database.failure == nil)
        other.rollBack()
        try await ended
        #expect(try await store.database.reader.counts().completed == 1)
        #expect(warnings.values.count == 1)
        #expect(warnings.values.first?.contains("holds the write lock") ?? false)
    }

    @Test func aFullQueueSaysSoKeepsWhatItWasGivenAndTellsWhenThereIsRoom() async throws {
        let warnings = Recorder<String>()
        let rooms = Recorder<Int>()
        let store = try await TestStore(jobs: newJobs(1)) {
            $0.lockPatience = .milliseconds(1)
            $0.warn = { warnings.record($0) }
            $0.queue.maximumBytes = 100_000
        }
        let attemptID = store.queue.startAttempt(attemptStart(of: try await store.job("j1")))
        try await store.database.flush()
        let other = try Connection(path: store.database.path, access: .writing)
        try other.execute("BEGIN IMMEDIATE")
        store.queue.whenThereIsRoom { rooms.record(-1) }
        #expect(rooms.values == [-1])
        let chunk = StreamedChunk(.text, String(repeating: "x", count: 1_000))
        var sequence = 0
        while store.queue.storeChunks([chunk], of: attemptID, from: sequence, atMicroseconds: 0) { sequence += 1 }
        // The writer is at it and cannot go on; nothing was lost and nothing fails.
        await warnings.wait()
        #expect(sequence >= 80 && sequence < 100)
        #expect(store.database.queuedBytes >= 100_000)
        for index in 0..<3 { store.queue.whenThereIsRoom { rooms.record(index) } }
        #expect(rooms.values == [-1])
        other.rollBack()
        await rooms.wait(for: 4)
        #expect(rooms.values == [-1, 0, 1, 2])
        try await store.database.flush()
        #expect(try store.rows("SELECT count(*), max(seq) FROM chunks") == ["\(sequence + 1)|\(sequence)"])
        #expect(store.database.queuedBytes == 0)
    }

    @Test func aFullDiskFailsTheStoreOnceAndWhatWasCommittedStays() async throws {
        let failures = Recorder<StoreError>()
        let rooms = Recorder<Bool>()
        let store = try await TestStore(jobs: newJobs(3)) {
            $0.didFail = { failures.record($0) }
            $0.queue.maximumBytes = 1_000_000
        }
        try await store.complete("j1")
        try await store.database.writer.perform { (session) throws(SQLiteFailure) in
            // Cannot be less than what the file has: from now on it is full.
            try session.connection.execute("PRAGMA max_page_count = 1")
        }
        let (two, three) = (try await store.job("j2"), try await store.job("j3"))
        let chunks = [StreamedChunk(.text, String(repeating: "x", count: 2_000_000)), StreamedChunk(.finish, "stop")]
        // Held up until all of it is queued.
        let other = try Connection(path: store.database.path, access: .writing)
        try other.execute("BEGIN IMMEDIATE")
        let attemptID = store.queue.startAttempt(attemptStart(of: two))
        #expect(!store.queue.storeChunks(chunks, of: attemptID, from: 0, atMicroseconds: 0))
        store.queue.whenThereIsRoom { rooms.record(true) }
        #expect(rooms.values.isEmpty)
        other.rollBack()
        let error = await #expect(throws: StoreError.self) {
            try await store.queue.endAttempt(completedEnd(attemptID, of: two, chunks))
        }
        #expect(error?.kind == .full)
        #expect(store.database.failure?.kind == .full)
        await rooms.wait()
        // From here on nothing waits and nothing is taken.
        let late = store.queue.startAttempt(attemptStart(of: three))
        #expect(store.queue.storeChunks(chunks, of: late, from: 0, atMicroseconds: 0))
        await #expect(throws: StoreError.self) {
            try await store.queue.endAttempt(completedEnd(late, of: three, chunks))
        }
        await #expect(throws: StoreError.self) { try await store.database.ingest(newJobs(5), onChanged: .error) }
        await #expect(throws: StoreError.self) { try await store.database.close() }
        #expect(failures.values.map(\.kind) == [.full])
        // With space it goes on from the last commit.
        let again = try await TestStore(folder: store.folder)
        #expect(try await again.database.reader.integrityFaults().isEmpty)
        #expect(try await again.database.reader.counts().completed == 1)
        #expect(try await again.database.reader.counts().pending == 2)
        try await again.complete("j2")
        try await again.complete("j3")
        try await again.database.close()
    }

    @Test func closingCommitsWhatWaitsAndLeavesOneFile() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let job = try await store.job("j1")
        let attemptID = store.attempt(job, textChunks("still queued"))
        try await store.database.close()
        #expect(try store.folder.names == ["jobs.db", "jobs.db.lock"])
        #expect(try store.rows("SELECT count(*) FROM chunks") == ["3"])
        let error = await #expect(throws: StoreError.self) {
            try await store.queue.endAttempt(cutEnd(attemptID, of: job))
        }
        #expect(error?.kind == .closed)
    }

    @Test func aRunsSecondsAndEndAreStored() async throws {
        let store = try await TestStore()
        for second in [Int64(10), 11, 11] {
            store.database.record(
                RunSecond(
                    runID: store.runID, second: second, chunks: 3, outputTokens: 2, completed: 1, failed: 0,
                    running: Int(second), waiting: 4))
        }
        try await store.database.finishRun(store.runID, exitCode: 4, status: .interrupted)
        let status = try await store.database.reader.status()
        #expect(status.seconds.map(\.chunks) == [3, 6])
        #expect(status.seconds.map(\.running) == [10, 11])
        #expect(status.run?.status == .interrupted)
        #expect(status.run?.exitCode == 4)
        #expect(status.run?.command == "run")
        #expect(status.run?.finishedMilliseconds != nil)
    }
}
