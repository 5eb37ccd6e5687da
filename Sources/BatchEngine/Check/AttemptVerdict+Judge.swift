import AnswerChecks
import LLMStreaming

/// What the word of the user's program makes of an answer that is right as far as we know.
extension AttemptVerdict {
    /// The rows of the answer that a program is to judge; nil where there is none, or one that was wrong and is kept.
    var unjudged: [CompletionRecord]? {
        guard case .completed(let records) = end.transition, records.first?.check != .failed else { return nil }
        return records
    }

    /// Notes that the program took the answer.
    mutating func take(_ records: [CompletionRecord]) {
        end.transition = .completed(
            records.map { record in
                var record = record
                record.check = record.check ?? .ok
                return record
            })
    }

    /// Notes that the program said no, and why.
    mutating func reject(_ reason: String, of records: [CompletionRecord], job: Job, _ rules: AnswerRules?) {
        guard rules?.policy.onInvalid != .keep else {
            end.transition = .completed(
                records.map { record in
                    var record = record
                    record.check = .failed
                    var report = record.checkReport ?? JSONObject()
                    report["reason"] = .string(reason)
                    record.checkReport = report
                    return record
                })
            return
        }
        var partial = kept(records)
        partial.whole = []
        reject(.byProgram(reason), of: job, rules, partial: partial)
    }

    /// Notes that the program said nothing in time: the job fails, and retry has the answer judged.
    mutating func giveUpJudging(_ records: [CompletionRecord], after time: Duration) {
        end.partial = kept(records)
        end.error = LLMError(
            .timeoutCheck, "the check program has not judged the answer in \(time.wholeMilliseconds / 1000) s")
        (end.status, end.counts) = (.failed, false)
        end.transition = .failed
    }

    /// Keeps the answer whole until somebody can judge it: nothing of it is asked for again.
    ///
    /// - Parameter isNext: whether it is to be judged at once, once it is stored.
    mutating func postpone(_ records: [CompletionRecord], isNext: Bool = false) {
        end.partial = kept(records)
        end.error = nil
        (end.status, end.counts) = (.interrupted, false)
        end.transition = .waiting(until: nil, hasPartial: true)
        if isNext { consequence = .repeats }
    }

    private func kept(_ records: [CompletionRecord]) -> StoredPartial {
        let choices = records.map(\.choice).map { choice in
            PartialAnswer.Choice(
                index: choice.index, text: choice.content, reasoning: choice.reasoning ?? "",
                refusal: choice.refusal ?? "", toolCalls: choice.toolCalls, hasToolCall: !choice.toolCalls.isEmpty)
        }
        var partial = StoredPartial(
            attemptID: end.attemptID,
            answer: PartialAnswer(choices: choices, contentDeltaCount: end.result.partial.contentDeltaCount),
            seams: records.flatMap(\.seams))
        partial.whole = records
        return partial
    }

    /// The verdict on an answer that was kept whole, by the check that holds now and before the program's word.
    ///
    /// - Parameter attemptID: of the attempt that judges it and asks nobody.
    init(
        judging records: [CompletionRecord], of job: Job, by rules: AnswerRules?, attemptID: Int64, now: Int64
    ) {
        let completion = Completion(records)
        var result = StreamResult(outcome: .completed(completion))
        result.responseID = completion.id
        result.model = completion.model
        self.init(
            AttemptEnd(
                attemptID: attemptID, jobID: job.id, status: .completed, counts: true, result: result, error: nil,
                partial: nil, transition: .failed, endedMilliseconds: now))
        switch AnswerTrial(of: completion, as: records, job: job, by: rules) {
        case .taken(let records): end.transition = .completed(records)
        case .rejected(let rejection):
            var partial = kept(records)
            partial.whole = []
            reject(rejection, of: job, rules, partial: partial)
        }
    }
}
