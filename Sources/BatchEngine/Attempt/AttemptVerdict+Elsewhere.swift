import LLMStreaming

// A job whose attempt failed at one endpoint may be wanted at another.
extension AttemptVerdict {
    /// Has the job, which waits for another attempt, go to another endpoint soon: how long this one is to be left alone is
    /// of no concern there.
    mutating func goElsewhere(within longest: Duration) {
        guard case .waiting(let until, let hasPartial) = end.transition else { return }
        if consequence != .none {
            end.transition = .waiting(until: end.endedMilliseconds, hasPartial: hasPartial)
        } else if let until, end.partial?.cursor == nil {
            let soon = end.endedMilliseconds.addingClamped(longest.wholeMilliseconds)
            end.transition = .waiting(until: min(until, soon), hasPartial: hasPartial)
        }
    }
}
