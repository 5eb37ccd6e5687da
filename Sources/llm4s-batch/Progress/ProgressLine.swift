import BatchEngine
import LLMStreaming

/// The text of a run's progress: done, failed, running, waiting and why, tokens a second, time left.
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
        if snapshot.cancelled > 0 { parts.append("\(snapshot.cancelled) cancelled") }
        parts.append("\(snapshot.running) running")
        if let checks = CheckWords.short(snapshot) { parts.append(checks) }
        if snapshot.waiting > 0 { parts.append(waiting(snapshot, now)) }
        parts += waits(snapshot, now)
        for (provider, reason) in snapshot.stoppedProviders.sorted(by: { $0.key < $1.key }) {
            parts.append("\(provider) stopped: \(TerminalText.line(reason, limit: 60))")
        }
        parts.append("\(Int(tokensPerSecond.rounded()).grouped) tokens/s")
        if let cost = snapshot.costUSD { parts.append(FigureText.cost(cost)) }
        if let left = timeLeft(snapshot, now) { parts.append(left) }
        return parts.joined(separator: " · ")
    }

    /// The line with a bar before it, for a terminal of a width in characters.
    func bar(_ snapshot: RunSnapshot, now: Int64, width: Int) -> String {
        let ended = snapshot.ended
        let part = total > 0 ? Double(ended) / Double(total) : 0
        var parts = ["\(ended.grouped)/\(total.grouped)"]
        if snapshot.isPaused { parts.append(Self.paused) }
        if snapshot.failed > 0 { parts.append("\(snapshot.failed.grouped) failed") }
        // What keeps the run from going on comes before what it does: the end of a long line is cut.
        for name in snapshot.stoppedProviders.keys.sorted() { parts.append("\(name) stopped") }
        let waits = snapshot.isPaused ? [] : waits(snapshot, now)
        if snapshot.running == 0 { parts += waits }
        if let left = timeLeft(snapshot, now) { parts.append(left) }
        if snapshot.running > 0 {
            parts.append("\(snapshot.running.grouped) open")
            parts.append("\(Int(tokensPerSecond.rounded()).grouped) tokens/s")
        }
        if let cost = snapshot.costUSD { parts.append(FigureText.cost(cost)) }
        if let checks = CheckWords.short(snapshot) { parts.append(checks) }
        if snapshot.running > 0 { parts += waits }
        if snapshot.waiting > 0 { parts.append(waiting(snapshot, now)) }
        let percent = String(Int(min(1, part) * 100))
        // Where there is little room the words go before the bar.
        let bar =
            width < 72
            ? ""
            : ProgressBar.text(part, width: min(24, (width - 60) / 2))
                + String(repeating: " ", count: 4 - percent.count)
        let head = bar + percent + " % "
        return head + TerminalText.line(parts.joined(separator: " · "), limit: max(0, width - head.count))
    }

    /// The time until all is done at the rate of late, or until a wait is over that is longer.
    private func timeLeft(_ snapshot: RunSnapshot, _ now: Int64) -> String? {
        let ended = snapshot.ended
        guard ended < total, !snapshot.isPaused else { return nil }
        let waits = snapshot.waits.filter { !$0.isOfOneEndpoint }.map(\.untilMilliseconds)
        var times = (waits + [snapshot.nextDueMilliseconds]).compactMap { until in
            until.map { (Double($0) - Double(now)) / 1000 }
        }
        // While everybody waits the rate tells nothing.
        if let jobsPerSecond, jobsPerSecond > 0, Double(total - ended) / jobsPerSecond < 1_000_000 {
            times.append(Double(total - ended) / jobsPerSecond)
        } else {
            times.removeAll { $0 < 60 }
        }
        return times.max().flatMap { $0 > 0 ? "\(FigureText.duration($0)) left" : nil }
    }

    /// What jobs that could be sent wait for, but for free streams and first tokens, which is the rule.
    private func waits(_ snapshot: RunSnapshot, _ now: Int64) -> [String] {
        if snapshot.isPaused { return [Self.paused] }
        let told = snapshot.waits.filter { $0.reason != .warming && ($0.reason != .concurrency || $0.limit != nil) }
        return told.map { wait in
            let seconds = wait.untilMilliseconds.map { Double($0 - now) / 1000 }
            return WaitWords.text(wait.name, wait.reason.text, seconds, wait.limit)
        }
    }

    /// The word for a run that its user has paused.
    static let paused = "paused"

    private func waiting(_ snapshot: RunSnapshot, _ now: Int64) -> String {
        let due = snapshot.nextDueMilliseconds.flatMap { $0 > now ? Double($0 - now) / 1000 : nil }
        return WaitWords.retries(snapshot.waiting, of: nil, after: snapshot.waitingFor?.rawValue, in: due)
    }
}

/// A bar of a width in characters, filled to an eighth of one.
enum ProgressBar {
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// The bar; `part` from 0 to 1.
    static func text(_ part: Double, width: Int) -> String {
        let filled = Int((min(1, max(0, part)) * Double(width * 8)).rounded(.down))
        let whole = String(repeating: "█", count: filled / 8) + eighths[filled % 8]
        return whole + String(repeating: "░", count: max(0, width - whole.count))
    }
}

/// A row of numbers as blocks of their heights, the greatest a whole one.
enum Sparkline {
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// One character a number; nothing above zero is the lowest block, and zero is a space.
    static func text(_ values: [Int]) -> String {
        let most = values.max() ?? 0
        return String(
            values.map { value in
                value > 0 ? blocks[min(7, (value * 8 - 1) / most)] : " "
            })
    }
}
