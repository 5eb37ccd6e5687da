import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

@Suite struct CompletionTests {
    /// The formula of the schema (The database, "Tables"): every content from the chunks alone, and whether it is the stored one.
    static let rebuiltContents: SQL = """
        WITH pieces AS (
            SELECT c.job_id, c.choice, c.content, s.key AS place, s.value ->> 'restored' AS restored,
                s.value ->> 'start' AS start, s.value ->> 'kept' AS kept,
                (
                    SELECT group_concat(text, '') FROM (
                        SELECT text FROM chunks
                        WHERE attempt_id = s.value ->> 'attempt_id' AND choice = s.value ->> 'choice' AND kind = 'text'
                        ORDER BY seq
                    )
                ) AS text
            FROM completions AS c, json_each(c.seams) AS s
        )
        SELECT rebuilt, rebuilt = content FROM (
            SELECT job_id, choice, content, group_concat(piece, '') AS rebuilt FROM (
                SELECT job_id, choice, content,
                    coalesce(substr(text, start + 1, kept), '') || restored AS piece
                FROM pieces ORDER BY job_id, choice, place
            )
            GROUP BY job_id, choice
        )
        ORDER BY job_id, choice
        """

    @Test func everyContentIsWhatTheSeamsMakeOfTheChunks() async throws {
        let store = try await TestStore(jobs: newJobs(4))
        try await store.complete("j1", text: "in one piece, größer 😀")
        // Cut in a word; the prefix ends before its white space, which the continuation brings back.
        try await joined(store, "j2", "one two thr", prefixScalars: 7, then: " three four")
        // Cut after white space that the continuation does not bring back: it is restored.
        try await joined(store, "j3", "😀 two \n", prefixScalars: 5, then: "three")
        // A continuation that begins anew is the answer alone.
        let long = String(repeating: "word ", count: 10)
        try await joined(store, "j4", long + "x", prefixScalars: 49, then: long + "y")
        let expected = ["in one piece, größer 😀", "one two three four", "😀 two \nthree", long + "y"]
        #expect(try store.rows("SELECT content FROM completions ORDER BY job_id") == expected)
        #expect(try store.rows(Self.rebuiltContents) == expected.map { $0 + "|1" })
        #expect(try store.rows("SELECT segments FROM completions ORDER BY job_id") == ["1", "2", "2", "1"])
        try await store.database.close()
    }

    private func joined(
        _ store: TestStore, _ id: String, _ text: String, prefixScalars: Int, then rest: String
    ) async throws {
        let first = try await store.job(id)
        let cut = textChunks(text, size: 3)
        try await store.queue.endAttempt(cutEnd(store.attempt(first, cut), of: first, cut))
        let second = try await store.job(id)
        let chunks = textChunks(rest, size: 3) + [StreamedChunk(.finish, "stop")]
        let attemptID = store.attempt(second, chunks, strategy: .prefill, prefixScalars: prefixScalars)
        try await store.queue.endAttempt(
            completedEnd(attemptID, of: second, chunks, base: second.partial, prefixScalars: prefixScalars))
    }

    /// The total that the provider reports goes before the sum of its parts.
    @Test(arguments: [
        (#"{"prompt_tokens":8,"completion_tokens":9,"total_tokens":517}"#, "8|9|517|provider"),
        (
            #"{"prompt_tokens":12,"completion_tokens":2,"total_tokens":354,"#
                + #""completion_tokens_details":{"reasoning_tokens":340}}"#, "12|342|354|provider"
        ),
        (#"{"prompt_tokens":8,"completion_tokens":9}"#, "8|9|17|provider"),
        (#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#, "|||none"),
    ])
    func theTotalIsTheProviders(_ usage: String, _ row: String) async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let job = try await store.job("j1")
        let chunks = textChunks("a few words") + [StreamedChunk(.finish, "stop"), StreamedChunk(.usage, usage)]
        let attemptID = store.attempt(job, chunks)
        try await store.queue.endAttempt(completedEnd(attemptID, of: job, chunks))
        let rows = try store.rows(
            """
            SELECT coalesce(prompt_tokens, ''), coalesce(completion_tokens, ''), coalesce(total_tokens, ''),
                usage_source FROM completions
            """)
        #expect(rows == [row])
        try await store.database.close()
    }

    @Test func theEndOfAnAnswerIsStoredWithIt() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let job = try await store.job("j1")
        let chunks = textChunks("a few words") + [StreamedChunk(.finish, "stop"), StreamedChunk(.usage, "{}")]
        let kept = 2
        let attemptID = store.attempt(job, Array(chunks.dropLast(kept)))
        #expect(try store.rows("SELECT count(*) FROM chunks WHERE kind = 'finish'") == ["0"])
        var end = try completedEnd(attemptID, of: job, chunks)
        for (index, chunk) in chunks.enumerated().suffix(kept) {
            end.tail.take(AnswerTail.Read([chunk], sequence: index, atMicroseconds: 900)) { _ in
                Issue.record("the end of an answer is not kept back")
            }
        }
        try await store.queue.endAttempt(end)
        #expect(
            try store.rows("SELECT kind, seq, at_us FROM chunks ORDER BY chunk_id DESC LIMIT 2")
                == ["usage|\(chunks.count - 1)|900", "finish|\(chunks.count - 2)|900"])
        #expect(
            try store.rows("SELECT last_chunk_id = (SELECT max(chunk_id) FROM chunks) FROM attempts") == ["1"])
    }

    @Test func choicesAreRowsOfTheirOwn() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let job = try await store.job("j1")
        var chunks: [StreamedChunk] = []
        for piece in ["a", "b", "c"] {
            for choice in 0..<2 { chunks.append(StreamedChunk(.text, piece + "\(choice)", choice: choice)) }
        }
        chunks += [StreamedChunk(.finish, "stop"), StreamedChunk(.finish, "length", choice: 1)]
        try await store.queue.endAttempt(completedEnd(store.attempt(job, chunks), of: job, chunks))
        #expect(
            try store.rows("SELECT choice, content, finish_reason FROM completions ORDER BY choice")
                == ["0|a0b0c0|stop", "1|a1b1c1|length"])
        #expect(try store.rows(Self.rebuiltContents) == ["a0b0c0|1", "a1b1c1|1"])
    }

    @Test func sumsAreOverTheAttemptsOfTheSameRequestAndDistinctResponses() async throws {
        let store = try await TestStore(jobs: [newJob("j1", request: "{\"old\":1}")])
        func cut(_ response: String, _ prompt: Int, _ text: String) async throws {
            let job = try await store.job("j1")
            let chunks =
                [StreamedChunk(.response, "{\"id\":\"\(response)\"}")] + textChunks(text)
                + [StreamedChunk(.usage, "{\"prompt_tokens\":\(prompt)}")]
            try await store.queue.endAttempt(cutEnd(store.attempt(job, chunks), of: job, chunks))
        }
        try await cut("before", 1_000, "another request's text")
        _ = try await store.database.ingest([newJob("j1", request: "{\"new\":1}")], onChanged: .replace)
        try await cut("r1", 10, "12345678")
        try await cut("r1", 10, "1234567890ab")
        let job = try await store.job("j1")
        let chunks =
            [StreamedChunk(.response, #"{"id":"r2","model":"m-7"}"#)] + textChunks("whole answer")
            + [
                StreamedChunk(.finish, "stop"),
                StreamedChunk(
                    .usage,
                    #"{"prompt_tokens":12,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":4}}"#),
            ]
        try await store.queue.endAttempt(completedEnd(store.attempt(job, chunks), of: job, chunks))
        let completion = try #require(try await store.database.reader.completions(ofJob: job.id).first)
        #expect(completion.promptTokens == 10)
        #expect(completion.completionTokens == 20)
        #expect(completion.totalTokens == 30)
        #expect(completion.cachedTokens == 4)
        // r1 once, with its larger count of pieces, and r2.
        #expect(completion.billedPromptTokens == 22)
        #expect(completion.billedCompletionTokens == 23)
        #expect(completion.durationMicroseconds == 3_000)
        #expect(completion.firstChunkMicroseconds == 100)
        #expect(completion.chunkCount == (1 + 2 + 1) + (1 + 3 + 1) + (1 + 3 + 2))
        #expect(completion.model == "m-7")
        #expect(completion.responseID == "r2")
        #expect(completion.usageSource == .provider)
        #expect(completion.attemptID == 4)
        let attempts = try await store.database.reader.attempts(ofJob: job.id)
        #expect(attempts.map(\.usageSource) == [.mixed, .mixed, .mixed, .provider])
        #expect(attempts.map(\.finishReason) == [nil, nil, nil, "stop"])
        #expect(attempts.map(\.retryAfterMilliseconds) == [7_000, 7_000, 7_000, nil])
        #expect(attempts.map(\.status) == [.interrupted, .interrupted, .interrupted, .completed])
        #expect(try store.rows("SELECT status, attempts, error_kind, error FROM jobs") == ["completed|3||"])
    }

    @Test func toolCallsReasoningAndTheMessageAreKept() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let job = try await store.job("j1")
        let chunks = [
            StreamedChunk(.reasoning, "hm"), StreamedChunk(.refusal, "no"),
            StreamedChunk(.toolCall, #"{"id":"c1","name":"look"}"#), StreamedChunk(.toolArguments, #"{"x":1}"#),
            StreamedChunk(.finish, "tool_calls"),
        ]
        try await store.queue.endAttempt(completedEnd(store.attempt(job, chunks), of: job, chunks))
        #expect(
            try store.rows(
                """
                SELECT content, reasoning, refusal, tool_calls ->> '$[0].function.arguments', finish_reason,
                    message ->> 'role', usage_source
                FROM completions
                """) == [#"|hm|no|{"x":1}|tool_calls|assistant|none"#])
    }

    @Test func anAnswerToARequestThatWasReplacedMeanwhileIsNotTheJobsAnswer() async throws {
        let store = try await TestStore(jobs: [newJob("j1", request: "{\"old\":1}")])
        let job = try await store.job("j1")
        let chunks = textChunks("old answer") + [StreamedChunk(.finish, "stop")]
        let attemptID = store.attempt(job, chunks)
        #expect(
            try await store.database.ingest([newJob("j1", request: "{\"new\":1}")], onChanged: .replace)
                == [.replaced])
        try await store.queue.endAttempt(completedEnd(attemptID, of: job, chunks))
        #expect(try store.rows("SELECT count(*) FROM completions") == ["0"])
        let again = try #require(
            try await store.queue.dueJobs(for: testLane, at: 2_000, limit: 10, excluding: []).first)
        #expect(again.request == Array("{\"new\":1}".utf8))
        #expect(again.partial == nil)
        #expect(again.attempts == 0)
    }
}
