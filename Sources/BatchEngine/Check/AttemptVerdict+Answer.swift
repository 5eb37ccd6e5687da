import AnswerChecks
package import LLMStreaming

extension AttemptVerdict {
    /// The verdict where any answer is taken.
    package init(
        job: Job, plan: ResumePlan, attemptID: Int64, result: StreamResult, policy: RetryPolicy,
        kept: ReplayCursor? = nil, isEcho: Bool = false, endpoint: String? = nil, repeats: Int = 0,
        circumstances: RetryCircumstances = RetryCircumstances(), fraction: Double, now: Int64
    ) {
        self.init(
            job: job, plan: plan, attemptID: attemptID, result: result, policy: policy, kept: kept, isEcho: isEcho,
            endpoint: endpoint, repeats: repeats, circumstances: circumstances, fraction: fraction, now: now,
            rules: nil, stop: nil)
    }

    /// Notes an answer that is not taken, and whether its request is sent again.
    mutating func reject(
        _ rejection: AnswerRejection, of job: Job, _ rules: AnswerRules?, partial: StoredPartial
    ) {
        var kept = partial
        // Nothing goes on from it.
        (kept.cursor, kept.pollCount) = (nil, nil)
        end.partial = kept.isEmpty ? nil : kept
        end.error = rejection.error
        end.status = .failed
        end.counts = false
        // By its time: it waits for its turn as any other that is sent again, and nothing is sent past a limit.
        end.transition =
            rules?.repeats(rejection, of: job, answer: kept.answer) == true
            ? .waiting(until: end.endedMilliseconds, hasPartial: false) : .failed
    }
}
