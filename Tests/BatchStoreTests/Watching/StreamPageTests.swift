import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

/// The pieces of a job's answers, over its attempts, from any place on.
@Suite struct StreamPageTests {
    /// All pieces behind a place, page by page.
    private static func texts(
        _ store: TestStore, _ job: Int64, after place: Int64 = 0
    ) async throws -> (texts: [String], ids: [Int64], status: JobStatus) {
        var (texts, ids): ([String], [Int64]) = ([], [])
        var place = place
        while true {
            let page = try #require(try await store.database.reader.pieces(ofJob: job, after: place))
            texts += page.pieces.map { "\($0.attempt) \($0.chunk.text)" }
            ids += page.pieces.map(\.chunk.id)
            #expect(page.place >= place)
            place = page.place
            if page.pieces.isEmpty, !page.hasMore { return (texts, ids, page.status) }
        }
    }

    @Test func thePiecesOfAllAttemptsComeInTheirOrderAndFromAnyPlace() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        let (job, other) = (try await store.job("j1"), try await store.job("j2"))
        let first = store.attempt(job, textChunks("abcdefgh"))
        _ = store.attempt(other, textChunks("other"))
        try await store.queue.endAttempt(cutEnd(first, of: job, textChunks("abcdefgh"), until: nil))
        _ = store.attempt(try await store.job("j1"), textChunks("ijklmnop"))
        try await store.database.flush()
        let all = try await Self.texts(store, job.id)
        #expect(all.texts == ["1 abcd", "1 efgh", "2 ijkl", "2 mnop"] && all.status == .running)
        for (index, id) in all.ids.enumerated() {
            #expect(try await Self.texts(store, job.id, after: id).texts == Array(all.texts.dropFirst(index + 1)))
        }
        #expect(try await store.database.reader.pieces(ofJob: 99, after: 0) == nil)
        let none = try #require(try await store.database.reader.pieces(ofJob: store.job("j3").id, after: 0))
        #expect(none.pieces.isEmpty && !none.hasMore && none.status == .pending)
        try await store.database.close()
    }

    @Test func aLongAnswerComesInPages() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        try await store.complete("j1", text: String(repeating: "abcd", count: 1_200))
        let page = try #require(try await store.database.reader.pieces(ofJob: 1, after: 0))
        #expect(page.pieces.count == 500 && page.hasMore && page.status == .completed)
        #expect(try await Self.texts(store, 1).texts.count == 1_201)
        try await store.database.close()
    }

    /// An attempt that ends while a page is read, and the next that begins, have theirs in a later page.
    @Test func whatIsWrittenWhileAPageIsReadComesWithTheNext() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let reader = store.database.reader
        let job = try await store.job("j1")
        let first = store.attempt(job, textChunks("abcdefgh"))
        try await store.database.flush()
        let known = try #require(try await reader.streamedAttempts(ofJob: job.id))
        try await store.queue.endAttempt(cutEnd(first, of: job, textChunks("abcdefgh"), until: nil))
        _ = store.attempt(try await store.job("j1"), textChunks("ijklmnop"))
        try await store.database.flush()
        let page = try await reader.pieces(of: known.attempts, known.status, after: 0)
        #expect(page.pieces.map(\.chunk.text) == ["abcd", "efgh"])
        #expect(try await Self.texts(store, job.id, after: page.place).texts == ["2 ijkl", "2 mnop"])
        try await store.database.close()
    }

    /// One that a dead worker has left open, so that its last chunk is not known, does not hide those of the next.
    @Test func anAttemptThatWasLeftOpenEndsWhereTheNextBegins() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let job = try await store.job("j1")
        let first = store.attempt(job, textChunks("abcdefgh"))
        try await store.queue.endAttempt(cutEnd(first, of: job, textChunks("abcdefgh"), until: nil))
        _ = store.attempt(try await store.job("j1"), textChunks("ijklmnop"))
        try await store.database.flush()
        let connection = try Connection(path: store.database.path, access: .writing)
        try connection.run("UPDATE attempts SET last_chunk_id = NULL")
        #expect(try await Self.texts(store, job.id).texts == ["1 abcd", "1 efgh", "2 ijkl", "2 mnop"])
        try await store.database.close()
    }

    /// Merging gives an earlier run's attempts the later pieces where that run is taken later: a place is that of a piece.
    @Test func ofAMergedJobAllPiecesComeFromAnyPlace() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let job = try await store.job("j1")
        let first = store.attempt(job, textChunks("abcdefgh"))
        try await store.queue.endAttempt(cutEnd(first, of: job, textChunks("abcdefgh"), until: nil))
        let second = try await store.job("j1")
        let chunks = textChunks("ijklmnop")
        try await store.queue.endAttempt(completedEnd(store.attempt(second, chunks), of: second, chunks))
        try await store.database.flush()
        let connection = try Connection(path: store.database.path, access: .writing)
        try connection.run(
            """
            UPDATE attempts SET number = 3 WHERE number = 1;
            UPDATE attempts SET number = 1 WHERE number = 2;
            UPDATE attempts SET number = 2 WHERE number = 3
            """)
        let all = try await Self.texts(store, job.id)
        #expect(all.texts == ["2 abcd", "2 efgh", "1 ijkl", "1 mnop"])
        for (index, id) in all.ids.enumerated() {
            #expect(try await Self.texts(store, job.id, after: id).texts == Array(all.texts.dropFirst(index + 1)))
        }
        try await store.database.close()
    }

    /// A page looks at a part of the table, so that what lies far behind holds up nobody.
    @Test func aPageLooksAtThePiecesOfOneAttempt() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let job = try await store.job("j1")
        let first = store.attempt(job, textChunks("abcdefgh"))
        try await store.queue.endAttempt(cutEnd(first, of: job, textChunks("abcdefgh"), until: nil))
        _ = store.attempt(try await store.job("j1"), textChunks("ijklmnop"))
        try await store.database.flush()
        let page = try #require(try await store.database.reader.pieces(ofJob: job.id, after: 0))
        #expect(page.pieces.map(\.attempt) == [1, 1] && page.hasMore)
        let next = try #require(try await store.database.reader.pieces(ofJob: job.id, after: page.place))
        #expect(next.pieces.map(\.attempt) == [2, 2] && !next.hasMore)
        try await store.database.close()
    }

    /// What others write is not looked through again and again while a stream is silent.
    @Test func thePlaceGoesOnWithWhatOthersWrite() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        let job = try await store.job("j1")
        _ = store.attempt(job, textChunks("abcd"))
        _ = store.attempt(try await store.job("j2"), textChunks("much more of it"))
        try await store.database.flush()
        let page = try #require(try await store.database.reader.pieces(ofJob: job.id, after: 0))
        #expect(page.pieces.count == 1)
        let newest = try #require(Int64(store.rows("SELECT max(chunk_id) FROM chunks")[0]))
        #expect(page.place == newest && !page.hasMore)
        try await store.database.close()
    }
}
