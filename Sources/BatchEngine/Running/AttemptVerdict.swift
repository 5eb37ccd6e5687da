package import LLMStreaming

/// What an attempt's result means for its job: a pure function of both, the retry policy and a random number.
package struct AttemptVerdict: Sendable {
    /// What is to be stored.
    package private(set) var end: AttemptEnd
    /// Whether another attempt follows at once: this one does not count.
    package private(set) var isRepeated = false
    /// Whether the provider refused to go on from partial text: not to be tried again for this model in this run.
    package private(set) var isPrefillRefused = false
    /// Why the provider gets no more requests; nil where it does.
    package private(set) var stopsProvider: String?

    /// So many tries in a row over stale connections are repeated at once; then something else is wrong.
    static let maximumRepeats = 8

    /// The verdict.
    ///
    /// - Parameters:
    ///   - job: the job as it was when the attempt began; its request is not looked at.
    ///   - repeats: how many attempts just before this one were repeated at once.
    ///   - fraction: a random number from 0 to 1, for the jitter.
    ///   - now: Unix milliseconds.
    package init(
        job: Job, plan: ResumePlan, attemptID: Int64, result: StreamResult, policy: RetryPolicy, repeats: Int = 0,
        fraction: Double, now: Int64
    ) {
        end = AttemptEnd(
            attemptID: attemptID, jobID: job.id, status: .completed, counts: true, result: result, error: nil,
            partial: nil, transition: .failed, endedMilliseconds: now)
        let base = plan.prefix == nil ? nil : job.partial
        switch result.outcome {
        case .completed(let completion):
            let joined = JoinedCompletion(
                completion, onto: base, plan: plan, attemptID: attemptID, own: result.partial)
            end.overlapScalars = joined.overlapScalars
            end.transition = .completed(Self.records(joined))
        case .failed(let error):
            var (kept, overlap) = AnswerJoiner.join(
                base: base, prefixScalars: plan.prefixScalars, strategy: plan.strategy, attemptID: attemptID,
                own: result.partial, reportedTokens: result.usage?.completionTokens)
            let furthest = job.partial?.furthestScalars ?? 0
            let isLonger = Self.isGoneOnFrom(kept, plan) && kept.furthestScalars > furthest
            kept.furthestScalars = max(furthest, kept.furthestScalars)
            end.overlapScalars = overlap
            end.partial = kept.answer.isEmpty ? nil : kept
            end.error = error
            end.status = result.partial.isEmpty ? .failed : .interrupted
            end.transition = .waiting(until: nil, hasPartial: end.partial != nil || job.partial != nil)
            if error.kind == .cancelled {
                (end.status, end.counts) = (.interrupted, false)
            } else if result.isStaleConnection, repeats < Self.maximumRepeats {
                (isRepeated, end.counts) = (true, false)
            } else if plan.strategy == .prefill, error.kind == .invalidRequest {
                (isRepeated, isPrefillRefused, end.counts) = (true, true, false)
            } else {
                decide(error, job, policy, isLonger, fraction)
            }
        }
    }

    /// The verdict on a stored request that cannot be sent: its job fails, and its attempt says why.
    package init(job: Job, attemptID: Int64, unsendable error: LLMError, now: Int64) {
        end = AttemptEnd(
            attemptID: attemptID, jobID: job.id, status: .failed, counts: true,
            result: StreamResult(outcome: .failed(error)), error: error, partial: nil, transition: .failed,
            endedMilliseconds: now)
    }

    private mutating func decide(
        _ error: LLMError, _ job: Job, _ policy: RetryPolicy, _ isLonger: Bool, _ fraction: Double
    ) {
        let decision = policy.decide(
            error, countedBefore: job.attempts, attempts: job.attemptCount + 1, isLonger: isLonger, fraction: fraction)
        switch decision {
        case .retry(let wait, let cost):
            end.counts = cost == .attempt
            end.resetsAttempts = cost == .startsAnew
            let hasPartial = end.partial != nil || job.partial != nil
            end.transition = .waiting(
                until: end.endedMilliseconds + wait.wholeMilliseconds, hasPartial: hasPartial)
        case .fail: end.transition = .failed
        case .stopProvider:
            end.counts = false
            stopsProvider = error.message
        }
    }

    /// Whether the next attempt goes on from what is kept now, and this one did not begin anew.
    private static func isGoneOnFrom(_ kept: StoredPartial, _ plan: ResumePlan) -> Bool {
        let isAnew = plan.strategy != nil && kept.seams.first?.attemptID == kept.attemptID
        return !isAnew && plan.obstacle == nil && ResumeObstacle.ofAnswer(kept.answer) == nil
    }

    private static func records(_ joined: JoinedCompletion) -> [CompletionRecord] {
        var usage = joined.completion.usage
        var source: CompletionRecord.UsageSource = usage == nil ? .none : .provider
        if let kept = joined.baseTokens, let reported = usage {
            // The report is of the continuation: its prompt holds the kept text, its output lacks it.
            usage?.promptTokens = reported.promptTokens.map { max(0, $0 - kept) }
            usage?.completionTokens = reported.completionTokens.map { $0 + kept }
            source = .mixed
        }
        return joined.completion.choices.map { choice in
            CompletionRecord(
                choice: choice, responseID: joined.completion.id, model: joined.completion.model, usage: usage,
                usageSource: source, seams: joined.seams.filter { $0.choice == choice.index })
        }
    }
}
