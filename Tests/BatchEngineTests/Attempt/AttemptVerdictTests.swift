import LLMStreaming
import Testing

@testable import BatchEngine

/// What an attempt's result means for its job.
struct AttemptVerdictTests {
    private static let now: Int64 = 1_000_000
    /// A text that is long enough to be gone on from, without its last word and with it.
    private static let kept = "one two three four five six seven"
    private static let cut = kept + " eig"

    @Test func aWholeAnswerCompletesItsJob() throws {
        let end = try verdict(says: "one two").end
        #expect(end.status == .completed)
        #expect(end.counts)
        #expect(end.error == nil)
        #expect(end.partial == nil)
        let record = try #require(records(end).first)
        #expect(record.choice.content == "one two")
        #expect(record.usageSource == .none)
        #expect(record.seams == [Seam(attemptID: 9, choice: 0, kept: 7)])
    }

    /// Of an answer in one piece the attempt's row says it.
    @Test func aJoinedAnswerSaysWhoWroteEachPiece() throws {
        let whole = try #require(records(try verdict(says: "one two", endpoint: "a").end).first)
        #expect(whole.seams == [Seam(attemptID: 9, choice: 0, kept: 7)])
        var job = job(partial: Self.cut)
        job.partial?.seams[0].endpoint = "a"
        let joined = try #require(records(try verdict(job, says: " eight", endpoint: "b").end).first)
        #expect(joined.seams.map(\.endpoint) == ["a", "b"])
        let cut = try #require(try verdict(job, fails: .cut, says: " eight", endpoint: "b").end.partial)
        #expect(cut.endpoint == "b" && cut.seams.map(\.endpoint) == ["a", "b"])
    }

    @Test func usageOfAWholeAnswerIsTheProviders() throws {
        let usage = TokenUsage(raw: ["prompt_tokens": 20, "completion_tokens": 5])
        let record = try #require(records(try verdict(says: "one", usage: usage).end).first)
        #expect(record.promptTokens == 20)
        #expect(record.completionTokens == 5)
        #expect(record.usageSource == .provider)
    }

    @Test func usageOfAContinuationIsMixedWithWhatWasKept() throws {
        let usage = TokenUsage(raw: ["prompt_tokens": 27, "completion_tokens": 5])
        let end = try verdict(job(partial: Self.cut), says: " eight", usage: usage).end
        let record = try #require(records(end).first)
        #expect(record.choice.content == Self.kept + " eight")
        // It came in three pieces, but seven words went along.
        #expect(record.promptTokens == 20)
        #expect(record.completionTokens == 12)
        #expect(record.totalTokens == nil)
        #expect(record.usageSource == .mixed)
        #expect(record.seams.map(\.kept) == [33, 6])
    }

    @Test func thePromptOfANewBeginningHeldTheKeptTextAllTheSame() throws {
        let usage = TokenUsage(raw: ["prompt_tokens": 27, "completion_tokens": 8])
        let record = try #require(
            records(try verdict(job(partial: Self.cut), says: Self.kept + " eight", usage: usage).end).first)
        #expect(record.choice.content == Self.kept + " eight")
        #expect(record.promptTokens == 20)
        #expect(record.completionTokens == 8)
        #expect(record.seams.count == 1)
    }

    @Test func aFailureWithTextIsInterruptedAndKeepsIt() throws {
        let end = try verdict(fails: .cut, says: "one two").end
        #expect(end.status == .interrupted)
        #expect(end.partial?.answer.text == "one two")
        #expect(end.error?.kind == .cut)
        #expect(waiting(end)?.hasPartial == true)
    }

    @Test func aFailureWithoutTextKeepsTheEarlierOne() throws {
        let fresh = try verdict(fails: .server).end
        #expect(fresh.status == .failed)
        #expect(fresh.partial == nil)
        #expect(waiting(fresh)?.hasPartial == false)
        let later = try verdict(job(partial: Self.cut), fails: .server).end
        #expect(later.status == .failed)
        #expect(later.partial?.answer.text == Self.cut)
        #expect(later.partial?.seams == [Seam(attemptID: 7, choice: 0, kept: 37)])
        #expect(waiting(later)?.hasPartial == true)
    }

    @Test func aRetryWaitsFromNowOn() throws {
        let end = try verdict(fails: .server, fraction: 0.5).end
        #expect(end.counts)
        #expect(waiting(end)?.until == Self.now + 500)
    }

    @Test func aRateLimitDoesNotCount() throws {
        let end = try verdict(fails: .rateLimit).end
        #expect(!end.counts)
        #expect(waiting(end)?.until != nil)
    }

    @Test func whatWasCancelledIsInterruptedAndDoesNotCountOrWait() throws {
        for says in ["", "one two"] {
            let end = try verdict(fails: .cancelled, says: says).end
            #expect(end.status == .interrupted)
            #expect(!end.counts)
            #expect(!end.resetsAttempts)
            let state = try #require(waiting(end))
            #expect(state.until == nil)
            #expect(state.hasPartial == !says.isEmpty)
        }
    }

    @Test func aStaleConnectionIsRepeatedAtOnceUncountedButNotForEver() throws {
        let verdict = try verdict(fails: .connect, isStale: true)
        #expect(verdict.isRepeated)
        #expect(!verdict.end.counts)
        #expect(waiting(verdict.end)?.until == nil)
        let later = try self.verdict(fails: .connect, isStale: true, repeats: AttemptVerdict.maximumRepeats)
        #expect(!later.isRepeated)
        #expect(later.end.counts)
        #expect(waiting(later.end)?.until != nil)
    }

    @Test func aRefusedPrefillIsRepeatedAsARestart() throws {
        let refused = try verdict(job(partial: Self.cut), fails: .invalidRequest)
        #expect(refused.isRepeated)
        #expect(refused.consequence == .repeatsWithoutPrefill)
        #expect(!refused.end.counts)
        let restarted = try verdict(job(partial: Self.cut), fails: .invalidRequest, isRefused: true)
        #expect(!restarted.isRepeated)
        #expect(restarted.consequence == .none)
        #expect(isFailed(restarted.end))
        #expect(isFailed(try verdict(fails: .invalidRequest).end))
    }

    @Test func authStopsTheProviderAndLeavesTheJobPending() throws {
        let verdict = try verdict(fails: .auth)
        #expect(verdict.consequence == .stopsProvider("on purpose"))
        #expect(!verdict.end.counts)
        #expect(waiting(verdict.end)?.until == nil)
    }

    @Test func theFirstKeptTextStartsTheCountAnew() throws {
        let end = try verdict(job(counted: 4), fails: .cut, says: Self.cut).end
        #expect(end.resetsAttempts)
        #expect(!end.counts)
        // Too short to be gone on from.
        #expect(isFailed(try verdict(job(counted: 4), fails: .cut, says: "one two").end))
    }

    @Test func aContinuationBeyondTheFurthestTextStartsTheCountAnew() throws {
        let base = job(partial: Self.cut, counted: 4)
        #expect(try verdict(base, fails: .cut, says: " eight nine").end.resetsAttempts)
        // No further than what was cut.
        #expect(isFailed(try verdict(base, fails: .cut, says: " eig").end))
        #expect(isFailed(try verdict(base, fails: .cut).end))
    }

    @Test func aRestartNeverStartsTheCountAnew() throws {
        let long = String(repeating: "word ", count: 40)
        let base = job(partial: Self.cut, counted: 4)
        let restart = try verdict(base, fails: .cut, says: long, isRefused: true).end
        #expect(isFailed(restart))
        #expect(restart.partial?.answer.text == long)
        // One that the provider made of a prefill, seen by its beginning.
        let prefix = "The quick brown fox jumps over the lazy dog "
        let silent = try verdict(job(partial: prefix, counted: 4), fails: .cut, says: prefix + long).end
        #expect(isFailed(silent))
    }

    @Test func textThatIsNotGoneOnFromDoesNotStartTheCountAnew() throws {
        let end = try verdict(job(counted: 4, options: #""n": 2"#), fails: .cut, says: "one two").end
        #expect(isFailed(end))
        #expect(end.partial?.answer.text == "one two")
    }

    @Test func theFurthestTextIsRememberedOverARestart() throws {
        let long = "The quick brown fox jumps over the lazy dog and far away "
        let again = "The quick brown fox jumps over the lazy cat"
        let silent = try verdict(job(partial: long), fails: .cut, says: again).end
        #expect(silent.partial?.answer.text == again)
        #expect(silent.partial?.furthestScalars == long.unicodeScalars.count)
        var next = job(counted: 1)
        next.partial = silent.partial
        let nearer = try verdict(next, fails: .cut, says: " hat", attemptID: 10).end
        #expect(nearer.counts && !nearer.resetsAttempts)
        let further = try verdict(next, fails: .cut, says: " hat that came from far away too", attemptID: 10).end
        #expect(further.resetsAttempts)
    }

    @Test func whatRepeatsTheKeptTextSoFarLeavesItAsItIs() throws {
        let long = "The quick brown fox jumps over the lazy dog and far away "
        let silent = try verdict(
            job(partial: long, counted: 4), fails: .cut, says: "The quick brown fox jumps over the")
        #expect(silent.end.partial?.answer.text == long)
        #expect(isFailed(silent.end))
    }

    private func job(partial text: String? = nil, counted: Int = 0, options: String = "") -> Job {
        let partial = text.map { text in
            StoredPartial(
                attemptID: 7,
                answer: PartialAnswer(
                    choices: [PartialAnswer.Choice(index: 0, text: text)], contentDeltaCount: 3),
                seams: [Seam(attemptID: 7, choice: 0, kept: text.unicodeScalars.count)])
        }
        return Job(
            id: 1, customID: "a", source: "a", line: 1, provider: "lab", model: "m", requestSHA256: "a",
            request: Array(#"{"prompt": "p", "options": {\#(options)}}"#.utf8), attempts: counted,
            attemptCount: counted, partial: partial)
    }

    @Test func anEndThatBringsNothingNewCountsWhateverIsKept() throws {
        let kept = String(repeating: "one two ", count: 10) + "three"
        let end = try verdict(job(partial: kept), fails: .cut).end
        #expect(end.counts)
        #expect(!end.resetsAttempts)
        #expect(end.partial?.answer.text == kept)
    }

    @Test func theSecondEndWithoutAFinishReasonThatBringsNothingIsTheAnswers() throws {
        let code = LLMError.withoutFinishReasonCode
        let kept = String(repeating: "one two ", count: 10) + "three"
        let first = try verdict(fails: .cut, code: code, says: kept)
        #expect(first.end.partial?.lacksFinishReason == true)
        var job = job(partial: kept)
        // Another end before says nothing of this one.
        #expect(records(try verdict(job, fails: .cut, code: code).end).isEmpty)
        job.partial?.lacksFinishReason = true
        #expect(records(try verdict(job, fails: .cut).end).isEmpty)
        let second = try verdict(job, fails: .cut, code: code).end
        let record = try #require(records(second).first)
        #expect(record.choice.finishReason == .unknown)
        // With the last word, which the request left out.
        #expect(record.choice.content == kept)
        #expect(record.seams == [Seam(attemptID: 7, choice: 0, kept: kept.unicodeScalars.count)])
        // That one did is kept from attempt to attempt, and in the row.
        let other = try #require(try verdict(job, fails: .cut, says: " three four").end.partial)
        #expect(other.lacksFinishReason)
        #expect(StoredPartial(attemptID: 9, json: other.json)?.lacksFinishReason == true)
    }

    private func verdict(
        _ job: Job? = nil, fails kind: ErrorKind? = nil, code: String? = nil, says text: String = "",
        usage: TokenUsage? = nil,
        isStale: Bool = false, isRefused: Bool = false, repeats: Int = 0, fraction: Double = 0, attemptID: Int64 = 9,
        endpoint: String? = nil
    ) throws -> AttemptVerdict {
        let job = job ?? self.job()
        let plan = ResumePlan.make(
            partial: job.partial, content: try JobRequest(stored: job.request).content, model: "m",
            provider: Provider(name: "lab", resume: .assistant), policy: .auto, isRefused: isRefused)
        var accumulator = StreamingAccumulator(dialect: .openAIChat)
        if !text.isEmpty { accumulator.add(StreamedChunk(.text, text)) }
        if let usage { accumulator.add(StreamedChunk(.usage, JSON.object(usage.raw).text)) }
        if kind == nil { accumulator.add(StreamedChunk(.finish, "stop")) }
        var result = StreamResult(
            outcome: try kind.map { .failed(LLMError($0, "on purpose", code: code)) }
                ?? .completed(accumulator.completion(isComplete: true)), accumulator: accumulator)
        result.isStaleConnection = isStale
        return AttemptVerdict(
            job: job, plan: plan, attemptID: attemptID, result: result, policy: RetryPolicy(), endpoint: endpoint,
            repeats: repeats, fraction: fraction, now: Self.now)
    }

    private func records(_ end: AttemptEnd) -> [CompletionRecord] {
        if case .completed(let records) = end.transition { records } else { [] }
    }

    private func waiting(_ end: AttemptEnd) -> (until: Int64?, hasPartial: Bool)? {
        if case .waiting(let until, let hasPartial) = end.transition { (until, hasPartial) } else { nil }
    }

    private func isFailed(_ end: AttemptEnd) -> Bool {
        if case .failed = end.transition { end.counts && !end.resetsAttempts } else { false }
    }
}

extension TokenUsage {
    fileprivate init(raw: JSON) { self.init(raw: raw.object ?? JSONObject()) }
}
