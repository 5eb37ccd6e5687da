import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

/// What a run is told, and cancelled jobs, as they are stored (Contract, "Control").
@Suite struct RunChangeTests {
    @Test func changesHaveTheirTimesAndNumbersWithinTheirRun() async throws {
        let store = try await TestStore { $0.unixMilliseconds = { 1_790_000_000_123 } }
        for number in 1...3 {
            try await store.database.record(
                RunChange(
                    command: "concurrency", value: "\(number)", isKept: number == 2, streamsOver: 10 * number),
                ofRun: store.runID)
        }
        #expect(
            try store.rows("SELECT number, at_ms, command, value, keep, streams_over FROM run_changes ORDER BY 1") == [
                "1|1790000000123|concurrency|1|0|10", "2|1790000000123|concurrency|2|1|20",
                "3|1790000000123|concurrency|3|0|30",
            ])
        #expect(
            try await store.database.reader.keptChanges() == [
                RunChange(command: "concurrency", value: "2", isKept: true, streamsOver: 20)
            ])
        // Those of an older run are not the newest's.
        let next = try await store.database.beginRun(command: "resume", options: "{}", version: "test")
        #expect(try await store.database.reader.keptChanges() == [])
        try await store.database.record(RunChange(command: "pause"), ofRun: next)
        #expect(
            try store.rows("SELECT number, value IS NULL FROM run_changes WHERE run_id = 2") == ["1|1"])
        try await store.database.close()
    }

    @Test func jobsThatCanRunAreCancelledAndOthersStayAsTheyAre() async throws {
        let store = try await TestStore(jobs: newJobs(6))
        try await store.complete("j1")
        let failed = try await store.job("j2")
        try await store.queue.endAttempt(failedEnd(store.attempt(failed, []), of: failed))
        let waiting = try await store.job("j3")
        try await store.queue.endAttempt(
            cutEnd(
                store.attempt(waiting, textChunks("some text")), of: waiting, textChunks("some text"), until: 5_000))
        let running = try await store.job("j4")
        _ = store.attempt(running, textChunks("more"))
        let ids = try store.rows("SELECT job_id FROM jobs ORDER BY job_id").compactMap(Int64.init)
        // Of the running one nothing is changed here: its stream ends first.
        #expect(try await store.database.cancel(ids.dropLast() + [999]) == [ids[2], ids[4]])
        #expect(
            try store.rows("SELECT custom_id, status, not_before_ms, error_kind FROM jobs ORDER BY job_id") == [
                "j1|completed||", "j2|failed||invalid_request", "j3|cancelled||cancelled", "j4|running||",
                "j5|cancelled||cancelled", "j6|pending||",
            ])
        #expect(try store.rows("SELECT text FROM partials WHERE custom_id = 'j3'") == ["some text"])
        #expect(try await store.database.cancel(ids.dropLast()) == [])
        // Only with cancelled ones are they revived.
        #expect(try await store.database.revive(Revival()) == 1)
        #expect(try await store.database.revive(Revival(includesCancelled: true)) == 2)
        #expect(
            try store.rows("SELECT custom_id, status FROM jobs WHERE job_id IN (3, 5) ORDER BY 1")
                == ["j3|interrupted", "j5|pending"])
        try await store.database.close()
    }

    @Test func aStreamThatIsCancelledKeepsItsTextAndItsJobEnds() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let job = try await store.job("j1")
        var end = cutEnd(
            store.attempt(job, textChunks("some text")), of: job, textChunks("some text"), counts: false, until: nil)
        (end.status, end.transition) = (.cancelled, .cancelled)
        end.error = LLMError(.cancelled, "closed")
        try await store.queue.endAttempt(end)
        #expect(
            try store.rows(
                "SELECT j.status, j.error_kind, a.status, a.error_kind, j.attempts FROM jobs AS j, attempts AS a")
                == ["cancelled|cancelled|cancelled|cancelled|0"])
        #expect(try store.rows("SELECT text FROM partials") == ["some text"])
        #expect(try await store.database.reader.counts().cancelled == 1)
        #expect(try await store.queue.nextJobs(for: testLane, after: 0, limit: 9).isEmpty)
        try await store.database.close()
    }

    @Test func whatARunHasSpentIsLeftOutWhereItIsCountedApart() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        func spend(_ id: String, _ run: Int64) async throws {
            let queue = store.database.queue(for: .all, runID: run)
            let job = try await store.job(id)
            var end = cutEnd(queue.startAttempt(attemptStart(of: job)), of: job, until: nil)
            end.costUSD = 2
            end.result.usage = TokenUsage(raw: JSONObject([.init(key: "prompt_tokens", value: 10)]))
            try await queue.endAttempt(end)
        }
        try await spend("j1", store.runID)
        let next = try await store.database.beginRun(command: "resume", options: "{}", version: "test")
        try await spend("j1", next)
        try await spend("j2", next)
        let reader = store.database.reader
        #expect(try await reader.spending(in: .all).costUSD == 6)
        #expect(try await reader.spending(in: .all, without: next).costUSD == 2)
        #expect(try await reader.spending(in: .all, without: store.runID).costUSD == 4)
        try await store.database.close()
    }
}
