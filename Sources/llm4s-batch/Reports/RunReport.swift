import BatchEngine
import BatchStore

/// What a run says at its end.
struct RunReport {
    /// So many failed jobs are told in words.
    static let maximumFailures = 5

    var ending: RunEnding
    var snapshot: RunSnapshot
    var counts: JobCounts
    var databasePath: String
    var duration: Duration
    /// The first failed jobs of the scope.
    var failures: [JobResult]

    var text: String {
        var lines = failures.map { result in
            "failed: \(result.job.customID) (\(place(result.job))): \(result.job.errorKind ?? "error"): "
                + TerminalText.line(result.job.error ?? "", limit: 200)
        }
        if counts.failed > failures.count {
            lines.append("… and \(ProgressLine.count(counts.failed - failures.count)) more failed")
        }
        if counts.failed > 0 { lines.append("try them again: llm4s-batch retry --db \(databasePath)") }
        for (provider, reason) in snapshot.stoppedProviders.sorted(by: { $0.key < $1.key }) {
            lines.append("\(provider) gets no more requests: \(TerminalText.line(reason, limit: 300))")
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

    private func place(_ job: JobRecord) -> String { job.source + (job.line.map { ":\($0)" } ?? "") }

    private var summary: String {
        if snapshot.attempts == 0, counts.left == 0 { return "nothing to do · \(databasePath)" }
        var parts = ["\(ProgressLine.count(snapshot.completed)) completed"]
        if snapshot.failed > 0 { parts.append("\(ProgressLine.count(snapshot.failed)) failed") }
        if counts.left > 0 { parts.append("\(ProgressLine.count(counts.left)) left") }
        let seconds = (Double(duration.wholeMilliseconds) / 1000).rounded(to: 1)
        let tokens = snapshot.completionTokens > 0 ? ", \(ProgressLine.count(snapshot.completionTokens)) tokens" : ""
        let cost = snapshot.costUSD.map { ", \(ProgressLine.dollars($0))" } ?? ""
        return parts.joined(separator: ", ") + " in \(seconds) s\(tokens)\(cost) · \(databasePath)"
    }
}
