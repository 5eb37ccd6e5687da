import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

/// Answers that are not taken: they are counted, kept to be read, and nothing goes on from them.
@Suite struct RejectedAnswerTests {
    @Test func theyAreCountedAndHandedOutTheNewestFirst() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        try await store.reject("j1", "first", code: .stoppedEarly)
        try await store.cut("j1", after: "a text that was cut")
        try await store.reject("j1", "", code: .blank)
        try await store.reject("j1", "na na na", kind: .repetition)
        let job = try await store.job("j1")
        #expect(job.answers == 3 && job.attempts == 4)
        #expect(job.rejected.map(\.kind) == [.repetition, .invalidAnswer, .invalidAnswer])
        #expect(job.rejected.map(\.code) == [nil, "blank", "stopped_early"])
        #expect(job.rejected.map { $0.answer?.text } == ["na na na", nil, "first"])
        #expect(job.rejected.map(\.reason) == ["not right", "not right", "not right"])
        #expect(job.rejected.map(\.completionTokens) == [2, nil, 2])
        #expect(job.rejected.map(\.attemptID) == [4, 3, 1])
        let other = try await store.job("j2")
        #expect(other.answers == 0 && other.rejected.isEmpty)
        try await store.database.close()
    }

    /// Where it is the newest, the job begins anew: its own text is wrong, and what came before belongs to no answer.
    @Test(arguments: ["wrong", ""])
    func nothingGoesOnFromThemNorFromWhatCameBefore(text: String) async throws {
        let store = try await TestStore(jobs: newJobs(1))
        try await store.cut("j1", after: "a text that was cut")
        #expect(try await store.job("j1").partial != nil)
        try await store.reject("j1", text)
        #expect(try store.rows("SELECT status FROM jobs") == ["pending"])
        #expect(try await store.job("j1").partial == nil)
        #expect(try store.rows("SELECT * FROM partials") == [])
        let attempts = try await store.database.reader.attempts(ofJob: 1)
        let hash = newJob("j1").requestSHA256
        #expect(attempts.map(\.isRejected) == [false, true])
        #expect(attempts.kept(ofRequest: hash) == nil)
        #expect(attempts.dropLast().map { $0 }.kept(ofRequest: hash)?.answer.text == "a text that was cut")
        // An answer that was begun anew, and cut, goes on.
        try await store.cut("j1", after: "another text")
        #expect(try store.rows("SELECT status FROM jobs") == ["interrupted"])
        let job = try await store.job("j1")
        #expect(job.partial?.answer.text == "another text" && job.answers == 1)
        #expect(try store.rows("SELECT text FROM partials") == ["another text"])
        #expect(try await store.database.reader.attempts(ofJob: 1).kept(ofRequest: hash)?.answer.text == "another text")
        try await store.database.close()
    }

    @Test func theViewHasARowForEachAttemptAndChoice() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        let chunks = [
            StreamedChunk(.text, "one"), StreamedChunk(.text, "two", choice: 1),
            StreamedChunk(.usage, #"{"prompt_tokens":5,"completion_tokens":7}"#),
        ]
        try await store.reject("j1", chunks, code: .stoppedEarly, cost: 0.5)
        try await store.reject("j2", "")
        #expect(
            try store.rows(
                """
                SELECT custom_id, attempt_id, number, reason, text, tool_calls, completion_tokens, cost_usd, stopped_early,
                    choice, job_id
                FROM rejected_answers ORDER BY attempt_id, choice
                """) == [
                    "j1|1|1|not right|one||7|0.5|1|0|1", "j1|1|1|not right|two||7|0.5|1|1|1",
                    "j2|2|1|not right|||||0|0|2",
                ])
        try await store.database.close()
    }

    @Test func theCountBeginsAnewWhereTheJobDoes() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        for id in ["j1", "j2"] { try await store.reject(id, "wrong") }
        var end = try await store.rejectedEnd("j1", textChunks("wrong"))
        end.transition = .failed
        try await store.queue.endAttempt(end)
        #expect(
            try store.rows("SELECT status, answers, error_kind FROM jobs WHERE job_id = 1")
                == ["failed|2|invalid_answer"])
        #expect(try await store.database.revive(Revival(errorKinds: [.invalidAnswer])) == 1)
        // Its text is no text to go on from.
        #expect(try store.rows("SELECT status, answers, attempts FROM jobs WHERE job_id = 1") == ["pending|0|0"])
        let revived = try await store.job("j1")
        #expect(revived.partial == nil && revived.rejected.isEmpty)
        let changed = newJob("j2", line: 2, request: "{\"other\":1}")
        #expect(try await store.database.ingest([changed], onChanged: .replace) == [.replaced])
        #expect(try store.rows("SELECT status, answers FROM jobs WHERE job_id = 2") == ["pending|0"])
        // Those of the other request are not this one's.
        try await store.reject("j2", "again")
        #expect(try await store.job("j2").rejected.map { $0.answer?.text } == ["again"])
        try await store.database.close()
    }

    @Test func theCountStaysWhereOnlyAttemptsBeginAnew() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        try await store.reject("j1", "wrong")
        let job = try await store.job("j1")
        var end = cutEnd(store.attempt(job, textChunks("a long text")), of: job, textChunks("a long text"))
        end.resetsAttempts = true
        try await store.queue.endAttempt(end)
        #expect(try store.rows("SELECT attempts, answers FROM jobs") == ["1|1"])
        try await store.database.close()
    }

    /// A worker that dies over the next attempt leaves the job with nothing to go on from but that attempt's text.
    @Test func aDeadWorkersJobGoesOnFromWhatCameBehindThem() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        for id in ["j1", "j2"] { try await store.reject(id, "wrong") }
        _ = store.attempt(try await store.job("j1"), textChunks("right so far"))
        _ = store.attempt(try await store.job("j2"), [])
        try await store.database.flush()
        try await store.database.close()
        let next = try await TestStore(folder: store.folder)
        #expect(try next.rows("SELECT custom_id, status, answers FROM jobs") == ["j1|interrupted|1", "j2|pending|1"])
        #expect(try await next.job("j1").partial?.answer.text == "right so far")
        #expect(try await next.job("j2").partial == nil)
        #expect(try await next.job("j2").rejected.map { $0.answer?.text } == ["wrong"])
        try await next.database.close()
    }
}

extension TestStore {
    /// Rejects the next answer of a job, which waits then.
    func reject(
        _ id: String, _ text: String, kind: ErrorKind = .invalidAnswer, code: RejectedAnswer.Code? = nil
    ) async throws {
        try await reject(id, textChunks(text), kind: kind, code: code)
    }

    func reject(
        _ id: String, _ chunks: [StreamedChunk], kind: ErrorKind = .invalidAnswer, code: RejectedAnswer.Code? = nil,
        cost: Double? = nil
    ) async throws {
        var end = try await rejectedEnd(id, chunks, kind: kind, code: code)
        end.costUSD = cost
        try await queue.endAttempt(end)
    }

    /// The end of a job's next attempt, whose answer is not taken.
    func rejectedEnd(
        _ id: String, _ chunks: [StreamedChunk], kind: ErrorKind = .invalidAnswer, code: RejectedAnswer.Code? = nil
    ) async throws -> AttemptEnd {
        let job = try await job(id)
        var end = cutEnd(attempt(job, chunks), of: job, chunks, until: nil)
        end.status = .failed
        end.error = LLMError(kind, "not right", code: code?.rawValue)
        return end
    }
}
