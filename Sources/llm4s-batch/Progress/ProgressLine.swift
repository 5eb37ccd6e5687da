import BatchEngine
import LLMStreaming

/// The text of a run's progress: done, failed, running, waiting and why, tokens a second, time left (SPEC 7).
struct ProgressLine {
    /// The jobs in scope that were left when the run began.
    var total: Int
    /// Jobs a second, smoothed; nil until one has ended.
    var jobsPerSecond: Double?
    /// Output tokens a second, smoothed.
    var tokensPerSecond: Double

    /// The line for a snapshot; `now` in Unix milliseconds.
    func text(_ snapshot: RunSnapshot, now: Int64) -> String {
        var parts = ["\(snapshot.completed) of \(total) done"]
        if snapshot.failed > 0 { parts.append("\(snapshot.failed) failed") }
        parts.append("\(snapshot.running) running")
        if snapshot.waiting > 0 { parts.append(waiting(snapshot, now)) }
        parts += waits(snapshot, now)
        for (provider, reason) in snapshot.stoppedProviders.sorted(by: { $0.key < $1.key }) {
            parts.append("\(provider) stopped: \(TerminalText.line(reason, limit: 60))")
        }
        parts.append("\(Self.count(Int(tokensPerSecond.rounded()))) tokens/s")
        if let cost = snapshot.costUSD { parts.append(Self.cost(cost)) }
        if let left = timeLeft(snapshot, now) { parts.append(left) }
        return parts.joined(separator: " · ")
    }

    /// The line with a bar before it, for a terminal of a width in characters.
    func bar(_ snapshot: RunSnapshot, now: Int64, width: Int) -> String {
        let ended = snapshot.completed + snapshot.failed
        let part = total > 0 ? Double(ended) / Double(total) : 0
        var parts = ["\(Self.count(ended))/\(Self.count(total))"]
        if snapshot.failed > 0 { parts.append("\(Self.count(snapshot.failed)) failed") }
        // What keeps the run from going on comes before what it does: the end of a long line is cut.
        for name in snapshot.stoppedProviders.keys.sorted() { parts.append("\(name) stopped") }
        let waits = waits(snapshot, now)
        if snapshot.running == 0 { parts += waits }
        if let left = timeLeft(snapshot, now) { parts.append(left) }
        if snapshot.running > 0 {
            parts.append("\(Self.count(snapshot.running)) open")
            parts.append("\(Self.count(Int(tokensPerSecond.rounded()))) tokens/s")
        }
        if let cost = snapshot.costUSD { parts.append(Self.cost(cost)) }
        if snapshot.running > 0 { parts += waits }
        if snapshot.waiting > 0 { parts.append(waiting(snapshot, now)) }
        let percent = String(Int(min(1, part) * 100))
        let head =
            ProgressBar.text(part, width: min(24, max(8, width / 5)))
            + String(repeating: " ", count: 4 - percent.count) + percent + " % "
        return head + TerminalText.line(parts.joined(separator: " · "), limit: max(0, width - head.count))
    }

    /// The time until all is done at the rate of late, or until a wait is over that is longer.
    private func timeLeft(_ snapshot: RunSnapshot, _ now: Int64) -> String? {
        let ended = snapshot.completed + snapshot.failed
        guard ended < total else { return nil }
        var times = (snapshot.waits.map(\.untilMilliseconds) + [snapshot.nextDueMilliseconds]).compactMap { until in
            until.map { (Double($0) - Double(now)) / 1000 }
        }
        // While everybody waits the rate tells nothing.
        if let jobsPerSecond, jobsPerSecond > 0, Double(total - ended) / jobsPerSecond < 1_000_000 {
            times.append(Double(total - ended) / jobsPerSecond)
        } else {
            times.removeAll { $0 < 60 }
        }
        return times.max().flatMap { $0 > 0 ? "\(Self.duration($0)) left" : nil }
    }

    /// What jobs that could be sent wait for, but for free streams, which is the rule.
    private func waits(_ snapshot: RunSnapshot, _ now: Int64) -> [String] {
        snapshot.waits.filter { $0.reason != .width || $0.limit != nil }.map { wait in
            if let limit = wait.limit { return "\(wait.name) \(Self.limit(limit, wait.reason.text))" }
            let time = wait.untilMilliseconds.map { " \(Self.duration(Double(max(0, $0 - now)) / 1000))" } ?? ""
            return "\(wait.name) waits\(time) for \(wait.reason.text)"
        }
    }

    /// What bounds streams: `limited to 59 by refusals, 31 of them silent for 2 min 10 s`.
    ///
    /// - Parameters:
    ///   - limit: how many there may be.
    ///   - reason: the words for what is waited for.
    static func limit(_ limit: StreamLimit, _ reason: String) -> String {
        let cause = reason == WaitReason.width.text ? "the concurrency that is set" : "refusals"
        let silent = "\(count(limit.silent)) of them silent for \(duration(Double(limit.silentSeconds)))"
        return "limited to \(count(limit.streams)) by \(cause)" + (limit.silent > 0 ? ", \(silent)" : "")
    }

    /// How many answers a sum of costs leaves out; nothing where it has all.
    static func unpriced(_ answers: Int) -> String {
        answers > 0 ? " (\(InputReport.plural(answers, "answer")) without a price)" : ""
    }

    /// What something cost: an amount of money, or `free`.
    static func cost(_ value: Double) -> String { value == 0 ? "free" : dollars(value) }

    /// An amount of money with as many digits as tell something: two of what is less than a cent.
    static func dollars(_ value: Double) -> String {
        guard value > 0, value < 0.01 else { return "$\(value.rounded(to: value < 1 ? 4 : 2))" }
        var (digits, part) = (2, value * 100)
        while part < 10, digits < 12 { (digits, part) = (digits + 1, part * 10) }
        let number = String(Int(part.rounded()))
        if number == "0" { return "less than $0.000000000001" }
        var text = String(repeating: "0", count: max(0, digits - number.count)) + number
        while text.hasSuffix("0") { text.removeLast() }
        return "$0.\(text)"
    }

    private func waiting(_ snapshot: RunSnapshot, _ now: Int64) -> String {
        var text = "\(snapshot.waiting) waiting"
        if let kind = snapshot.waitingFor { text += " (\(kind.rawValue)" } else { text += " (retry" }
        if let due = snapshot.nextDueMilliseconds, due > now {
            text += ", next in \(Self.duration(Double(due - now) / 1000))"
        }
        return text + ")"
    }

    /// A count with thousands apart.
    static func count(_ value: Int) -> String {
        var digits = String(value.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// A duration in seconds, as people write it: `8 s`, `3 min 20 s`, `2 h 5 min`.
    static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded(.up).clamped(to: 0...1e9))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}
