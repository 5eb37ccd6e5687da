import LLMStreaming
import Testing

@testable import BatchEngine

/// A turn that Anthropic paused goes on in another request (strategy `turn`).
struct PausedTurnTests {
    private static let search = StreamedChunk(
        .toolCall, #"{"type":"server_tool_use","id":"s","name":"web_search","input":{"q":"x"}}"#, item: 1)

    @Test func aPausedTurnIsSentBackAsItIsAtOnceAndCostsNoAttempt() throws {
        let paused = verdict(job(nil), pauses: [StreamedChunk(.text, "Let me see. "), Self.search])
        #expect(paused.isRepeated && !paused.end.counts)
        #expect(paused.end.status == .interrupted)
        let partial = try #require(paused.end.partial)
        let plan = plan(job(partial))
        #expect(plan.strategy == .turn && plan.goesOn)
        #expect(plan.reason == "anthropic paused its turn, which goes on")
        #expect(
            plan.continuation
                == .turn([
                    "role": "assistant",
                    "content": [
                        ["type": "text", "text": "Let me see. "],
                        ["type": "server_tool_use", "id": "s", "name": "web_search", "input": ["q": "x"]],
                    ],
                ]))
        // As it is stored.
        #expect(StoredPartial(attemptID: partial.attemptID, json: partial.json) == partial)
        // Resuming switched off is not asking the same anew: that would pause again.
        #expect(self.plan(job(partial), policy: .restart).strategy == .turn)
    }

    @Test func theAnswerIsAllThatItsTurnsSaid() throws {
        let first = verdict(job(nil), pauses: [StreamedChunk(.text, "one "), Self.search], attemptID: 1)
        let second = verdict(
            job(first.end.partial), pauses: [StreamedChunk(.reasoning, "hm"), StreamedChunk(.text, "two ", item: 1)],
            attemptID: 2)
        #expect(second.end.partial?.answer.text == "one two ")
        #expect(second.end.partial?.answer.pausedTurn?["content"]?.array?.count == 4)
        let last = verdict(job(second.end.partial), ends: [StreamedChunk(.text, "three")], attemptID: 3)
        guard case .completed(let records) = last.end.transition, let record = records.first else {
            return #expect(Bool(false))
        }
        #expect(record.choice.content == "one two three")
        #expect(record.choice.reasoning == "hm")
        #expect(record.seams.map(\.attemptID) == [1, 2, 3] && record.seams.map(\.kept) == [4, 4, 5])
        #expect(
            record.choice.message["content"]?.array?.compactMap { $0["type"]?.string }
                == ["text", "server_tool_use", "thinking", "text", "text"])
        #expect(record.usageSource == .none)
    }

    @Test func theTokensOfAllItsTurnsCount() throws {
        let usage = { (tokens: Int) in StreamedChunk(.usage, #"{"output_tokens":\#(tokens)}"#) }
        let first = verdict(job(nil), pauses: [StreamedChunk(.text, "one "), Self.search, usage(40)], attemptID: 1)
        let last = verdict(job(first.end.partial), ends: [StreamedChunk(.text, "two"), usage(5)], attemptID: 2)
        guard case .completed(let records) = last.end.transition else { return #expect(Bool(false)) }
        #expect(records.first?.completionTokens == 45)
        #expect(records.first?.usageSource == .mixed)
    }

    @Test func aTurnThatBrokeGoesOnFromWhereItWasPaused() throws {
        let paused = verdict(job(nil), pauses: [StreamedChunk(.text, "one "), Self.search], attemptID: 1)
        let broken = verdict(
            job(paused.end.partial), fails: LLMError(.cut, "on purpose"), [StreamedChunk(.text, "tw")], attemptID: 2)
        #expect(!broken.isRepeated && broken.end.counts)
        #expect(broken.end.partial?.answer == paused.end.partial?.answer)
        #expect(plan(job(broken.end.partial)).strategy == .turn)
        let last = verdict(job(broken.end.partial), ends: [StreamedChunk(.text, "two")], attemptID: 3)
        guard case .completed(let records) = last.end.transition else { return #expect(Bool(false)) }
        #expect(records.first?.choice.content == "one two")
        #expect(records.first?.seams.map(\.attemptID) == [1, 3])
    }

    @Test func aTurnThatPausesWithoutEndFailsItsJob() throws {
        let paused = verdict(job(nil), pauses: [Self.search])
        let again = verdict(job(paused.end.partial), pauses: [Self.search], repeats: AttemptVerdict.maximumRepeats)
        #expect(!again.isRepeated)
        guard case .failed = again.end.transition else { return #expect(Bool(false)) }
    }

    // MARK: - Jobs and results

    private func job(_ partial: StoredPartial?) -> Job {
        Job(
            id: 1, customID: "a", source: "a", line: 1, provider: "anthropic", model: "claude-opus-4-8",
            requestSHA256: "a", request: Array(#"{"prompt": "p"}"#.utf8), attempts: 0, attemptCount: 0,
            partial: partial)
    }

    private func plan(_ job: Job, policy: ResumePolicy = .auto) -> ResumePlan {
        let provider = ProviderCatalog()["anthropic"] ?? Provider(name: "anthropic")
        return ResumePlan.make(
            partial: job.partial, content: .conversation([.user("p")], CompletionOptions(), extraBody: JSONObject()),
            model: job.model, provider: provider, policy: policy, isRefused: false)
    }

    private func verdict(
        _ job: Job, pauses chunks: [StreamedChunk], attemptID: Int64 = 9, repeats: Int = 0
    ) -> AttemptVerdict {
        let pause = LLMError(.cut, "paused", code: "pause_turn", shouldRetry: false)
        return verdict(
            job, fails: pause, chunks + [StreamedChunk(.finish, "pause_turn")], attemptID: attemptID, repeats: repeats)
    }

    private func verdict(
        _ job: Job, fails error: LLMError, _ chunks: [StreamedChunk], attemptID: Int64, repeats: Int = 0
    ) -> AttemptVerdict {
        var accumulator = StreamingAccumulator(dialect: .anthropicMessages)
        for chunk in chunks { accumulator.add(chunk) }
        return verdict(job, .failed(error), accumulator, attemptID, repeats)
    }

    private func verdict(_ job: Job, ends chunks: [StreamedChunk], attemptID: Int64) -> AttemptVerdict {
        var accumulator = StreamingAccumulator(dialect: .anthropicMessages)
        for chunk in chunks + [StreamedChunk(.finish, "end_turn")] { accumulator.add(chunk) }
        guard let completion = try? accumulator.completion(isComplete: true) else {
            preconditionFailure("no completion of \(chunks)")
        }
        return verdict(job, .completed(completion), accumulator, attemptID, 0)
    }

    private func verdict(
        _ job: Job, _ outcome: StreamResult.Outcome, _ accumulator: StreamingAccumulator, _ attemptID: Int64,
        _ repeats: Int
    ) -> AttemptVerdict {
        AttemptVerdict(
            job: job, plan: plan(job), attemptID: attemptID,
            result: StreamResult(outcome: outcome, accumulator: accumulator), policy: RetryPolicy(), repeats: repeats,
            fraction: 0, now: 0)
    }
}
