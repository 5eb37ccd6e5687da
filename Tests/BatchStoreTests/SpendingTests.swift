import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

/// What earlier runs have used up, by report and by estimate.
struct SpendingTests {
    @Test func triesThatFailedCountByEstimateInLaterRuns() async throws {
        let store = try await TestStore(jobs: newJobs(4))
        let (one, two, three) = (try await store.job("j1"), try await store.job("j2"), try await store.job("j3"))
        let usage = StreamedChunk(.usage, #"{"prompt_tokens":5,"completion_tokens":7}"#)
        let answer = textChunks("good") + [StreamedChunk(.finish, "stop"), usage]
        var completed = try completedEnd(store.attempt(one, answer), of: one, answer)
        completed.costUSD = 0.5
        try await store.queue.endAttempt(completed)
        // Refused before anything was taken: it costs nothing.
        try await store.queue.endAttempt(failedEnd(store.attempt(two, []), of: two))
        let part = textChunks("half")
        try await store.queue.endAttempt(cutEnd(store.attempt(three, part), of: three, part))
        try await store.database.flush()
        let spending = try await store.database.reader.spending(in: .all)
        #expect(spending.costUSD == 0.5)
        let input = Double(three.request.count) / 2
        let output = Double(part.count)
        let model = ModelName(provider: "mock", model: "m")
        #expect(spending.unpriced == [Spending.Unpriced(model: model, inputTokens: input, outputTokens: output)])
        #expect(spending.tokens == 12 + input + output)
        let prices = try PriceTable(
            JSONParser.parse(
                Array(#"{"mock/m": {"input_cost_per_token": 0.01, "output_cost_per_token": 0.1}}"#.utf8)))
        #expect(abs(spending.cost(by: prices) - (0.5 + 0.01 * input + 0.1 * output)) < 1e-9)
        #expect(try await store.database.reader.spending(in: .jobs([two.id])) == Spending())
    }

    /// What an earlier version let in, or another program.
    @Test func aStoredCostThatIsNoAmountTakesNothingFromTheSum() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        let usage = StreamedChunk(.usage, #"{"prompt_tokens":5,"completion_tokens":7}"#)
        let answer = textChunks("good") + [StreamedChunk(.finish, "stop"), usage]
        for (id, cost) in [("j1", 0.5), ("j2", -400), ("j3", .infinity)] {
            let job = try await store.job(id)
            var completed = try completedEnd(store.attempt(job, answer), of: job, answer)
            completed.costUSD = cost
            try await store.queue.endAttempt(completed)
        }
        try await store.database.flush()
        let spending = try await store.database.reader.spending(in: .all)
        #expect(spending.costUSD == 0.5)
        #expect(spending.unpriced.map(\.inputTokens) == [10] && spending.unpriced.map(\.outputTokens) == [14])
        #expect(try store.rows("SELECT cost_usd FROM completions ORDER BY job_id") == ["0.5", "", ""])
    }
}
