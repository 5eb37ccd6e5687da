import AnswerChecks
package import LLMStreaming

/// What an attempt's result means for its job: a pure function of both, the retry policy and a random number.
package struct AttemptVerdict: Sendable {
    /// What is to be stored.
    package internal(set) var end: AttemptEnd
    /// What follows for the run.
    package internal(set) var consequence = Consequence.none
    /// A stream that its server keeps and that nobody will ask for again: the server is to be told.
    package private(set) var abandoned: ReplayCursor?

    /// What follows from an attempt beside the new state of its job.
    package enum Consequence: Sendable, Equatable {
        case none
        /// Another attempt follows at once: this one does not count.
        case repeats
        /// The same, since the provider refused to go on from partial text: that is not asked again for this model in
        /// this run.
        case repeatsWithoutPrefill
        /// The provider gets no more requests: why.
        case stopsProvider(String)
        /// The model gets no more requests: why.
        case stopsModel(String)
    }

    /// The most attempts in a row over stale connections, or of paused turns, that are repeated at once; after them
    /// something else is wrong.
    static let maximumRepeats = 8

    /// Has the job, whose user has cancelled it, attempted no more; an answer that is whole stays one.
    package mutating func cancel() {
        switch end.transition {
        case .completed, .failed, .cancelled: return
        case .waiting: break
        }
        if end.error?.kind == .cancelled { end.status = .cancelled }
        end.transition = .cancelled
        end.counts = false
        consequence = isRepeated ? .none : consequence
        abandoned = end.partial?.cursor ?? abandoned
        end.partial?.cursor = nil
    }

    /// Whether another attempt follows at once.
    package var isRepeated: Bool { consequence == .repeats || consequence == .repeatsWithoutPrefill }

    /// The verdict.
    ///
    /// - Parameters:
    ///   - job: the job as it was when the attempt began; its request is not looked at.
    ///   - kept: where the attempt's stream began, if its server was to keep it.
    ///   - isEcho: whether the provider begins every continuation with the text that was sent along.
    ///   - endpoint: where it was sent; nil where that is not known.
    ///   - repeats: how many attempts just before this one were repeated at once.
    ///   - circumstances: what is known of its job before and of its provider now.
    ///   - fraction: a random number from 0 to 1, for the jitter.
    ///   - now: Unix milliseconds.
    ///   - rules: what the answer is judged by; nil where any is taken.
    ///   - stop: why its stream was closed by us; nil where it was not.
    init(
        job: Job, plan: ResumePlan, attemptID: Int64, result: StreamResult, policy: RetryPolicy,
        kept: ReplayCursor? = nil, isEcho: Bool = false, endpoint: String? = nil, repeats: Int = 0,
        circumstances: RetryCircumstances = RetryCircumstances(), fraction: Double, now: Int64, rules: AnswerRules?,
        stop: AnswerWatch.Stop?
    ) {
        end = AttemptEnd(
            attemptID: attemptID, jobID: job.id, status: .completed, counts: true, result: result, error: nil,
            partial: nil, transition: .failed, endedMilliseconds: now)
        let base = plan.goesOn ? job.partial : nil
        var attempt = AnswerJoiner.Attempt(
            id: attemptID, strategy: plan.strategy, prefixScalars: plan.prefixScalars, own: result.partial,
            cursor: result.cursor, responseID: result.responseID, model: result.model,
            reportedTokens: result.usage?.completionTokens, isEcho: isEcho, endpoint: endpoint)
        attempt.isNamedFirst = result.isNamedFirst && job.partial?.cursor?.form == .response
        switch Self.outcome(result, job, plan) {
        case .completed(let completion):
            if case .completed = result.outcome { attempt.isWhole = true }
            end.result.outcome = .completed(completion)
            let joined = JoinedCompletion(completion, onto: base, attempt)
            end.overlapScalars = joined.overlapScalars
            end.result.responseID = joined.completion.id
            switch AnswerTrial(of: joined.completion, as: joined.records, job: job, by: rules) {
            case .taken(let records): end.transition = .completed(records)
            case .rejected(let rejection):
                reject(rejection, of: job, rules, partial: AnswerJoiner.join(attempt, onto: base).partial)
            }
        case .failed(let error):
            let (partial, overlap) = AnswerJoiner.join(attempt, onto: base)
            end.overlapScalars = overlap
            if let rejection = AnswerRejection(after: error, stop, by: rules) {
                reject(rejection, of: job, rules, partial: partial)
                abandoned = partial.cursor ?? kept
                return
            }
            fail(error, of: job, plan: plan, partial: partial, base: base, start: kept)
            if error.kind == .cancelled {
                end.counts = false
            } else if rules?.sendsSchema == true, error.refusesSchema {
                end.counts = false
                consequence = .stopsModel("it refuses the schema: \(error.message)")
            } else if let repetition = repetition(after: error, plan, repeats) {
                (consequence, end.counts) = (repetition, false)
            } else if plan.isPoll, error.kind == .cut, let polls = end.partial?.pollCount {
                end.counts = false
                let wait = KeptStream.wait(afterPolls: polls)
                end.transition = .waiting(
                    until: now.addingClamped(wait.wholeMilliseconds), hasPartial: hasText(job))
            } else {
                let furthest = job.partial?.furthestScalars ?? 0
                let isLonger = Self.isGoneOnFrom(partial, plan) && partial.furthestScalars > furthest
                let decision = policy.decide(
                    error, countedBefore: job.attempts, attempts: job.attemptCount + 1, isLonger: isLonger,
                    circumstances: circumstances, fraction: fraction)
                follow(decision, after: error, hasText: hasText(job), circumstances: circumstances)
            }
            if case .failed = end.transition, !isRepeated, let cursor = end.partial?.cursor {
                abandoned = cursor
                end.partial?.cursor = nil
            }
        }
    }

    /// The verdict that an end says.
    init(_ end: AttemptEnd) { self.end = end }

    /// The verdict on a stored request that cannot be sent: its job fails, and its attempt says why.
    package init(job: Job, attemptID: Int64, unsendable error: LLMError, now: Int64) {
        end = AttemptEnd(
            attemptID: attemptID, jobID: job.id, status: .failed, counts: true,
            result: StreamResult(outcome: .failed(error)), error: error, partial: nil, transition: .failed,
            endedMilliseconds: now)
    }

    /// How the attempt ended.
    ///
    /// An attempt that went on from kept text, brought nothing and ended with `[DONE]` and without a finish reason, as
    /// one before it did, says that the kept text is the answer.
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

    /// How the attempt is repeated at once; nil where it is not.
    private func repetition(after error: LLMError, _ plan: ResumePlan, _ repeats: Int) -> Consequence? {
        if repeats < Self.maximumRepeats {
            if end.result.isStaleConnection { return .repeats }
            // Not a failure: the provider asks for another request.
            if error.code == "pause_turn", end.partial?.answer.pausedTurn != nil { return .repeats }
        }
        switch plan.strategy {
        case .prefill: return error.kind == .invalidRequest ? .repeatsWithoutPrefill : nil
        case .replay: return isStreamGivenUp(plan) ? .repeats : nil
        case .continue, .restart, .turn, nil: return nil
        }
    }

    /// Notes what is left of an attempt that failed.
    private mutating func fail(
        _ error: LLMError, of job: Job, plan: ResumePlan, partial: StoredPartial, base: StoredPartial?,
        start: ReplayCursor?
    ) {
        var kept = partial
        kept.furthestScalars = max(job.partial?.furthestScalars ?? 0, kept.furthestScalars)
        kept.lacksFinishReason =
            job.partial?.lacksFinishReason == true || error.code == LLMError.withoutFinishReasonCode
        // A replay may bring nothing new, or the beginning again.
        let isEmptyReplay =
            plan.strategy == .replay
            && (end.result.partial.isEmpty || !plan.isPoll && kept.answer == base?.answer)
        let stream = KeptStream(
            error, result: end.result, kept: kept, isReplayed: plan.strategy == .replay, broughtNothing: isEmptyReplay)
        abandoned = stream.note(
            in: &kept, isIncompletePoll: plan.isPoll && error.kind == .cut, isEmptyReplay: isEmptyReplay,
            isAnswered: end.result.httpStatus != nil)
        // A stream with a name of ours may run although nothing of it has come.
        if let start, start.form == .conversation, kept.cursor == nil, abandoned == nil, error.kind != .cancelled,
            end.result.httpStatus != nil || error.kind == .timeoutFirstToken
        {
            abandoned = start
        }
        // A cursor that is gone must not be found in an older attempt.
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

    /// Whether text of the answer is kept, from this attempt or an earlier one.
    private func hasText(_ job: Job) -> Bool {
        guard let partial = end.partial ?? job.partial else { return false }
        return !partial.answer.isEmpty
    }

    /// Notes what follows by the retry policy.
    private mutating func follow(
        _ decision: RetryPolicy.Decision, after error: LLMError, hasText: Bool, circumstances: RetryCircumstances
    ) {
        switch decision {
        case .retry(let wait, let cost):
            end.counts = cost == .attempt
            end.resetsAttempts = cost == .startsAnew
            end.transition = .waiting(
                until: end.endedMilliseconds.addingClamped(wait.wholeMilliseconds), hasPartial: hasText)
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
            consequence = .stopsProvider(error.message)
        case .stopModel:
            end.counts = false
            consequence = .stopsModel(circumstances.isTierGivenUp ? error.givenUp : error.message)
        }
    }

    /// Whether the next attempt goes on from what is kept now, and this one did not begin anew.
    private static func isGoneOnFrom(_ kept: StoredPartial, _ plan: ResumePlan) -> Bool {
        let isAnew =
            plan.strategy != nil && plan.strategy != .replay && kept.seams.first?.attemptID == kept.attemptID
        return !isAnew && plan.rules.choice(for: kept).strategy != .restart
    }
}

extension LLMError {
    /// The message about a full tier that is waited for no longer.
    fileprivate var givenUp: String { "\(message) (and had none for as long as an outage is waited for)" }
}
