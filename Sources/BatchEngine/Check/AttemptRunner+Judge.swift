import LLMStreaming

extension AttemptRunner {
    /// Has the user's program judge an answer that is right as far as we know.
    ///
    /// It is stored whole first, and judged by an attempt of its own: a program may take its time, and a process die.
    @inline(never)
    func ask(_ judge: any AnswerJudge, about attempt: RunningAttempt) async {
        guard let records = attempt.verdict?.unjudged else { return }
        let job = attempt.job
        guard job.partial?.whole.isEmpty == false else {
            attempt.rejudge { $0.postpone(records, isNext: true) }
            return
        }
        do {
            let metadata = try await store.metadata(of: job.id)
            // The user's word may have come since the answer was taken.
            if state.admission.cancelled.contains(job.id) { throw JudgeFault.cancelled }
            let answer = JudgedAnswer(
                customID: job.customID, choices: records.map(\.choice), metadata: metadata)
            hear(try await judge.judge(answer), of: records, attempt)
        } catch let fault as JudgeFault {
            hear(fault, of: records, attempt)
        } catch {
            attempt.rejudge { $0.postpone(records) }
            state.storeDidFail("\(error)")
        }
    }

    @inline(never)
    private func hear(_ word: JudgeWord, of records: [CompletionRecord], _ attempt: RunningAttempt) {
        switch word {
        case .right: attempt.rejudge { $0.take(records) }
        case .wrong(let reason):
            attempt.rejudge { $0.reject(reason, of: records, job: attempt.job, attempt.rules) }
        }
        cancelIfAsked(attempt)
    }

    @inline(never)
    private func hear(_ fault: JudgeFault, of records: [CompletionRecord], _ attempt: RunningAttempt) {
        switch fault {
        case .late: attempt.rejudge { $0.giveUpJudging(records, after: state.configuration.answers.judgeTimeout) }
        case .cancelled: attempt.rejudge { $0.postpone(records) }
        case .over(let reason):
            attempt.rejudge { $0.postpone(records) }
            state.stop.endIntake(.judgeFailed(reason))
            state.signal.signal()
        }
        cancelIfAsked(attempt)
    }

    private func cancelIfAsked(_ attempt: RunningAttempt) {
        if state.admission.cancelled.contains(attempt.job.id) { attempt.rejudge { $0.cancel() } }
    }
}
