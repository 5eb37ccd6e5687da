import BatchStore

/// What `status --watch` shows on a terminal, drawn over what it showed before: without a flicker, since nothing is
/// cleared that is written again.
struct StatusScreen {
    var report: StatusReport
    /// Of the terminal, in characters.
    var width: Int
    var height: Int

    /// The bytes for the terminal.
    var text: String {
        let lines = lines.prefix(max(1, height - 1)).map { TerminalText.line($0, limit: max(1, width - 1)) }
        return "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }

    private var lines: [String] {
        var lines = report.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines.insert(contentsOf: ["  " + bar, ""], at: min(1, lines.count))
        let tokens = report.status.seconds.map(\.outputTokens).suffix(max(0, min(60, width - 16)))
        if let most = tokens.max(), most > 0 {
            lines += ["", "  tokens/s    " + Sparkline.text(Array(tokens))]
            lines.append("              the last \(tokens.count) s, at most \(ProgressLine.count(most))")
        }
        return lines
    }

    private var bar: String {
        let counts = report.status.counts
        let ended = counts.completed + counts.failed + counts.cancelled
        let part = counts.total > 0 ? Double(ended) / Double(counts.total) : 0
        let ofAll = "\(ProgressLine.count(ended)) of \(ProgressLine.count(counts.total)) ended"
        let figures = " \(Int(part * 100)) % · \(ofAll)"
        return ProgressBar.text(part, width: max(8, min(50, width - 4 - figures.count))) + figures
    }
}
