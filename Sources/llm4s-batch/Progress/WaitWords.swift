import BatchEngine

/// What is waited for, in the words of the bar, the progress lines, the log and `status`; the page's are the same.
enum WaitWords {
    /// `mock waits for rate limit, 17 s`, or `mock is limited to 59 by refusals, 31 of them silent for 2 min 10 s`.
    ///
    /// - Parameters:
    ///   - name: of a provider, or of a model as `provider/model`.
    ///   - reason: the words for what is waited for.
    ///   - seconds: until it is over; nil where it ends with something that is under way.
    ///   - limit: how many streams may be open, where they are what is waited for.
    static func text(_ name: String, _ reason: String, _ seconds: Double?, _ limit: StreamLimit?) -> String {
        let name = TerminalText.line(name, limit: 80)
        if let limit { return "\(name) is \(text(limit, reason))" }
        return "\(name) waits for \(reason)" + (seconds.map { ", \(FigureText.duration(max(0, $0)))" } ?? "")
    }

    /// What bounds streams: `limited to 59 by refusals, 31 of them silent for 2 min 10 s`.
    static func text(_ limit: StreamLimit, _ reason: String) -> String {
        let cause = reason == WaitReason.concurrency.text ? "the concurrency that is set" : "refusals"
        let silent = "\(limit.silent.grouped) of them silent for \(FigureText.duration(Double(limit.silentSeconds)))"
        return "limited to \(limit.streams.grouped) by \(cause)" + (limit.silent > 0 ? ", \(silent)" : "")
    }

    /// `3 jobs of mock wait for another attempt after rate_limit, the next in 19 s`.
    ///
    /// - Parameters:
    ///   - count: of the jobs.
    ///   - provider: theirs; nil for any.
    ///   - kind: of the error that the last of them had; nil where none is known.
    ///   - seconds: until the first of them is due; nil where that is not known.
    static func retries(_ count: Int, of provider: String?, after kind: String?, in seconds: Double?) -> String {
        let whose = provider.map { " of \(TerminalText.line($0, limit: 60))" } ?? ""
        let next = seconds.map { ", the next in \(FigureText.duration(max(0, $0)))" } ?? ""
        return "\(count.counted("job"))\(whose) \(count == 1 ? "waits" : "wait") for another attempt"
            + (kind.map { " after \($0)" } ?? "") + next
    }
}
