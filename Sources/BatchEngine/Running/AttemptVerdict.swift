package import LLMStreaming

/// What an attempt's result means for its job: a pure function of both, the retry policy and a random number.
package struct AttemptVerdict: Sendable {
    /// What is to be stored.
    package internal(set) var end: AttemptEnd
    /// Whether another attempt follows at once: this one does not count.
    package private(set) var isRepeated = false
    /// Whether the provider refused to go on from partial text: not to be tried again for this model in this run.
    package private(set) var isPrefillRefused = false
    /// Why the provider gets no more requests; nil where it does.
    package private(set) var stopsProvider: String?
    /// A stream that its server keeps and that nobody will ask for again: the server is to be told.
    package private(set) var abandoned: ReplayCursor?
    /// Why the model gets no more requests; nil where it does.
    package private(set) var stopsModel: String?

    /// So many tries in a row over stale connections, or paused turns, are repeated at once; then something else is
    /// wrong.
    static let maximumRepeats = 8

    /// The verdict.
    ///
    /// - Parameters:
    ///   - job: the job as it was when the attempt began; its request is not looked at.
    ///   - kept: where the attempt's stream began, if its server was to keep it.
    ///   - isEcho: whether the provider begins every continuation with the text that was sent along.
    ///   - repeats: how many attempts just before this one were repeated at once.
    ///   - circumstances: what is known of its job before and of its provider now.
    ///   - fraction: a random number from 0 to 1, for the jitter.
    ///   - now: Unix milliseconds.
    package init(
        job: Job, plan: ResumePlan, attemptID: Int64, result: StreamResult, policy: RetryPolicy,
        kept: ReplayCursor? = nil, isEcho: Bool = false, repeats: Int = 0,
        circumstances: RetryCircumstances = RetryCircumstances(), fraction: Double, now: Int64
    ) {
        end = AttemptEnd(
            attemptID: attemptID, jobID: job.id, status: .completed, counts: true, result: result, error: nil,
            partial: nil, transition: .failed, endedMilliseconds: now)
        let base = plan.goesOn ? job.partial : nil
        var attempt = AnswerJoiner.Attempt(
            id: attemptID, strategy: plan.strategy, prefixScalars: plan.prefixScalars, own: result.partial,
            cursor: result.cursor, responseID: result.responseID, model: result.model,
            reportedTokens: result.usage?.completionTokens, isEcho: isEcho)
        attempt.isNamedFirst = result.isNamedFirst && job.partial?.cursor?.form == .response
        switch Self.outcome(result, job, plan) {
        case .completed(let completion):
            if case .completed = result.outcome { attempt.isWhole = true }
            end.result.outcome = .completed(completion)
            let joined = JoinedCompletion(completion, onto: base, attempt)
            end.overlapScalars = joined.overlapScalars
            end.result.responseID = joined.completion.id
            end.transition = .completed(Self.records(joined))
        case .failed(let error):
            let (partial, overlap) = AnswerJoiner.join(attempt, onto: base)
            end.overlapScalars = overlap
            fail(error, job, plan, partial, base, kept)
            if error.kind == .cancelled {
                end.counts = false
            } else if result.isStaleConnection, repeats < Self.maximumRepeats {
                (isRepeated, end.counts) = (true, false)
            } else if error.code == "pause_turn", end.partial?.answer.pausedTurn != nil, repeats < Self.maximumRepeats {
                // Not a failure: the provider asks for another request.
                (isRepeated, end.counts) = (true, false)
            } else if plan.strategy == .prefill, error.kind == .invalidRequest {
                (isRepeated, isPrefillRefused, end.counts) = (true, true, false)
            } else if plan.strategy == .replay, isStreamGivenUp(plan) {
                (isRepeated, end.counts) = (true, false)
            } else if plan.isPoll, error.kind == .cut, let polls = end.partial?.pollCount {
                end.counts = false
                let wait = KeptStream.wait(afterPolls: polls)
                end.transition = .waiting(
                    until: now.addingClamped(wait.wholeMilliseconds), hasPartial: hasText(job))
            } else {
                let furthest = job.partial?.furthestScalars ?? 0
                let isLonger = Self.isGoneOnFrom(partial, plan) && partial.furthestScalars > furthest
                decide(error, job, policy, isLonger, circumstances, fraction)
            }
            if case .failed = end.transition, !isRepeated, let cursor = end.partial?.cursor {
                abandoned = cursor
                end.partial?.cursor = nil
            }
        }
    }

    /// How the attempt ended.
    ///
    /// One that went on from kept text, brought nothing and ended with `[DONE]`, without a finish reason as one before it,
    /// says that the kept text is the answer.
    private static func outcome(_ result: StreamResult, _ job: Job, _ plan: ResumePlan) -> StreamResult.Outcome {
        guard case .failed(let error) = result.outcome, error.code == LLMError.withoutFinishReasonCode,
            job.partial?.lacksFinishReason == true, result.partial.isEmpty,
            plan.strategy == .prefill || plan.strategy == .continue
        else { return result.outcome }
        var answer = StreamingAccumulator(dialect: .openAIChat)
        answer.add(StreamedChunk(.finish, "[DONE]"))
        guard var completion = try? answer.completion() else { return result.outcome }
        (completion.id, completion.model, completion.usage) = (result.responseID, result.model, result.usage)
        completion.choices[0].finishReason = .unknown
        return .completed(completion)
    }

    /// Notes what is left of an attempt that failed.
    private mutating func fail(
        _ error: LLMError, _ job: Job, _ plan: ResumePlan, _ partial: StoredPartial, _ base: StoredPartial?,
        _ start: ReplayCursor?
    ) {
        var kept = partial
        // A replay that brought nothing new; be it the beginning again.
        let isEmptyReplay =
            plan.strategy == .replay
            && (end.result.partial.isEmpty || !plan.isPoll && kept.answer == base?.answer)
        kept.furthestScalars = max(job.partial?.furthestScalars ?? 0, kept.furthestScalars)
        kept.lacksFinishReason =
            job.partial?.lacksFinishReason == true || error.code == LLMError.withoutFinishReasonCode
        let stream = KeptStream(
            error, end.result, kept: kept, isReplayed: plan.strategy == .replay, broughtNothing: isEmptyReplay)
        switch stream {
        case .kept:
            if plan.isPoll, error.kind == .cut { kept.pollCount = (kept.pollCount ?? 0) + 1 }
            // One that was not answered tells nothing of the stream.
            if isEmptyReplay {
                if end.result.httpStatus != nil { kept.emptyReplays = (kept.emptyReplays ?? 0) + 1 }
            } else {
                kept.emptyReplays = nil
            }
        case .polled: kept.pollCount = 0
        case .lost(let isAlive):
            if isAlive { abandoned = kept.cursor }
            (kept.cursor, kept.pollCount) = (nil, nil)
        }
        // Named by us, it runs although nothing of it has come.
        if let start, start.form == .conversation, kept.cursor == nil, abandoned == nil, error.kind != .cancelled,
            end.result.httpStatus != nil || error.kind == .timeoutFirstToken
        {
            abandoned = start
        }
        // A cursor that is no more must not be found in an older attempt.
        end.partial = kept.isEmpty && base?.cursor == nil ? nil : kept
        end.result.responseID = kept.responseID ?? end.result.responseID
        end.error = error
        let isCancelled = error.kind == .cancelled
        let broughtNothing = end.result.partial.isEmpty && kept.cursor == nil
        end.status = broughtNothing && !isCancelled ? .failed : .interrupted
        end.transition = .waiting(until: nil, hasPartial: hasText(job))
    }

    /// Whether the stream that the attempt asked for is now had in another way, or not at all.
    private func isStreamGivenUp(_ plan: ResumePlan) -> Bool {
        guard let kept = end.partial else { return true }
        return kept.cursor == nil || !plan.isPoll && kept.pollCount != nil
    }

    /// Whether text of the answer is kept, be it of an earlier attempt.
    private func hasText(_ job: Job) -> Bool {
        guard let partial = end.partial ?? job.partial else { return false }
        return !partial.answer.isEmpty
    }

    /// The verdict on a stored request that cannot be sent: its job fails, and its attempt says why.
    package init(job: Job, attemptID: Int64, unsendable error: LLMError, now: Int64) {
        end = AttemptEnd(
            attemptID: attemptID, jobID: job.id, status: .failed, counts: true,
            result: StreamResult(outcome: .failed(error)), error: error, partial: nil, transition: .failed,
            endedMilliseconds: now)
    }

    private mutating func decide(
        _ error: LLMError, _ job: Job, _ policy: RetryPolicy, _ isLonger: Bool, _ circumstances: RetryCircumstances,
        _ fraction: Double
    ) {
        let decision = policy.decide(
            error, countedBefore: job.attempts, attempts: job.attemptCount + 1, isLonger: isLonger,
            circumstances: circumstances, fraction: fraction)
        switch decision {
        case .retry(let wait, let cost):
            end.counts = cost == .attempt
            end.resetsAttempts = cost == .startsAnew
            end.transition = .waiting(
                until: end.endedMilliseconds.addingClamped(wait.wholeMilliseconds), hasPartial: hasText(job))
        case .fail:
            end.transition = .failed
            if circumstances.isTierGivenUp { end.error?.message = error.givenUp }
            if error.kind == .rateLimit, circumstances.isOverRate {
                end.error?.message =
                    "the request seems larger than the limit of a whole minute, and was refused each time: "
                    + error.message
            }
        case .stopProvider:
            end.counts = false
            stopsProvider = error.message
        case .stopModel:
            end.counts = false
            stopsModel = circumstances.isTierGivenUp ? error.givenUp : error.message
        }
    }

    /// Whether the next attempt goes on from what is kept now, and this one did not begin anew.
    private static func isGoneOnFrom(_ kept: StoredPartial, _ plan: ResumePlan) -> Bool {
        let isAnew =
            plan.strategy != nil && plan.strategy != .replay && kept.seams.first?.attemptID == kept.attemptID
        return !isAnew && plan.rules.choice(for: kept).strategy != .restart
    }

    private static func records(_ joined: JoinedCompletion) -> [CompletionRecord] {
        var usage = joined.completion.usage
        let isTold = usage?.promptTokens != nil || usage?.completionTokens != nil
        var source: CompletionRecord.UsageSource = isTold ? .provider : .none
        if let sent = joined.sentTokens, let reported = usage {
            // The report is of the continuation: its prompt holds the kept text, its output lacks it, unless it is the
            // whole answer.
            usage?.promptTokens = reported.promptTokens.map { max(0, $0 - sent) }
            usage?.completionTokens = reported.completionTokens.map { $0 + (joined.isAlone ? 0 : sent) }
            usage?.totalTokens = nil
            source = .mixed
        }
        return joined.completion.choices.map { choice in
            CompletionRecord(
                choice: choice, responseID: joined.completion.id, model: joined.completion.model, usage: usage,
                usageSource: source, seams: joined.seams.filter { $0.choice == choice.index })
        }
    }
}

extension LLMError {
    /// What is told of a full tier that is waited for no longer.
    fileprivate var givenUp: String { "\(message) (and had none for as long as an outage is waited for)" }
}
