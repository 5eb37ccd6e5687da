// What the end of a trial means for the width, and for the next one.
extension WidthFinder {
    /// Follows from what another width brought.
    mutating func end(_ trial: WidthTrial, _ verdict: WidthTrial.Verdict, at now: Duration) {
        // What was given may have become less meanwhile; a few still wait, as they shall, so it is not for the width.
        let isRight = trial.cause == .queue && isQueued && queue.standing <= 1.5 * mostQueued
        switch (isRight ? .kept : verdict, trial.isUp) {
        case (.kept, true): keepGrowth(trial, at: now)
        case (.refuted, true): undoGrowth(trial, at: now)
        case (.kept, false):
            reason = trial.cause == .queue ? .queue : .noGain
            end(known: trial.after)
            if trial.cause == .fall { steps.shrink(width: width, at: now) }
        case (.refuted, false):
            width = trial.from
            if trial.cause == .queue {
                queue.forgetUsual()
                (trusted, distrust) = (now + distrust, min(Self.longestDistrust, distrust * 2))
            }
            steps.settle(at: now)
            end(reference: trial.before)
        }
    }

    private mutating func keepGrowth(_ trial: WidthTrial, at now: Duration) {
        reason = .growing
        if trial.factor > 1.3, trial.part < 0.7 {
            width = trial.knee
            steps.refine()
            end(reference: trial.after)
        } else {
            steps.grow(part: trial.part, at: now)
            end(known: trial.after)
        }
    }

    private mutating func undoGrowth(_ trial: WidthTrial, at now: Duration) {
        width = trial.factor > 1.8 ? trial.knee : trial.from
        reason = .noGain
        steps.settle(at: now, isLong: wasQueued)
        if trial.answeringGain < 0.2 * trial.share {
            // No more answer: those that do are all that the server works on.
            let enough = trial.after.answering.value + queue.natural + spare
            if enough < Double(width) * 0.9 { steps.tryLower(Int(enough.rounded()), at: now) }
        } else if trial.gain < 0.02 {
            steps.noteFlat(width: width, isLoss: trial.gain < -0.03, at: now)
        }
        end(reference: trial.before)
    }
}
