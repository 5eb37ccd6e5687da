import BatchEngine
import BatchStore

/// What a run says at its end.
struct RunReport {
    var ending: RunEnding
    var snapshot: RunSnapshot
    var counts: JobCounts
    var databasePath: String
    var duration: Duration
    /// The failed jobs of the scope, by kind.
    var failures: [FailureGroup]

    var text: String {
        var lines = failures.flatMap { FailureReport(group: $0, width: Console.errorWidth).lines }
        if counts.failed > 0 { lines.append("try them again: llm4s-batch retry --db \(databasePath)") }
        for (provider, reason) in snapshot.stoppedProviders.sorted(by: { $0.key < $1.key }) {
            lines.append("\(provider) gets no more requests: \(TerminalText.line(reason, limit: 300))")
            if let advice = ErrorAdvice.advice(for: reason) { lines.append("  \(advice)") }
        }
        for model in snapshot.refusedPrefills.sorted() {
            lines.append("\(TerminalText.line(model, limit: 200)) refused to go on from partial text: it began anew")
        }
        if let overshoot = snapshot.costOvershoot {
            lines.append(
                "--max-cost was passed by \(ProgressLine.dollars(overshoot)): not every try was bounded or reported")
        }
        if let overshoot = snapshot.tokenOvershoot {
            lines.append("--max-tokens-total was passed by \(ProgressLine.count(Int(overshoot))) tokens")
        }
        if case .limited(let limit) = ending { lines.append("stopped by --\(limit)") }
        lines.append(summary)
        return lines.joined(separator: "\n")
    }

    private var summary: String {
        if snapshot.attempts == 0, counts.left == 0 { return "nothing to do · \(databasePath)" }
        var parts = ["\(ProgressLine.count(snapshot.completed)) completed"]
        if snapshot.failed > 0 { parts.append("\(ProgressLine.count(snapshot.failed)) failed") }
        if counts.left > 0 { parts.append("\(ProgressLine.count(counts.left)) left") }
        let seconds = (Double(duration.wholeMilliseconds) / 1000).rounded(to: 1)
        let tokens = snapshot.completionTokens > 0 ? ", \(ProgressLine.count(snapshot.completionTokens)) tokens" : ""
        let cost =
            snapshot.costUSD.map { ", \(ProgressLine.dollars($0))\(ProgressLine.unpriced(snapshot.unpriced))" } ?? ""
        return parts.joined(separator: ", ") + " in \(seconds) s\(tokens)\(cost) · \(databasePath)"
    }
}
